//! What the application is and runs, and what it takes to find out why something is wrong with it.

use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use contract::{ApiError, Happening, Snapshot};
use serde::Serialize;
use tokio::process::Command;
use ts_rs::TS;

use super::Controller;
use super::instance_link::InstanceLink;
use super::stack_state::StackState;
use crate::text::Language;

/// How many happenings are told.
const HAPPENINGS: usize = 50;
/// How long `skinai doctor` may take.
const DOCTOR_WITHIN: Duration = Duration::from_secs(20);
/// What says what kind of desktop it is.
const DESKTOP_VARIABLES: [&str; 2] = ["XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP"];

/// What the application is and runs.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct About {
    /// The application's version.
    pub version: String,
    /// What the stack file calls the stack, as soon as that is known.
    pub stack: Option<String>,
    /// The stack file; `None` for the built-in stack.
    pub file: Option<String>,
    /// The name of the instance.
    pub instance: String,
    /// The process id of its launcher, while it runs.
    pub pid: Option<u32>,
    /// Where its logs lie.
    pub log_folder: String,
}

/// What is copied for whoever is to find out why something is wrong. No secret is in it: there is none in what the
/// engine tells of itself, and the environment is left out.
pub struct Diagnostics {
    /// All that there are: one may stand in another's way.
    stacks: Vec<StackDiagnostics>,
    skinai: Result<PathBuf, String>,
    environment: Vec<(OsString, OsString)>,
}

struct StackDiagnostics {
    about: About,
    /// Why it is not as it should be, where no snapshot says it.
    trouble: Option<String>,
    snapshot: Option<Arc<Snapshot>>,
    link: Option<InstanceLink>,
}

impl Controller {
    /// What the application is, and of that stack what it runs.
    pub(crate) fn about(&self, stack: &str) -> Result<About, ApiError> {
        Ok(self.about_stack(self.find(stack)?))
    }

    fn about_stack(&self, stack: &StackState) -> About {
        let summary = stack.summary(&[]);
        About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            stack: summary.stack,
            file: summary.file,
            instance: stack.name.clone(),
            pid: stack.snapshot.as_ref().map(|snapshot| snapshot.pid),
            log_folder: self.launcher.dirs.logs(&stack.name).display().to_string(),
        }
    }

    /// What is known of that stack and of all others, for [`Diagnostics::text`].
    pub(crate) fn diagnostics(&self, stack: &str) -> Result<Diagnostics, ApiError> {
        let asked = self.find(stack)?;
        let others = self.stacks.iter().filter(|other| other.id != asked.id);
        let stacks = std::iter::once(asked).chain(others).map(|stack| StackDiagnostics {
            about: self.about_stack(stack),
            trouble: stack.trouble().map(str::to_owned),
            snapshot: stack.snapshot.clone(),
            link: stack.link().cloned(),
        });
        Ok(Diagnostics {
            stacks: stacks.collect(),
            skinai: self.launcher.skinai.clone(),
            environment: self.launcher.environment.clone(),
        })
    }
}

impl Diagnostics {
    /// It, as a text. In English, since it is for whoever makes the application.
    pub async fn text(self) -> String {
        let Self { stacks, skinai, environment } = self;
        // One that does not answer does not keep the others waiting.
        let asked = stacks.into_iter().map(|mut stack| {
            let link = stack.link.take();
            let happenings = tokio::spawn(async move {
                match link {
                    Some(link) => link.happenings(HAPPENINGS).await.unwrap_or_default(),
                    None => Vec::new(),
                }
            });
            (stack, happenings)
        });
        let asked: Vec<_> = asked.collect();
        let doctor = doctor(skinai, environment).await;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write_application(&mut text);
        for (stack, happenings) in asked {
            let _ = write_stack(&mut text, &stack, &happenings.await.unwrap_or_default());
        }
        let _ = write!(text, "\nskinai doctor\n{doctor}\n");
        text
    }
}

fn write_application(text: &mut String) -> fmt::Result {
    let (version, system) = (env!("CARGO_PKG_VERSION"), (std::env::consts::OS, std::env::consts::ARCH));
    writeln!(text, "Skin AI Assistant {version} on {} {}", system.0, system.1)?;
    let desktop = DESKTOP_VARIABLES.map(|name| std::env::var(name).unwrap_or_default());
    writeln!(text, "desktop: {}", desktop.join(" "))
}

fn write_stack(text: &mut String, stack: &StackDiagnostics, happenings: &[Happening]) -> fmt::Result {
    let StackDiagnostics { about, trouble, snapshot, .. } = stack;
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    writeln!(text, "\nstack: {}\nstack file: {}", or_none(&about.stack), or_none(&about.file))?;
    writeln!(text, "instance: {}\nlogs: {}", about.instance, about.log_folder)?;
    writeln!(text, "launcher: {}", about.pid.map_or_else(|| "none".to_owned(), |pid| pid.to_string()))?;
    if let Some(trouble) = trouble {
        writeln!(text, "trouble: {trouble}")?;
    }
    writeln!(text, "\nservices")?;
    for service in snapshot.iter().flat_map(|snapshot| &snapshot.services) {
        let url = service.url.as_deref().unwrap_or("no address");
        writeln!(text, "{}: {}, {url}, {} restarts", service.name, service.state, service.restarts)?;
        if let Some(exit) = &service.last_exit {
            writeln!(text, "  {}", exit.reason)?;
        }
    }
    writeln!(text, "\nevents")?;
    for happening in happenings {
        writeln!(text, "{} {}", happening.at, happening.said(Language::English))?;
    }
    Ok(())
}

/// What `skinai doctor` says.
async fn doctor(skinai: Result<PathBuf, String>, environment: Vec<(OsString, OsString)>) -> String {
    let skinai = match skinai {
        Ok(skinai) => skinai,
        Err(missing) => return format!("there is no {missing}\n"),
    };
    let mut command = Command::new(skinai);
    proctree::without_window(command.as_std_mut());
    command.arg("doctor").env_clear().envs(environment).stdin(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(DOCTOR_WITHIN, command.output()).await {
        Err(_) => "it does not come to an end\n".to_owned(),
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stdout);
            said.lines().map(|line| format!("{}\n", contract::plain(line))).collect()
        }
        Ok(Err(error)) => format!("it cannot run: {error}\n"),
    }
}
