//! Opening what belongs to services.

use std::ffi::OsString;
use std::path::PathBuf;

use contract::{ApiError, Entrance, ErrorCode, ServiceSnapshot};

use super::event::ControllerEvent;
use super::instance_link::InstanceLink;
use super::reply::answer;
use super::stack_state::StackPhase;
use super::state::failed;
use super::{Controller, ControllerHandle, LaunchRefusal, ReplyTo};
use crate::instance;
use crate::text::{Language, TrayWords};

impl Controller {
    /// Opens a service only where it is itself: the code that lets the browser in is for nobody else who listens
    /// there.
    pub(crate) fn open(&self, stack: &str, service: &str, reply: ReplyTo<()>) {
        let (link, address) = match self.to_open(stack, service) {
            Ok(found) => found,
            Err(error) => return answer(reply, Err(error)),
        };
        let Some(link) = link else { return self.enter(Entrance { address, file: None }, reply) };
        self.ask_entrance(link, service, reply, ControllerEvent::Entrance);
    }

    /// Asks an instance for the way into a service; what is done with it is done here, when it is known.
    pub(super) fn ask_entrance(
        &self,
        link: InstanceLink,
        service: &str,
        reply: ReplyTo<()>,
        known: fn(Entrance, ReplyTo<()>) -> ControllerEvent,
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
    pub(super) fn enter(&self, Entrance { address, file }: Entrance, reply: ReplyTo<()>) {
        let plain = address.split('?').next().unwrap_or_default().to_owned();
        self.open_as(plain, file.map_or_else(|| address.into(), PathBuf::into_os_string), reply);
    }

    /// Opens a file or folder, once it is known which.
    pub(super) fn open_path(&self, path: Result<PathBuf, ApiError>, reply: ReplyTo<()>) {
        match path {
            Ok(path) => self.open_as(path.display().to_string(), path.into(), reply),
            Err(error) => answer(reply, Err(error)),
        }
    }

    /// Opens something that is called so where it is not opened.
    fn open_as(&self, name: String, what: OsString, reply: ReplyTo<()>) {
        let words = self.words();
        let told = move |opened: Result<(), String>| {
            answer(reply, opened.map_err(|error| failed(words.refused_nothing_opens(name, error))));
        };
        self.desktop.open(what, Box::new(told));
    }

    /// Where the logs of a stack lie, whether it runs or not; also of one that has left the list.
    pub(super) fn log_folder(&self, stack: &str) -> Result<PathBuf, ApiError> {
        let of = |name: &str| self.launcher.dirs.logs(name);
        self.find(stack).map(|stack| of(&stack.name)).or_else(|no_stack| {
            let saved = instance::parse(stack).ok().map(|name| of(&name));
            saved.filter(|folder| folder.is_dir()).ok_or(no_stack)
        })
    }

    /// The same, to be opened also where nothing has been logged yet.
    pub(crate) fn made_log_folder(&self, stack: &str) -> Result<PathBuf, ApiError> {
        let folder = self.log_folder(stack)?;
        // Where it cannot be made, it is not opened either, and that is told.
        let _ = std::fs::create_dir_all(&folder);
        Ok(folder)
    }

    /// The file that the stack is launched from, or that keeps it from being launched, and no other: a page has no say
    /// in it.
    pub(crate) fn file_of(&self, stack: &str) -> Result<PathBuf, ApiError> {
        let stack = self.find(stack)?;
        let file = match &stack.phase {
            StackPhase::Refused(LaunchRefusal { file, .. }) => file.clone(),
            _ => stack.file(),
        };
        let no_file = || ApiError::new(ErrorCode::BadRequest, self.words().refused_no_file());
        file.ok_or_else(no_file)
    }

    /// The folder that a service is started in.
    pub(crate) fn service_folder(&self, stack: &str, service: &str) -> Result<PathBuf, ApiError> {
        let row = self.find(stack)?.row(service, self.words())?;
        let folder = row.folder.as_ref().map(PathBuf::from).filter(|folder| folder.is_dir());
        let no_folder = || ApiError::new(ErrorCode::BadRequest, self.words().refused_no_folder(&row.label));
        folder.ok_or_else(no_folder)
    }
}

impl ControllerHandle {
    /// Opens a file or folder that the controller knows.
    ///
    /// # Errors
    /// What `path` answers, or that nothing opens it.
    pub async fn open_path(
        &self,
        path: impl FnOnce(&Controller) -> Result<PathBuf, ApiError> + Send + 'static,
    ) -> Result<(), ApiError> {
        self.call_later(|controller, reply| controller.open_path(path(controller), reply)).await
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
