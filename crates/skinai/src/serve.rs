//! `skinai serve`: one command as a service, without a stack file.

use contract::InstanceName;
use stackfile::{Stack, StackFileError};

use crate::arguments::Serve;
use crate::launch_options::launch_options;
use crate::run::{Ends, launch};
use crate::run_output::Printed;
use crate::{BAD_INPUT, Failure, Outcome};

pub(crate) fn serve(arguments: Serve) -> Outcome {
    let name = match arguments.name {
        Some(name) => name.parse().map_err(|error| Failure::new(BAD_INPUT, error))?,
        None => {
            let folder = std::env::current_dir().unwrap_or_default();
            InstanceName::after(&folder.file_name().unwrap_or_default().to_string_lossy())
        }
    };
    let stack = Stack::of_command(name.as_str(), &arguments.command).map_err(|error| match error {
        // It says where in a file, and there is none.
        StackFileError::Wrong { faults, .. } => {
            let faults: Vec<_> =
                faults.iter().map(|fault| format!("{}: {}", fault.message, fault.text)).collect();
            Failure::new(BAD_INPUT, faults.join("; "))
        }
        error => error.into(),
    })?;
    let mut options = launch_options(stack)?;
    options.usual_instance = name;
    let printed = Printed::asked(arguments.json, arguments.quiet);
    let is_shown = printed == Printed::Everything;
    launch(options, printed, Ends::WithItsServices { is_shown })
}
