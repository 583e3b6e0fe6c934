//! `skinai url` and `skinai open`.

use std::ffi::OsStr;
use std::process::{Command, ExitCode, Stdio};

use contract::{ApiError, Entrance};

use crate::arguments::{OneService, Url};
use crate::instance::Purpose;
use crate::{FAILED, Failure, Outcome, output};

/// Prints the address of a service, with a code where it asks for one.
pub(crate) fn url(arguments: &Url) -> Outcome {
    let (url, entrance) = look_up(&arguments.target)?;
    let code = match entrance {
        Ok(Entrance { address, file: Some(_) }) => Some(address),
        Ok(_) => None,
        Err(error) => {
            output::note(error.message);
            None
        }
    };
    output::print_line(code.unwrap_or(url))?;
    Ok(ExitCode::SUCCESS)
}

/// Opens a service in the browser. Everybody can read the opener's command line, so that an address with a code is
/// given to it in a file.
pub(crate) fn open(arguments: &OneService) -> Outcome {
    let Entrance { address, file } = look_up(arguments)?.1?;
    let mut command = opener(file.as_ref().map_or(OsStr::new(&address), |file| file.as_os_str()));
    let program = command.get_program().display().to_string();
    let why = match command.stdin(Stdio::null()).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => return Ok(ExitCode::SUCCESS),
        Ok(status) => format!("{program} ended with {status}"),
        Err(error) => format!("{program}: {error}"),
    };
    Err(Failure::new(FAILED, format!("cannot open a browser: {why}; `skinai url` prints the address")))
}

/// The address of a service for a program, and the way in for a browser.
fn look_up(arguments: &OneService) -> Result<(String, Result<Entrance, ApiError>), Failure> {
    crate::block_on(async {
        let client = crate::instance::connect(&arguments.instance, Purpose::Look).await?;
        let snapshot = client.status().await?;
        let service = crate::instance::service(&snapshot, &arguments.service)?;
        let none = || Failure::new(FAILED, format!("{} has no address", service.label));
        let url = service.url.clone().ok_or_else(none)?;
        let entrance = if service.open_url.is_some() {
            client.entrance(&service.name).await
        } else {
            Ok(Entrance { address: url.clone(), file: None })
        };
        Ok((url, entrance))
    })
}

fn opener(what: &OsStr) -> Command {
    let (program, before): (&str, &[&str]) = if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(what);
    command
}
