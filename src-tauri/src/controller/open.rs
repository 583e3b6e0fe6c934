//! Opening and copying what belongs to services.

use contract::{ApiError, Entrance, ErrorCode, ServiceSnapshot};

use super::state::{AppState, failed};
use super::{Controller, LaunchRefusal};
use crate::text::{Language, TrayWords};

impl Controller {
    /// Opens a service only where it is itself: the code that lets the browser in is for nobody else who listens
    /// there. Everybody can read the opener's command line, so that an address with a code is given to it in a file.
    pub(crate) fn open(&self, service: &str) -> Result<(), ApiError> {
        let row = self.row(service)?;
        let url = row.address_to_open().ok_or_else(|| not_to_be_opened(row, self.language))?;
        let opened = match self.handle().map(|handle| handle.entrance(service)).transpose()? {
            Some(Entrance { file: Some(file), .. }) => self.desktop.open_file(&file),
            _ => self.desktop.open_url(url),
        };
        opened.map_err(|error| failed(self.words().refused_nothing_opens(error)))
    }

    /// The address without a code: a clipboard is read by every program and kept by some. Who is to get in goes by
    /// `open`.
    pub(crate) fn copy(&self, service: &str) -> Result<(), ApiError> {
        let row = self.row(service)?;
        let address = row.url.as_deref().ok_or_else(|| {
            ApiError::new(ErrorCode::NotRunning, self.words().refused_no_address(&row.label))
        })?;
        self.desktop.copy(address).map_err(|error| failed(self.words().refused_not_copied(error)))
    }

    pub(crate) fn open_log_folder(&self) -> Result<(), ApiError> {
        let folder =
            self.handle().map_or_else(|| self.launcher.log_folder(), |handle| handle.log_folder().to_owned());
        self.desktop.open_folder(&folder).map_err(|error| failed(self.words().refused_nothing_opens(error)))
    }

    /// The file that the refusal names, and no other: a page has no say in it.
    pub(crate) fn open_stack_file(&self) -> Result<(), ApiError> {
        let AppState::Refused(LaunchRefusal { file: Some(file), .. }) = &self.state else {
            return Err(ApiError::new(ErrorCode::BadRequest, self.words().refused_no_file()));
        };
        self.desktop.open_file(file).map_err(|error| failed(self.words().refused_nothing_opens(error)))
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
