//! What is copied of services: where they are, in the form in which it is needed.

use contract::{ApiError, ErrorCode, ServiceSnapshot, Snapshot};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::event::ControllerEvent;
use super::reply::answer;
use super::state::failed;
use super::{Controller, ReplyTo};

/// In which form it is copied where a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub enum CopyForm {
    /// Its address.
    Address,
    /// Its address for a browser. That of one of the product's own services opens once, within a minute.
    AddressWithKey,
    /// Its port.
    Port,
    /// A command for a terminal that asks it over HTTP.
    Curl,
    /// A command for a shell that sets the variable with its port.
    Export,
}

/// Something that can be copied of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct Copyable {
    /// In this form.
    pub form: CopyForm,
    /// What is copied; `null` where it is made only then.
    pub text: Option<String>,
}

impl Controller {
    /// A clipboard is read by every program and kept by some: a key is copied only where it is asked for, and opens
    /// once.
    pub(crate) fn copy(&self, stack: &str, service: &str, form: CopyForm, reply: ReplyTo<()>) {
        if form != CopyForm::AddressWithKey {
            return answer(reply, self.text_of(stack, service, form).and_then(|text| self.copy_text(&text)));
        }
        match self.running(stack) {
            Ok(link) => self.ask_entrance(link, service, reply, |entrance, reply| {
                ControllerEvent::Copy(entrance.address, reply)
            }),
            Err(error) => answer(reply, Err(error)),
        }
    }

    /// Where all services are, as lines of an env file.
    pub(crate) fn copy_map(&self, stack: &str) -> Result<(), ApiError> {
        let nothing_runs = || ApiError::new(ErrorCode::NotRunning, self.words().refused_nothing_runs());
        self.copy_text(&env_lines(self.find(stack)?.snapshot.as_ref().ok_or_else(nothing_runs)?))
    }

    /// Puts a text on the clipboard.
    pub(crate) fn copy_text(&self, text: &str) -> Result<(), ApiError> {
        self.desktop.copy(text).map_err(|error| failed(self.words().refused_not_copied(error)))
    }

    /// What can be copied of a service.
    pub(crate) fn copyable(&self, stack: &str, service: &str) -> Result<Vec<Copyable>, ApiError> {
        Ok(copyable(self.find(stack)?.row(service, self.words())?, cfg!(windows)))
    }

    fn text_of(&self, stack: &str, service: &str, form: CopyForm) -> Result<String, ApiError> {
        let row = self.find(stack)?.row(service, self.words())?;
        let no_address = || ApiError::new(ErrorCode::NotRunning, self.words().refused_no_address(&row.label));
        text(row, form, cfg!(windows)).ok_or_else(no_address)
    }
}

fn copyable(row: &ServiceSnapshot, powershell: bool) -> Vec<Copyable> {
    use CopyForm::{Address, AddressWithKey, Curl, Export, Port};
    let forms = [Address, AddressWithKey, Port, Curl, Export].into_iter();
    let forms = forms.filter(|form| *form != AddressWithKey || row.open_url.is_some());
    forms
        .filter_map(|form| {
            let text = text(row, form, powershell)?;
            Some(Copyable { form, text: (form != AddressWithKey).then_some(text) })
        })
        .collect()
}

/// What is copied of a row; `None` where there is no such thing.
fn text(row: &ServiceSnapshot, form: CopyForm, powershell: bool) -> Option<String> {
    let url = row.url.as_ref()?;
    Some(match form {
        CopyForm::Address | CopyForm::AddressWithKey => url.clone(),
        CopyForm::Port => row.port?.to_string(),
        CopyForm::Curl => {
            let program = if powershell { "curl.exe" } else { "curl" };
            format!("{program} {}", quoted(row.health_url.as_ref().unwrap_or(url), powershell))
        }
        CopyForm::Export => {
            let (name, port) = (row.port_variable.as_ref()?, row.port?);
            if powershell { format!("$env:{name} = \"{port}\"") } else { format!("export {name}={port}") }
        }
    })
}

fn env_lines(snapshot: &Snapshot) -> String {
    snapshot.variables().iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// As one word of a shell.
fn quoted(word: &str, powershell: bool) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | ':' | '.' | '-' | '_' | '%' | '=');
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', if powershell { "''" } else { r"'\''" })),
    }
}

#[cfg(test)]
mod tests {
    use contract::ServiceState;

    use super::*;
    use crate::view::sample::stack;

    #[test]
    fn each_form_is_what_its_reader_takes() {
        use CopyForm::{Address, Curl, Export, Port};
        let mut row = (*stack([ServiceState::Healthy; 3]).services[0]).clone();
        (row.port_variable, row.health_url) =
            (Some("BACKEND_PORT".to_owned()), Some("http://127.0.0.1:8000/health".to_owned()));
        let copied = |row: &ServiceSnapshot, form| text(row, form, false);
        assert_eq!(copied(&row, Address).as_deref(), Some("http://127.0.0.1:8000"));
        assert_eq!(copied(&row, Port).as_deref(), Some("8000"));
        assert_eq!(copied(&row, Curl).as_deref(), Some("curl http://127.0.0.1:8000/health"));
        assert_eq!(copied(&row, Export).as_deref(), Some("export BACKEND_PORT=8000"));
        assert_eq!(text(&row, Export, true).as_deref(), Some("$env:BACKEND_PORT = \"8000\""));
        row.health_url = Some("http://[::1]:8000/health?it's&full".to_owned());
        assert_eq!(copied(&row, Curl).as_deref(), Some(r"curl 'http://[::1]:8000/health?it'\''s&full'"));
        let in_powershell = text(&row, Curl, true);
        assert_eq!(in_powershell.as_deref(), Some("curl.exe 'http://[::1]:8000/health?it''s&full'"));
        (row.port_variable, row.health_url) = (None, None);
        assert_eq!(copied(&row, Export), None);
        assert_eq!(copied(&row, Curl).as_deref(), Some("curl http://127.0.0.1:8000"));
        (row.port, row.url) = (None, None);
        assert!([Address, Port, Curl, Export].iter().all(|form| copied(&row, *form).is_none()));
    }

    #[test]
    fn what_can_be_copied_is_what_is_copied_but_for_a_key() {
        let mut row = (*stack([ServiceState::Healthy; 3]).services[1]).clone();
        row.port_variable = Some("UI_PORT".to_owned());
        for powershell in [false, true] {
            let copyable = copyable(&row, powershell);
            assert_eq!(copyable.len(), 5);
            for Copyable { form, text: told } in copyable {
                let copied = text(&row, form, powershell).filter(|_| form != CopyForm::AddressWithKey);
                assert_eq!(told, copied, "{form:?}");
            }
        }
        (row.port_variable, row.open_url) = (None, None);
        assert_eq!(copyable(&row, false).len(), 3, "no variable, and no key");
    }

    #[test]
    fn the_map_is_a_line_for_each_variable() {
        let lines = env_lines(&stack([ServiceState::Healthy; 3]));
        assert!(lines.contains("BACKEND_URL=http://127.0.0.1:8000\n"), "{lines}");
        assert!(lines.lines().all(|line| line.contains('=')), "{lines}");
    }
}
