//! The built-in services.

use std::process::ExitCode;

use crate::arguments::OwnService;
use crate::{BAD_INPUT, Failure, LOG_LEVEL, Outcome, token};

/// One service on its own, whoever supervises it.
pub(crate) fn run(service: OwnService) -> Outcome {
    writing::log_to_stderr(LOG_LEVEL);
    let dirs = userdirs::Dirs::from_env(product::SKINAI);
    let mut environment = skinai_services::Environment::of_process().with_data_folder(dirs.data.clone());
    let wants_token = environment.wants_token_of_user();
    let named = environment.data_folder().ok().filter(|folder| *folder != dirs.data);
    let keeps_data = matches!(service, OwnService::Backend);
    let untrusted = |error| Failure::new(BAD_INPUT, format!("the folder {error}"));
    if let Some(folder) = named.as_ref().filter(|_| keeps_data) {
        userdirs::trust::named(folder).map_err(untrusted)?;
    }
    if wants_token || (keeps_data && named.is_none()) {
        userdirs::trust::found(&dirs.data).map_err(untrusted)?;
    }
    if wants_token {
        environment = environment.with_token_of_user(token::of_user(&dirs)?);
    }
    let outcome = match service {
        OwnService::Backend => skinai_services::run_backend(&environment),
        OwnService::Ui => skinai_services::run_ui(&environment),
        OwnService::Admin => skinai_services::run_admin(&environment),
    };
    outcome.map(|()| ExitCode::SUCCESS).map_err(|error| Failure::new(error.exit_code(), error))
}
