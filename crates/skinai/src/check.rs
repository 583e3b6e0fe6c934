//! `skinai check`: is this stack file right, and can what is in it be started here?

use std::process::ExitCode;

use engine::LaunchOptions;
use stackfile::{Service, Stack};
use userdirs::Dirs;

use crate::arguments::StackFile;
use crate::output::print_line;
use crate::{Failure, Outcome};

pub(crate) fn check(arguments: &StackFile) -> Outcome {
    let stack = arguments.find(&Dirs::from_env(product::SKINAI))?;
    let options = LaunchOptions::new(product::SKINAI, stack, crate::run::own_program()?);
    options.check()?;
    let stack = options.stack;
    let from = stack
        .path
        .as_ref()
        .map_or_else(|| "the built-in stack file".to_owned(), |path| path.display().to_string());
    let names: Vec<_> = stack.services.keys().map(String::as_str).collect();
    print_line(format_args!("{from} is right: {} with {}", stack.name, names.join(", ")))?;
    if let Some(local) = &stack.local {
        print_line(format_args!("{} was read too, and goes before it", local.display()))?;
    }
    say_which_variables_are_kept_true(&stack)?;
    Ok(ExitCode::SUCCESS)
}

fn say_which_variables_are_kept_true(stack: &Stack) -> Result<(), Failure> {
    let mut any_other = false;
    for (name, service) in &stack.services {
        let others = stack.services.iter().filter(|(other, _)| *other != name);
        let variable = |service: &Service| service.port.as_ref().and_then(|port| port.exported.clone());
        let variables = others.filter_map(|(other, described)| Some((other, variable(described)?)));
        let (kept, not_kept): (Vec<_>, Vec<_>) = variables.partition(|(other, _)| service.depends_on(other));
        any_other |= !not_kept.is_empty();
        let kept: Vec<_> = kept.into_iter().map(|(_, variable)| variable).collect();
        if !kept.is_empty() {
            print_line(format_args!("{name} is started again when {} changes", kept.join(" or ")))?;
        }
    }
    if any_other {
        print_line(format_args!(
            "every other port variable stays as it was when the service that reads it was started"
        ))?;
    }
    Ok(())
}
