//! A Procfile, as foreman and Heroku have it: `NAME: COMMAND` lines, each a process, in a file that is run as it stands.

use std::path::Path;

use toml::{Table, Value};

use crate::{Draft, DraftService, Fault, StackFileError, shell};

impl Draft {
    /// What a Procfile says: `web`, and every process that names `PORT`, gets a port, which `PORT` tells it. All get the
    /// variables of `.env`, where that is there. `release` runs to its end before the others.
    ///
    /// # Errors
    /// What is wrong with which line.
    pub fn of_procfile(text: &str, path: &Path) -> Result<Self, StackFileError> {
        let mut services: Vec<DraftService> = Vec::new();
        let mut faults = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim();
            let span = start..start + line.trim_end().len();
            start += line.len();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            match service(content) {
                Err(message) => faults.push(Fault::at(text, span, message)),
                Ok(service) if services.iter().any(|other| other.name == service.name) => {
                    faults.push(Fault::at(
                        text,
                        span,
                        format!("there is a process {} already", service.name),
                    ));
                }
                Ok(service) => services.push(service),
            }
        }
        if services.is_empty() && faults.is_empty() {
            faults.push(Fault::at(text, 0..0, "it names no process: web: COMMAND"));
        }
        if !faults.is_empty() {
            return Err(StackFileError::wrong(text, Some(path), faults));
        }
        if services.iter().any(|service| service.name == RELEASE) {
            let others = services.iter_mut().filter(|service| service.name != RELEASE);
            others.for_each(|service| service.add_need(RELEASE));
        }
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute.parent().and_then(Path::file_name);
        let name = folder.map(|name| name.to_string_lossy().into_owned());
        let env_file = [("path".to_owned(), ".env".into()), ("required".to_owned(), false.into())];
        let env_file: Value = Table::from_iter(env_file).into();
        let keys = vec![("env_file", env_file)];
        Ok(Self { name: name.unwrap_or_else(|| "Procfile".to_owned()), keys, services, ..Self::default() })
    }
}

/// Heroku runs it before a release.
const RELEASE: &str = "release";

fn service(line: &str) -> Result<DraftService, &'static str> {
    let (name, command) = line.split_once(':').ok_or("a line of a Procfile is NAME: COMMAND")?;
    let (name, command) = (name.trim_end(), command.trim());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 63 || !name.chars().all(plain) || name.starts_with('-') {
        return Err("a process's name has letters, digits, `-` and `_`, at most 63");
    }
    if command.is_empty() {
        return Err("a process has a command: NAME: COMMAND");
    }
    let mut service = DraftService::new(name, shell::command(command));
    if name == RELEASE {
        return Ok(service.with("type", "oneshot"));
    }
    if name == "web" || shell::names_port(command) {
        service = service.with_port("PORT");
    }
    Ok(if name == "web" { service.with("open", "/") } else { service })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_a_line() {
        let text = "# all\nweb: bundle exec puma -p $PORT\n\nworker:rake jobs; echo\r\napi : PORT=$PORT x\n";
        let draft = Draft::of_procfile(text, Path::new("/srv/shop/Procfile")).unwrap();
        assert_eq!(draft.name, "shop");
        let names: Vec<&str> = draft.services.iter().map(|service| service.name.as_str()).collect();
        assert_eq!(names, ["web", "worker", "api"]);
        let with_port = |service: &DraftService| service.get("port").is_some();
        assert_eq!(draft.services.iter().map(with_port).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn a_release_comes_before_the_others() {
        let draft = Draft::of_procfile("web: a\nrelease: b", Path::new("Procfile")).unwrap();
        assert_eq!(draft.services[0].get("needs"), Some(&vec![RELEASE].into()));
        assert_eq!(draft.services[1].get("type"), Some(&"oneshot".into()));
        assert_eq!(draft.services[1].get("needs"), None);
    }

    #[test]
    fn every_line_that_is_none_is_said() {
        let error =
            Draft::of_procfile("web: a\nnonsense\nweb: b\nx y: c\nz:\n", Path::new("Procfile")).unwrap_err();
        let said = error.to_string();
        let begins: Vec<&str> = said.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(begins, ["Procfile:2:1", "Procfile:3:1", "Procfile:4:1", "Procfile:5:1"], "{said}");
        assert!(Draft::of_procfile("# nothing\n", Path::new("Procfile")).is_err());
    }
}
