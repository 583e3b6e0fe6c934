//! Launches the engine for this application.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use engine::{Handle, LaunchError, LaunchOptions};
use stackfile::{ServiceSelection, Stack, StackFileError};
use userdirs::Dirs;

use crate::settings::Settings;
use crate::text::{Language, TrayWords};

/// Why nothing was launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchRefusal {
    /// It, in one sentence; in one a line where more than one thing is wrong.
    pub message: String,
    /// What the stack file calls the stack, where that can be read.
    pub title: Option<String>,
    /// The stack file that has to be mended first, where one is at fault and there.
    pub file: Option<PathBuf>,
}

/// What does not change from one launch of the engine to the next.
#[derive(Debug, Clone)]
pub struct EngineLauncher {
    /// The stack file of the command line, or the one that was opened.
    pub stack_flag: Option<PathBuf>,
    /// Whether it is the stack of the application, and not a further one that was opened.
    pub is_usual: bool,
    /// The instance's name, where one was given.
    pub instance: Option<String>,
    /// The bundled `skinai` program, or where it should lie and does not.
    pub skinai: Result<PathBuf, String>,
    /// Where things lie.
    pub dirs: Dirs,
    /// The environment of the services.
    pub environment: Vec<(OsString, OsString)>,
}

impl EngineLauncher {
    /// Launches the engine.
    ///
    /// # Errors
    /// Why nothing was started, in that language.
    pub fn launch(&self, settings: &Settings, language: Language) -> Result<Handle, LaunchRefusal> {
        let stack = self.stack(settings).map_err(|error| LaunchRefusal {
            message: error.said(language),
            title: error.stack_name(),
            file: wrong_file(&error),
        })?;
        let title = Some(stack.name.clone());
        let skinai = self.skinai.clone().map_err(|program| LaunchRefusal {
            message: TrayWords::of(language).refused_no_skinai(program),
            title: title.clone(),
            file: None,
        })?;
        let file = stack.path.clone();
        let mut options = LaunchOptions::new(product::SKINAI, stack, skinai);
        options.instance.clone_from(&self.instance);
        options.on_conflict = settings.on_conflict();
        options.dirs = self.dirs.clone();
        options.environment.clone_from(&self.environment);
        // They were set for the services of the usual stack.
        if self.is_usual {
            options.ports = settings.ports();
        }
        engine::launch(options).map_err(|error| LaunchRefusal {
            message: error.said(language),
            title,
            file: file.filter(|_| file_says(&error, settings)),
        })
    }

    /// The stack of the command line, else of `SKINAI_STACK`, else of the settings, else the usual.
    ///
    /// # Errors
    /// What is wrong with the stack file.
    pub fn stack(&self, settings: &Settings) -> Result<Stack, StackFileError> {
        let set_outside =
            std::env::var_os(product::SKINAI.variable("STACK")).is_some_and(|value| !value.is_empty());
        let own = settings.stack_file.as_deref().filter(|_| !set_outside);
        self.read(self.stack_flag.as_deref().or(own))
    }

    /// Reads a stack file; without one, the usual.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, path: Option<&Path>) -> Result<Stack, StackFileError> {
        // The folder in which somebody's desktop starts an application is no choice of theirs.
        Stack::find(path, None, &ServiceSelection::default(), product::SKINAI, &self.dirs)
    }
}

/// The file that somebody can open to mend it.
fn wrong_file(error: &StackFileError) -> Option<PathBuf> {
    match error {
        StackFileError::Wrong { file, .. } => std::path::absolute(file).ok().filter(|file| file.is_file()),
        StackFileError::Several(errors) => errors.first().and_then(wrong_file),
        // Whoever opens what is not to be trusted is not helped by it.
        StackFileError::Unreadable { .. }
        | StackFileError::Untrusted(_)
        | StackFileError::ServiceSelection(_) => None,
    }
}

/// Whether it is the stack file that says what cannot be done.
fn file_says(error: &LaunchError, settings: &Settings) -> bool {
    match error {
        LaunchError::NoProgram { .. } | LaunchError::Strict(_) => true,
        LaunchError::Several(all) => all.iter().any(|error| file_says(error, settings)),
        // The settings' range goes before the file's.
        LaunchError::NoFreePort { .. } => settings.range.is_empty(),
        LaunchError::BadPort(_)
        | LaunchError::BadHost(_)
        | LaunchError::Instance(_)
        | LaunchError::Untrusted(_)
        | LaunchError::LeftBehind(_)
        | LaunchError::System { .. } => false,
    }
}
