//! `skinai env` and `skinai exec`: where the services of a running stack are, in variables.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::{Command, ExitCode};

use crate::arguments::{Env, EnvFormat, ExecArguments};
use crate::instance::{self, Purpose};
use crate::{FAILED, Failure, Outcome, output};

/// As shells have it: there is no such program.
const NO_PROGRAM: u8 = 127;
/// As shells have it: it is no program that can run.
const CANNOT_RUN: u8 = 126;

/// Prints the variables that say where the services are.
pub(crate) fn env(arguments: &Env) -> Outcome {
    let variables = of_running(&arguments.instance)?;
    // Names and values are letters, digits and the characters of addresses.
    let text: String = match arguments.format {
        EnvFormat::Shell => lines(&variables, "export ", "='", "'"),
        EnvFormat::Powershell => lines(&variables, "$env:", " = '", "'"),
        EnvFormat::Dotenv => lines(&variables, "", "=", ""),
        EnvFormat::Json => {
            serde_json::to_string(&variables).map_err(|error| Failure::new(FAILED, error))? + "\n"
        }
    };
    output::print(text)?;
    Ok(ExitCode::SUCCESS)
}

fn lines(variables: &BTreeMap<String, String>, before: &str, between: &str, after: &str) -> String {
    variables.iter().map(|(name, value)| format!("{before}{name}{between}{value}{after}\n")).collect()
}

/// Runs a command with them, in place of this process where the system can.
pub(crate) fn exec(arguments: &ExecArguments) -> Outcome {
    let mut command = command(&arguments.command);
    command.envs(of_running(&arguments.instance)?);
    #[cfg(unix)]
    let failed = std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    let failed = match command.status() {
        Ok(status) => return Ok(exit_code(status)),
        Err(error) => error,
    };
    Err(cannot_run(&arguments.command, &failed))
}

/// A command line whose first word is the program.
pub(crate) fn command(words: &[String]) -> Command {
    let (program, arguments) = words.split_first().map_or(("", words), |(first, rest)| (first, rest));
    // By itself Windows finds no `npm.cmd` where `npm` is meant.
    let path = std::env::var_os("PATH").filter(|_| cfg!(windows));
    let found = path.and_then(|path| proctree::find_program(program.as_ref(), Some(&path), None).ok());
    let mut command = Command::new(found.unwrap_or_else(|| program.into()));
    command.args(arguments);
    command
}

/// Why it could not be run, in the words that there are for a service, with the exit code that a shell has for it.
pub(crate) fn cannot_run(words: &[String], error: &std::io::Error) -> Failure {
    let code = if error.kind() == ErrorKind::NotFound { NO_PROGRAM } else { CANNOT_RUN };
    let name = words.first().map_or("", String::as_str);
    let path = std::env::var_os("PATH");
    let found = proctree::find_program(name.as_ref(), path.as_deref(), None);
    let cause = match found {
        Ok(program) => proctree::start_failure(&program, path.as_deref(), None, error),
        Err(cause) => cause,
    };
    Failure::new(code, format!("cannot run {name}: {cause}"))
}

/// The exit code of a command; as shells have it, that of one that a signal ended is 128 and its number.
pub(crate) fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(FAILED.into());
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(FAILED))
}

fn of_running(instance: &crate::arguments::InstanceArguments) -> Result<BTreeMap<String, String>, Failure> {
    crate::block_on(async {
        Ok(instance::connect(instance, Purpose::Act).await?.status().await?.variables())
    })
}
