//! What is launched, and how.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use contract::{InstanceName, OnConflict, Product};
use ports::PortRange;
use stackfile::{PortSpec, Stack};
use supervisor::coordinator::PortPreferences;
use userdirs::Dirs;

use crate::environment::variable;

/// The ports that a person set, besides those in the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortSettings {
    /// Where to look for ports, in place of the stack file's range.
    pub range: Option<PortRange>,
    /// Ports by the service's name. The environment wins over them.
    pub fixed: BTreeMap<String, u16>,
}

impl PortSettings {
    /// Both, as the coordinator takes them.
    pub(crate) fn with(&self, on_conflict: OnConflict) -> PortPreferences {
        let range = self.range.map(|range| range.iter());
        PortPreferences { range, fixed: self.fixed.clone(), on_conflict }
    }
}

/// What to launch, and how.
#[derive(Debug, Clone)]
pub struct LaunchOptions {
    /// Whose names are used.
    pub product: Product,
    /// The stack.
    pub stack: Stack,
    /// Where the product's program lies, which a stack file names without a path.
    pub program: PathBuf,
    /// The instance's name; `None` takes the first free one of `usual_instance` and those numbered after it.
    pub instance: Option<String>,
    /// What the instance is named where no name is given.
    pub usual_instance: InstanceName,
    /// What to do about a lost port where the stack file does not say.
    pub on_conflict: OnConflict,
    /// Where things lie.
    pub dirs: Dirs,
    /// The environment that the services get, before their own variables.
    pub environment: Vec<(OsString, OsString)>,
    /// Ports set in the settings.
    pub ports: PortSettings,
}

impl LaunchOptions {
    /// The stack with the usual settings: this process's environment, and a lost port moves.
    pub fn new(product: Product, stack: Stack, program: PathBuf) -> Self {
        Self {
            product,
            stack,
            program,
            instance: None,
            usual_instance: InstanceName::default(),
            on_conflict: OnConflict::Move,
            dirs: Dirs::from_env(product),
            environment: std::env::vars_os().collect(),
            ports: PortSettings::default(),
        }
    }

    /// The stack file whose ports are remembered: that of a project, unless it does not want it.
    pub(crate) fn sticky_file(&self) -> Option<PathBuf> {
        let file = self.stack.of_project(self.product).filter(|_| self.stack.sticky)?;
        file.canonicalize().ok()
    }

    /// The variable that sets a port, and what it is: in the environment, else in the stack's env files.
    pub(crate) fn port_variable<'a>(&'a self, port: &'a PortSpec) -> Option<(&'a str, &'a OsStr)> {
        let exported = port.exported.as_deref();
        let set = exported.and_then(|name| self.variable(name)).filter(|value| !value.is_empty());
        Some((exported.or(port.env.as_deref())?, set.or(port.set.as_deref().map(OsStr::new))?))
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        variable(&self.environment, name)
    }
}
