//! The command line.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;
use ports::PortRange;
use regex::Regex;
use stackfile::{ServiceSelection, Stack, StackFileError};
use userdirs::{Dirs, Untrusted};

/// Starts the services of a local stack on free ports and keeps them running.
#[derive(Debug, Parser)]
#[command(name = "skinai", version, about, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: ProgramCommand,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum OwnService {
    Backend,
    Ui,
    Admin,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProgramCommand {
    /// Launch the stack in the foreground; Ctrl-C or SIGTERM stops all
    Run(Run),
    /// Write the stack file of this folder: of its Procfile, the scripts of package.json, a Python project or a Compose
    /// file
    Init(Init),
    /// Run one command as a service on a free port, which PORT tells it
    Serve(Serve),
    /// Run the backend service on its own
    Backend,
    /// Run the User UI on its own
    Ui,
    /// Run the Admin Dashboard on its own
    Admin,
    /// Show the port map; exit code 0 all healthy, 4 not yet, 1 not, 3 nothing runs
    Status(StatusArguments),
    /// Print the address of a service; one that asks for a secret opens by it once, within a minute
    Url(Url),
    /// Open a service in the browser
    Open(OneService),
    /// Print the secret that the services ask for, for scripts: `Authorization: Bearer TOKEN`
    Token(TokenArguments),
    /// Start a service with what it needs, or all that was stopped or has failed
    Start(Ask),
    /// Restart a service, or all
    Restart(Ask),
    /// Give a service another port, or all
    Reallocate(Reallocate),
    /// Stop a service, or the whole instance
    Stop(Stop),
    /// Wait until services are healthy, or all; exit code 0 they are, 1 they are not, 3 nothing runs
    Wait(Wait),
    /// Print variables that say where the services are
    Env(Env),
    /// Run a command with the variables of `skinai env`
    Exec(ExecArguments),
    /// Show what services printed, or all
    Logs(Logs),
    /// Show what happened to the services: started, not answering, restarted and why, moved, in conflict
    Events(EventsArguments),
    /// Serve the Model Context Protocol on standard input and output, for agents
    Mcp(Mcp),
    /// Look at the ports of this machine
    #[command(subcommand)]
    Ports(Ports),
    /// Say whether a stack file is right, and whether what is in it can be launched here
    Check(Check),
    /// Print the JSON Schema of the stack file, for editors
    Schema,
    /// Say what would stop it from working on this machine; exit code 0 nothing, 1 something
    Doctor(StackFile),
    /// Write the man pages and the shells' completions, for packages
    #[command(hide = true)]
    Assets {
        /// The folder, made where it does not exist
        folder: PathBuf,
    },
    /// Put the folder of this program on the user's Path, or take it off, for the installer
    #[cfg(windows)]
    #[command(hide = true)]
    UserPath {
        #[arg(value_enum)]
        what: UserPath,
    },
}

#[cfg(windows)]
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum UserPath {
    Add,
    Remove,
}

#[derive(Debug, Args)]
pub(crate) struct StackFile {
    /// The stack file [default: SKINAI_STACK, else skinai.toml in this folder or the nearest one above it, else
    /// stack.toml in the configuration folder, else the built-in one]; a Procfile is one, too
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) stack: Option<PathBuf>,
    /// Launch also the services with this profile, besides those in SKINAI_PROFILES (parted by commas); `*` is all
    #[arg(long = "profile", value_name = "NAME")]
    pub(crate) profiles: Vec<String>,
}

impl StackFile {
    /// The stack to use, in this folder.
    pub(crate) fn find(&self, dirs: &Dirs) -> Result<Stack, StackFileError> {
        self.find_part(&[], dirs)
    }

    /// The same, for a launch of these services alone, unless there are none.
    pub(crate) fn find_part(&self, services: &[String], dirs: &Dirs) -> Result<Stack, StackFileError> {
        let folder = std::env::current_dir().ok();
        let selection = ServiceSelection { profiles: self.profiles.clone(), services: services.to_vec() };
        let stack = Stack::find(self.stack.as_deref(), folder.as_deref(), &selection, product::SKINAI, dirs)?;
        if stack.of_project(product::SKINAI).is_none()
            && self.stack.is_none()
            && Path::new("Procfile").is_file()
        {
            crate::output::note(
                "there is a Procfile here, which is not meant: `skinai run -f Procfile` runs it as it stands, \
                 `skinai init` writes a stack file of it",
            );
        }
        let all: BTreeSet<&String> = stack.services.values().flat_map(|service| &service.profiles).collect();
        for unknown in self.profiles.iter().filter(|profile| *profile != "*" && !all.contains(profile)) {
            let there_are = all.iter().map(|profile| format!("`{profile}`")).collect::<Vec<_>>().join(", ");
            let there_are = if all.is_empty() { "none" } else { &there_are };
            crate::output::note(format_args!(
                "no service has the profile `{unknown}`; profiles here: {there_are}"
            ));
        }
        Ok(stack)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) file: StackFile,
    /// Print JSON: all that is wrong, and where
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Launch only these services, with what they need; all where none is named
    pub(crate) services: Vec<String>,
    #[command(flatten)]
    pub(crate) file: StackFile,
    /// Run under this name [default: that of the folder of a skinai.toml, else `default`; with a number where it
    /// is taken]
    #[arg(long, value_name = "NAME")]
    pub(crate) instance: Option<String>,
    /// Print each snapshot as it changes, one JSON object a line
    #[arg(long, conflicts_with = "command")]
    pub(crate) json: bool,
    /// Do not show what the services print
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Launch in the background, and come back when all services are healthy; exit code 1 where one will not be
    #[arg(short = 'd', long = "detach", conflicts_with_all = ["command", "json"])]
    pub(crate) detach: bool,
    /// As one that was launched so
    #[arg(long, hide = true)]
    pub(crate) background: bool,
    /// Run this command, with the variables of `skinai env`, when all services are healthy; then stop them, and end
    /// with its exit code
    #[arg(last = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// What to take it from, instead of what is found: a Procfile, a Compose file, package.json, pyproject.toml,
    /// requirements.txt or manage.py; the stack file is written beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// What the service and its instance are called [default: the folder's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Print each snapshot as it changes, one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Do not show what it prints
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Program and arguments, in which {port}, {host} and {url} are filled in
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct InstanceArguments {
    /// The instance [default: the one that runs the stack file; without a file, one that was launched from this folder or
    /// above it; else `default`, else the only one that runs]
    #[arg(long, value_name = "NAME")]
    pub(crate) instance: Option<String>,
    /// The stack file whose instance is meant [default: SKINAI_STACK, else skinai.toml in this folder or the
    /// nearest one above it]
    #[arg(long, value_name = "FILE", conflicts_with = "instance")]
    pub(crate) stack: Option<PathBuf>,
}

impl InstanceArguments {
    /// The stack file that is named, or found in this folder; else its Procfile.
    pub(crate) fn stack_file(&self) -> Option<PathBuf> {
        let found = || {
            let folder = std::env::current_dir().ok()?;
            stackfile::of_folder(&folder, product::SKINAI).or_else(|| stackfile::procfile_of_folder(&folder))
        };
        stackfile::named(self.stack.as_deref(), product::SKINAI).or_else(found)
    }

    /// Whose a stack file is that somebody else put where it is found. Nobody is to learn from it what is meant here.
    pub(crate) fn stranger(&self, file: &Path) -> Option<Untrusted> {
        let is_named = stackfile::named(self.stack.as_deref(), product::SKINAI).is_some();
        userdirs::trust::found(file)
            .err()
            .filter(|error| !is_named && matches!(error, Untrusted::NotYours { .. }))
    }
}

/// This folder and those above it, in which somebody may have launched a stack. In the home folder and above it that is
/// about nothing below.
pub(crate) fn folders_of_projects() -> Vec<PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    let home = std::env::home_dir();
    let is_shared = |folder: &Path| home.as_ref().is_some_and(|home| home.starts_with(folder));
    here.ancestors().filter(|folder| **folder == *here || !is_shared(folder)).map(Path::to_owned).collect()
}

#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
    /// List every instance that runs
    #[arg(long, conflicts_with_all = ["instance", "stack"])]
    pub(crate) all: bool,
    /// Print the snapshot as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The service; all where it is left out
    pub(crate) service: Option<String>,
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
}

#[derive(Debug, Args)]
pub(crate) struct Reallocate {
    #[command(flatten)]
    pub(crate) target: Ask,
    /// Give the service this port, and no other
    #[arg(long, value_name = "PORT", value_parser = port, requires = "service")]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) target: Ask,
    /// Stop all services, and leave the instance running
    #[arg(long, conflicts_with = "service")]
    pub(crate) services: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Wait {
    /// The services; all where none is named
    pub(crate) services: Vec<String>,
    /// How long to wait at most, also for an instance to be launched
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
}

#[derive(Debug, Args)]
pub(crate) struct Env {
    /// How they are written
    #[arg(long, value_enum, default_value_t = EnvFormat::Shell)]
    pub(crate) format: EnvFormat,
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EnvFormat {
    /// For `eval "$(skinai env)"`
    Shell,
    /// For `skinai env --format powershell | Invoke-Expression`
    Powershell,
    /// NAME=value lines
    Dotenv,
    /// An object
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct ExecArguments {
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
    /// Program and arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OneService {
    /// The service
    pub(crate) service: String,
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
}

#[derive(Debug, Args)]
pub(crate) struct Url {
    #[command(flatten)]
    pub(crate) target: OneService,
    /// As without it
    #[arg(long, hide = true)]
    pub(crate) token: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    #[command(subcommand)]
    pub(crate) command: Option<TokenCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Replace it; what runs keeps the old one until it is launched again
    Rotate,
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// The services; all where none is named
    pub(crate) services: Vec<String>,
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
    /// Go on with what they print from now on
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only lines of so long ago or less
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Duration>,
    /// Only lines that match this regular expression
    #[arg(long, value_name = "RE")]
    pub(crate) grep: Option<Regex>,
    /// Print an object a line: at, service, stream, text
    #[arg(long)]
    pub(crate) json: bool,
    /// How many lines, of all together and of those that match
    #[arg(short = 'n', long, value_name = "N", default_value_t = 200)]
    pub(crate) lines: usize,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArguments {
    /// The services; what happened to the whole stack too where none is named
    pub(crate) services: Vec<String>,
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
    /// Go on with what happens from now on
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Print an object a line: number, at, service, kind, reason, text and more
    #[arg(long)]
    pub(crate) json: bool,
    /// How many events
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub(crate) lines: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Also offer what changes something: launch, start, stop, restart, reallocate and end_holder
    #[arg(long)]
    pub(crate) allow_write: bool,
    #[command(flatten)]
    pub(crate) instance: InstanceArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ports {
    /// Find free ports
    Find(Find),
    /// Say whether a port is free, and who has it: exit code 0 free, 1 taken, 2 bad input
    Check(CheckPort),
    /// End the process that has a port, if it is yours
    End(EndHolder),
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    /// How many
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) count: u16,
    /// Where to look, inclusive
    #[arg(long, value_name = "A-B", default_value = "8000-9000")]
    pub(crate) range: PortRange,
    /// The address that is to be bound
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1", value_parser = host)]
    pub(crate) host: IpAddr,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckPort {
    /// The port
    #[arg(value_parser = port)]
    pub(crate) port: u16,
    /// The address that is to be bound
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1", value_parser = host)]
    pub(crate) host: IpAddr,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EndHolder {
    /// The port
    #[arg(value_parser = port)]
    pub(crate) port: u16,
    /// End it without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
}

pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.ok_or_else(|| "a time is written like 500ms, 30s or 2m".to_owned())
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| "a port is a number from 1 to 65535".to_owned())
}

fn host(text: &str) -> Result<IpAddr, String> {
    match text {
        "localhost" => Ok(IpAddr::from([127, 0, 0, 1])),
        text => text.parse().map_err(|_| "a host is an IP address, like 127.0.0.1 or ::1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    /// `UPDATE_EXPECT=1` writes it.
    #[test]
    fn the_reference_is_what_help_says() {
        let options = clap_markdown::MarkdownOptions::new()
            .title("Reference of the command line".to_owned())
            .show_footer(false);
        let page = clap_markdown::help_markdown_custom::<Arguments>(&options);
        expect_test::expect_file!["../../../docs/reference-cli.md"].assert_eq(&page);
    }

    /// No PowerShell is at hand to type them in.
    #[test]
    fn every_command_of_the_page_about_windows_is_one() {
        let page = include_str!("../../../docs/windows.md");
        let commands = page.lines().flat_map(|line| line.split(['(', ')', '|', ';']));
        let commands = commands.map(|part| part.split('#').next().unwrap_or_default().trim());
        let commands: Vec<_> = commands.filter(|command| command.starts_with("skinai ")).collect();
        assert!(commands.len() > 15, "{commands:?}");
        for command in commands {
            if let Err(error) = Arguments::try_parse_from(command.split_whitespace()) {
                panic!("{command}: {error}");
            }
        }
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        assert_eq!(port("65535"), Ok(65535));
        for text in ["0", "65536", "abc", "-1", ""] {
            assert!(port(text).is_err(), "{text}");
        }
    }
}
