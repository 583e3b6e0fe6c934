//! How the engine is launched for this application.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use stack::{Dirs, Handle, LaunchOptions, Stack, StackFileError};

use crate::settings::Settings;
use crate::text::Catalogue;

/// What does not change from one launch of the engine to the next.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The stack file of the command line.
    pub stack_flag: Option<PathBuf>,
    /// The instance's name, where one was given.
    pub instance: Option<String>,
    /// The bundled `skinai` program, or where it should lie and does not.
    pub skinai: Result<PathBuf, String>,
    /// Where things lie.
    pub dirs: Dirs,
    /// The environment of the services.
    pub environment: Vec<(OsString, OsString)>,
}

impl Launcher {
    /// Launches the engine.
    ///
    /// # Errors
    /// One sentence of `text` that says why nothing was started.
    pub fn launch(&self, settings: &Settings, text: &Catalogue) -> Result<Handle, String> {
        let stack = self.stack(settings).map_err(|error| text.stack_file_refused(&error))?;
        let skinai = self.skinai.clone().map_err(|program| text.no_skinai(&program))?;
        let mut options = LaunchOptions::new(stack, skinai);
        options.instance.clone_from(&self.instance);
        options.on_conflict = settings.on_conflict();
        options.dirs = self.dirs.clone();
        options.environment.clone_from(&self.environment);
        options.ports = settings.ports();
        stack::launch(options).map_err(|error| text.launch_refused(&error))
    }

    /// The stack of the command line, else of `SKINAI_STACK`, else of the settings, else the usual.
    ///
    /// # Errors
    /// What is wrong with the stack file.
    pub fn stack(&self, settings: &Settings) -> Result<Stack, StackFileError> {
        let set_outside = std::env::var_os("SKINAI_STACK").is_some_and(|value| !value.is_empty());
        let own = settings.stack_file.as_deref().filter(|_| !set_outside);
        self.read(self.stack_flag.as_deref().or(own))
    }

    /// Reads a stack file; without one, the usual.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, path: Option<&Path>) -> Result<Stack, StackFileError> {
        Stack::find(path, &self.dirs)
    }

    /// Where the logs lie, also of an instance that does not run.
    pub fn log_folder(&self) -> PathBuf {
        self.dirs.logs(self.instance.as_deref().unwrap_or(crate::instance::DEFAULT))
    }
}
