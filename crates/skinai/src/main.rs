//! The `skinai` program: one face of the engine, for terminals, services and scripts.
//!
//! Exit codes: 0 done, 1 it failed and stderr says why in one line, 2 wrong usage or bad input, and for
//! `status` 3 where nothing runs, 4 where services still start. Results go to stdout, everything else to stderr.

mod arguments;
mod assets;
mod block_on;
mod check;
mod detached;
mod doctor;
mod events;
mod failure;
mod failures;
mod init;
mod instance;
mod launch_options;
mod line_printer;
mod logs;
mod mcp;
mod open;
mod output;
mod own_service;
mod ports_commands;
mod project;
mod report;
mod run;
mod run_command;
mod run_output;
mod schema;
mod serve;
mod status;
mod token;
#[cfg(windows)]
mod user_path;
mod variables;
mod wait;

use std::process::ExitCode;

use arguments::{Arguments, OwnService, ProgramCommand, Reallocate, Stop};
pub(crate) use block_on::block_on;
use clap::Parser;
use contract::Request;
pub(crate) use failure::{BAD_INPUT, FAILED, Failure, LOG_LEVEL, NOTHING_RUNS, Outcome, STILL_STARTING};

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
        ProgramCommand::Backend => own_service::run(OwnService::Backend),
        ProgramCommand::Ui => own_service::run(OwnService::Ui),
        ProgramCommand::Admin => own_service::run(OwnService::Admin),
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
        ProgramCommand::Schema => schema::schema(),
        ProgramCommand::Assets { folder } => assets::write(&folder),
        #[cfg(windows)]
        ProgramCommand::UserPath { what } => user_path::run(what),
        ProgramCommand::Doctor(arguments) => doctor::doctor(&arguments),
    }
}
