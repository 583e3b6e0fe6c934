//! `skinai url` and `skinai open`.

use std::process::{Command, ExitCode, Stdio};

use crate::arguments::{OneService, Url};
use crate::instance::Purpose;
use crate::{FAILED, Failure, Outcome, output};

/// Prints the address of a service.
pub(crate) fn url(arguments: &Url) -> Outcome {
    output::print_line(address(&arguments.target, arguments.token)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Opens a service in the browser.
pub(crate) fn open(arguments: &OneService) -> Outcome {
    let address = address(arguments, true)?;
    let mut command = opener(&address);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().map_err(|error| {
        Failure::new(FAILED, format!("cannot open a browser: {error}; `skinai url` prints the address"))
    })?;
    if status.success() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Failure::new(FAILED, format!("the browser's opener {status}")))
    }
}

fn address(arguments: &OneService, with_token: bool) -> Result<String, Failure> {
    crate::block_on(async {
        let snapshot = crate::instance::connect(&arguments.instance, Purpose::Look).await?.status().await?;
        let service = crate::instance::service(&snapshot, &arguments.service)?;
        // The secret is not told to whoever has the port in the service's place.
        if with_token && service.open_url.is_some() {
            return service.address_to_open().map(str::to_owned).ok_or_else(|| {
                let (label, state) = (&service.label, service.state);
                Failure::new(FAILED, format!("{label} is not at its address: its state is {state}"))
            });
        }
        let none = || Failure::new(FAILED, format!("{} has no address", service.label));
        service.url.clone().ok_or_else(none)
    })
}

fn opener(address: &str) -> Command {
    let (program, before): (&str, &[&str]) = if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(address);
    command
}
