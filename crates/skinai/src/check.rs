//! `skinai check`: is this stack file right, and can what is in it be started here?

use std::process::ExitCode;

use engine::LaunchError;
use serde_json::{Value, json};
use stackfile::{Fault, Stack, StackFileError};
use userdirs::Dirs;

use crate::arguments::Check;
use crate::launch_options::launch_options;
use crate::output::print_line;
use crate::{BAD_INPUT, Failure, Outcome};

pub(crate) fn check(arguments: &Check) -> Outcome {
    let stack = match arguments.file.find(&Dirs::from_env(product::SKINAI)) {
        Err(error) if arguments.json => return print_json(&in_file(&error), &[], BAD_INPUT),
        found => found?,
    };
    let options = launch_options(stack)?;
    let checked = options.check();
    let stack = options.stack;
    if arguments.json {
        let refused = checked.as_ref().err();
        let fault = |error: &LaunchError| json!({ "message": error.to_string() });
        let faults: Vec<_> = refused.iter().flat_map(|error| error.each()).map(fault).collect();
        return print_json(&faults, &told_numbers(&stack), refused.map_or(0, LaunchError::exit_code));
    }
    checked?;
    let from = stack
        .path
        .as_ref()
        .map_or_else(|| "the built-in stack file".to_owned(), |path| path.display().to_string());
    let names: Vec<_> = stack.services.keys().map(String::as_str).collect();
    print_line(format_args!("{from} is right: {} with {}", stack.name, names.join(", ")))?;
    if let Some(local) = &stack.local {
        print_line(format_args!("{} was read too, and goes before it", local.display()))?;
    }
    for note in told_numbers(&stack) {
        print_line(note)?;
    }
    say_which_variables_are_kept_true(&stack)?;
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with a stack file, as JSON.
fn in_file(error: &StackFileError) -> Vec<Value> {
    match error {
        StackFileError::Wrong { file, faults, .. } => {
            let placed = |Fault { line, column, message, help, .. }: &Fault| json!({ "file": file, "line": line, "column": column, "message": message, "help": help });
            faults.iter().map(placed).collect()
        }
        StackFileError::Several(errors) => errors.iter().flat_map(in_file).collect(),
        error => vec![json!({ "message": error.to_string() })],
    }
}

fn print_json(faults: &[Value], notes: &[String], code: u8) -> Outcome {
    print_line(json!({ "faults": faults, "notes": notes })).map(|_| ExitCode::from(code))
}

/// Which services are told their ports as numbers on this system, although the file says otherwise, and why.
fn told_numbers(stack: &Stack) -> Vec<String> {
    let told = |(name, service): (&String, &stackfile::Service)| {
        let why = service.told_number.as_ref()?;
        Some(format!(
            "{name} is told its port as a number on this system, although the file says handoff = \"socket\": {why}"
        ))
    };
    stack.services.iter().filter_map(told).collect()
}

fn say_which_variables_are_kept_true(stack: &Stack) -> Result<(), Failure> {
    let mut any_other = false;
    for (name, service) in &stack.services {
        let others = stack.services.iter().filter(|(other, _)| *other != name);
        let variables = others.flat_map(|(other, described)| {
            let exported = described.all_ports().filter_map(|(_, port)| port.exported.clone());
            exported.map(move |variable| (other, variable))
        });
        let (kept, not_kept): (Vec<_>, Vec<_>) = variables.partition(|(other, _)| service.depends_on(other));
        any_other |= !not_kept.is_empty();
        let kept: Vec<_> = kept.into_iter().map(|(_, variable)| variable).collect();
        if !kept.is_empty() {
            print_line(format_args!("{name} is started again when {} changes", kept.join(" or ")))?;
        }
    }
    if any_other {
        print_line(format_args!(
            "where a service reads the port of another that it does not need, a new port is told at its next start"
        ))?;
    }
    Ok(())
}
