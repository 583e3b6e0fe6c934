//! The programs of a stack: where they lie, and whether they can run.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use contract::{Cause, Product};
use stackfile::{ProbeKind, Service, Template};

use crate::addresses;
use crate::launch_error::LaunchError;
use crate::launch_options::LaunchOptions;

/// Finds the programs of each service and its check, and looks at them. The commands are filled in with any address.
pub(crate) fn check(
    options: &LaunchOptions,
    look: impl Fn(&Path, Option<&OsStr>, Option<&Path>) -> Option<Cause>,
) -> Result<(), LaunchError> {
    let faults = |(name, service): (&String, &Service)| {
        let path = service.variable("PATH").map(|path| OsString::from(path.fill(name, &addresses::Unknown)));
        let path = path.as_deref().or_else(|| options.variable("PATH"));
        let cwd = service.cwd.as_deref();
        let fault = |program: &Template| {
            let cause = match find(&program.fill(name, &addresses::Unknown), options, path, cwd) {
                Ok(program) => look(&program, path, cwd)?,
                Err(cause) => cause,
            };
            Some(LaunchError::NoProgram { service: name.clone(), cause })
        };
        let check = match &service.health.probe {
            ProbeKind::Command(command) => command.first(),
            _ => None,
        };
        service.command.first().into_iter().chain(check).filter_map(fault).collect::<Vec<_>>()
    };
    let launched = options.stack.services.iter().filter(|(_, service)| !service.left_out);
    LaunchError::together(launched.flat_map(faults))
}

/// Whether a service runs the product's own program.
pub(crate) fn is_own(name: &str, service: &Service, product: Product) -> bool {
    service.command.first().is_some_and(|program| program.fill(name, &addresses::Unknown) == product.program)
}

/// Where a service's program lies. The name of the product's program means our own one.
pub(crate) fn find(
    name: &str,
    options: &LaunchOptions,
    path: Option<&OsStr>,
    cwd: Option<&Path>,
) -> Result<PathBuf, Cause> {
    let name = if name == options.product.program { options.program.as_os_str() } else { OsStr::new(name) };
    proctree::find_program(name, path, cwd)
}
