//! The `skinai` program: one face of the engine, for terminals, services and scripts.
//!
//! Exit codes: 0 done, 1 it failed and stderr says why in one line, 2 wrong usage or bad input, and for
//! `status` 3 where nothing runs, 4 where services still start. Results go to stdout, everything else to stderr.

mod arguments;
mod assets;
mod check;
mod detached;
mod doctor;
mod events;
mod init;
mod instance;
mod launch_options;
mod line_printer;
mod logs;
mod mcp;
mod open;
mod output;
mod ports_commands;
mod project;
mod report;
mod run;
mod run_command;
mod run_output;
mod serve;
mod status;
mod token;
#[cfg(windows)]
mod user_path;
mod variables;
mod wait;

use std::process::ExitCode;

use arguments::{Arguments, OwnService, ProgramCommand, Reallocate, Stop};
use clap::Parser;
use contract::Request;

/// Why a command failed: the exit code, and one line for stderr.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) message: String,
    /// What stands on stderr in place of that line, where it takes several.
    report: Option<String>,
}

/// The variable that says how much is logged.
pub(crate) const LOG_LEVEL: &str = "SKINAI_LOG";

/// It failed.
pub(crate) const FAILED: u8 = 1;
/// Bad input.
pub(crate) const BAD_INPUT: u8 = 2;
/// Nothing runs.
pub(crate) const NOTHING_RUNS: u8 = 3;
/// Not all services are healthy yet, and none is in trouble.
pub(crate) const STILL_STARTING: u8 = 4;

impl Failure {
    pub(crate) fn new(code: u8, message: impl ToString) -> Self {
        Self { code, message: message.to_string(), report: None }
    }
}

impl From<stackfile::StackFileError> for Failure {
    fn from(error: stackfile::StackFileError) -> Self {
        Self { report: report::of(&error), ..Self::new(BAD_INPUT, error) }
    }
}

impl From<engine::LaunchError> for Failure {
    fn from(error: engine::LaunchError) -> Self {
        let lines: Vec<_> = error.each().iter().map(output::noted).collect();
        Self { report: Some(lines.join("\n")), ..Self::new(error.exit_code(), error) }
    }
}

impl From<contract::ApiError> for Failure {
    fn from(error: contract::ApiError) -> Self {
        use contract::ErrorCode::{BadRequest, NotRunning, UnknownService};
        let code = match error.code {
            BadRequest | UnknownService => BAD_INPUT,
            NotRunning => NOTHING_RUNS,
            _ => FAILED,
        };
        Self::new(code, error.message)
    }
}

type Outcome = Result<ExitCode, Failure>;

fn main() -> ExitCode {
    if proctree::has_asked_others_to_end() {
        return ExitCode::SUCCESS;
    }
    let outcome = match Arguments::try_parse() {
        Ok(Arguments { command }) => carry_out(command),
        Err(wrong) if wrong.use_stderr() => wrong.exit(),
        // Somebody asked for help or for the version.
        Err(asked) => output::is_read(asked.print()).map(|_| ExitCode::SUCCESS),
    };
    let code = match outcome {
        Ok(code) => code,
        Err(failure) => {
            proctree::watchdog::dismiss_if_nothing_started();
            match failure.report {
                Some(report) => writing::say(report),
                None => output::note(failure.message),
            }
            ExitCode::from(failure.code)
        }
    };
    writing::finish();
    code
}

fn carry_out(command: ProgramCommand) -> Outcome {
    match command {
        ProgramCommand::Run(arguments) if arguments.detach => run::run(arguments),
        ProgramCommand::Run(arguments) => {
            if arguments.background {
                proctree::leave_session();
            }
            // From here on nothing that is started outlives this program.
            proctree::watchdog::install();
            run::run(arguments)
        }
        ProgramCommand::Init(arguments) => init::init(&arguments),
        ProgramCommand::Serve(arguments) => {
            proctree::watchdog::install();
            serve::serve(arguments)
        }
        ProgramCommand::Backend => service(OwnService::Backend),
        ProgramCommand::Ui => service(OwnService::Ui),
        ProgramCommand::Admin => service(OwnService::Admin),
        ProgramCommand::Status(arguments) => status::status(arguments),
        ProgramCommand::Url(arguments) => open::url(&arguments),
        ProgramCommand::Open(arguments) => open::open(&arguments),
        ProgramCommand::Token(arguments) => token::token(&arguments),
        ProgramCommand::Start(arguments) => instance::ask(arguments, Request::Start),
        ProgramCommand::Restart(arguments) => instance::ask(arguments, Request::Restart),
        ProgramCommand::Reallocate(Reallocate { target, port: None }) => {
            instance::ask(target, Request::Reallocate)
        }
        ProgramCommand::Reallocate(Reallocate { target, port: Some(port) }) => {
            instance::ask(target, |target| Request::MoveTo {
                service: target.service.unwrap_or_default(),
                port,
            })
        }
        ProgramCommand::Stop(Stop { target, services: false }) => instance::ask(target, Request::Stop),
        ProgramCommand::Stop(Stop { target, services: true }) => {
            instance::ask(target, |_| Request::StopServices {})
        }
        ProgramCommand::Wait(arguments) => wait::wait(&arguments),
        ProgramCommand::Env(arguments) => variables::env(&arguments),
        ProgramCommand::Exec(arguments) => variables::exec(&arguments),
        ProgramCommand::Logs(arguments) => logs::logs(&arguments),
        ProgramCommand::Events(arguments) => events::events(&arguments),
        ProgramCommand::Mcp(arguments) => mcp::mcp(arguments),
        ProgramCommand::Ports(command) => ports_commands::ports(command),
        ProgramCommand::Check(arguments) => check::check(&arguments),
        ProgramCommand::Schema => schema(),
        ProgramCommand::Assets { folder } => assets::write(&folder),
        #[cfg(windows)]
        ProgramCommand::UserPath { what } => user_path::run(what),
        ProgramCommand::Doctor(arguments) => doctor::doctor(&arguments),
    }
}

fn schema() -> Outcome {
    output::print_line(schema_text()?).map(|_| ExitCode::SUCCESS)
}

fn schema_text() -> Result<String, Failure> {
    serde_json::to_string_pretty(&stackfile::schema())
        .map_err(|error| Failure::new(FAILED, format!("cannot write the schema: {error}")))
}

/// One service on its own, whoever supervises it.
fn service(service: OwnService) -> Outcome {
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

/// A runtime for commands that ask an instance and end.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FAILED, format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(future);
    // A thread that reads standard input is not waited for.
    runtime.shutdown_background();
    outcome
}
