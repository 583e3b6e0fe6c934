//! Opening what belongs to services.

use std::path::{Path, PathBuf};

use contract::{ApiError, Entrance, ErrorCode, ServiceSnapshot};

use super::command::answer;
use super::event::Event;
use super::instance_link::InstanceLink;
use super::stack_state::Phase;
use super::state::failed;
use super::{Controller, LaunchRefusal, ReplyTo};
use crate::text::{Language, TrayWords};

impl Controller {
    /// Opens a service only where it is itself: the code that lets the browser in is for nobody else who listens
    /// there.
    pub(crate) fn open(&self, stack: &str, service: &str, reply: ReplyTo<()>) {
        let (link, address) = match self.to_open(stack, service) {
            Ok(found) => found,
            Err(error) => return answer(reply, Err(error)),
        };
        let Some(link) = link else { return answer(reply, self.enter(&Entrance { address, file: None })) };
        self.ask_entrance(link, service, reply, Event::Entrance);
    }

    /// Asks an instance for the way into a service; what is done with it is done here, when it is known.
    pub(super) fn ask_entrance(
        &self,
        link: InstanceLink,
        service: &str,
        reply: ReplyTo<()>,
        known: fn(Entrance, ReplyTo<()>) -> Event,
    ) {
        let (service, events) = (service.to_owned(), self.events.clone());
        tokio::spawn(async move {
            match link.entrance(&service).await {
                Ok(entrance) => drop(events.send(known(entrance, reply)).await),
                Err(error) => answer(reply, Err(error)),
            }
        });
    }

    fn to_open(&self, stack: &str, service: &str) -> Result<(Option<InstanceLink>, String), ApiError> {
        let stack = self.find(stack)?;
        let row = stack.row(service, self.words())?;
        let url = row.address_to_open().ok_or_else(|| not_to_be_opened(row, self.language))?;
        Ok((stack.link().cloned(), url.to_owned()))
    }

    /// Everybody can read the opener's command line, so that an address with a code is given to it in a file.
    pub(super) fn enter(&self, entrance: &Entrance) -> Result<(), ApiError> {
        self.opened(match &entrance.file {
            Some(file) => self.desktop.open_file(file),
            None => self.desktop.open_url(&entrance.address),
        })
    }

    /// What is said where the desktop did not open something.
    pub(super) fn opened(&self, result: Result<(), String>) -> Result<(), ApiError> {
        result.map_err(|error| failed(self.words().refused_nothing_opens(error)))
    }

    /// Where the logs of a stack lie, whether it runs or not.
    pub(super) fn log_folder(&self, stack: &str) -> Result<PathBuf, ApiError> {
        Ok(self.launcher.dirs.logs(&self.find(stack)?.name))
    }

    pub(crate) fn open_log_folder(&self, stack: &str) -> Result<(), ApiError> {
        let folder = self.log_folder(stack)?;
        self.opened(self.desktop.open_folder(&folder))
    }

    /// The file that the stack is launched from, or that keeps it from being launched, and no other: a page has no say
    /// in it.
    pub(crate) fn open_stack_file(&self, stack: &str) -> Result<(), ApiError> {
        let stack = self.find(stack)?;
        let file = match &stack.phase {
            Phase::Refused(LaunchRefusal { file, .. }) => file.clone(),
            _ => stack.file(),
        };
        let no_file = || ApiError::new(ErrorCode::BadRequest, self.words().refused_no_file());
        self.opened(self.desktop.open_file(&file.ok_or_else(no_file)?))
    }

    /// The folder that a service is started in.
    pub(crate) fn open_service_folder(&self, stack: &str, service: &str) -> Result<(), ApiError> {
        let row = self.find(stack)?.row(service, self.words())?;
        // One that is not there is not made.
        let folder = row.folder.as_ref().map(Path::new).filter(|folder| folder.is_dir());
        let no_folder = || ApiError::new(ErrorCode::BadRequest, self.words().refused_no_folder(&row.label));
        self.opened(self.desktop.open_folder(folder.ok_or_else(no_folder)?))
    }
}

fn not_to_be_opened(row: &ServiceSnapshot, language: Language) -> ApiError {
    let (label, words) = (&row.label, TrayWords::of(language));
    match &row.conflict {
        _ if row.open_url.is_none() => ApiError::new(ErrorCode::BadRequest, words.refused_not_offered(label)),
        Some(conflict) => {
            let holder = conflict.holder.said(language);
            ApiError::new(ErrorCode::PortTaken, words.refused_port_taken(label, conflict.port, holder))
        }
        None => ApiError::new(ErrorCode::NotHealthy, words.refused_not_there(label)),
    }
}
