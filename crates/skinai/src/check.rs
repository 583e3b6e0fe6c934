//! `skinai check`: is this stack file right, and can what is in it be started here?

use std::process::ExitCode;

use engine::LaunchOptions;
use stackfile::Stack;
use userdirs::Dirs;

use crate::Outcome;
use crate::arguments::StackFile;

pub(crate) fn check(arguments: &StackFile) -> Outcome {
    let stack = Stack::find(arguments.stack.as_deref(), product::SKINAI, &Dirs::from_env(product::SKINAI))?;
    let options = LaunchOptions::new(product::SKINAI, stack, crate::run::own_program()?);
    options.check()?;
    let stack = options.stack;
    let from = stack
        .path
        .as_ref()
        .map_or_else(|| "the built-in stack file".to_owned(), |path| path.display().to_string());
    let names: Vec<_> = stack.services.keys().map(String::as_str).collect();
    println!("{from} is right: {} with {}", stack.name, names.join(", "));
    Ok(ExitCode::SUCCESS)
}
