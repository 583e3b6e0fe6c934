//! `skinai token`: the secret that the services ask for.

use std::process::ExitCode;

use userdirs::Dirs;

use crate::arguments::{TokenArguments, TokenCommand};
use crate::{FAILED, Failure, Outcome, output};

pub(crate) fn token(arguments: &TokenArguments) -> Outcome {
    let dirs = Dirs::from_env(product::SKINAI);
    match arguments.command {
        None => {
            output::print_line(of_user(&dirs)?)?;
        }
        Some(TokenCommand::Rotate) => {
            engine::rotate_token(&dirs.data).map_err(unusable)?;
            let running = crate::block_on(async { Ok(client::instances(&dirs).await) })?;
            if !running.is_empty() {
                let names = running.join(", ");
                output::note(format_args!("what runs keeps the old one until it is launched again: {names}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The secret of the user, made where there is none yet.
pub(crate) fn of_user(dirs: &Dirs) -> Result<String, Failure> {
    engine::token(&dirs.data).map_err(unusable)
}

fn unusable(error: std::io::Error) -> Failure {
    Failure::new(FAILED, format!("cannot keep the secret of this user: {error}"))
}
