//! What can be asked of a running instance, from the tray, the panel, the terminal or the API.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::paths;

/// Which service a request is about: one by name, or all of them (`{}` in JSON).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub struct Target {
    /// The service's name; all services where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub service: Option<String>,
}

impl Target {
    /// All services.
    pub const ALL: Self = Self { service: None };

    /// The service of that name.
    pub fn service(name: impl Into<String>) -> Self {
        Self { service: Some(name.into()) }
    }
}

/// A request to the one task that owns the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "request", rename_all = "lowercase", deny_unknown_fields)]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum Request {
    /// Start what does not run of the service and what it needs, and leave the rest alone; without a name, what was
    /// stopped or has failed of all that the launch does not leave out.
    Start(Target),
    /// Start the service anew on its port; the count of crashes starts afresh.
    Restart(Target),
    /// Give the service another port, and tell those that need it.
    Reallocate(Target),
    /// Give the service that port, and tell those that need it.
    MoveTo {
        /// The service's name.
        service: String,
        /// The port.
        port: u16,
    },
    /// Stop the service and leave it stopped; without a name, stop the whole instance.
    Stop(Target),
    /// Stop all services and leave them stopped. The instance goes on.
    StopServices {},
    /// End the process that has the port of a service in conflict, and start the service there. The process is asked to
    /// end, and killed after a while.
    EndHolder {
        /// The service's name.
        service: String,
        /// The port in conflict.
        port: u16,
        /// The process that has it, as [`Holder::pid`](crate::Holder::pid).
        pid: u32,
        /// When it started, as [`Holder::started`](crate::Holder::started): another process may have its id by now.
        #[ts(type = "number")]
        started: u64,
    },
}

impl Request {
    /// The service that it is about; `None` where it is about all.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Start(target) | Self::Restart(target) | Self::Reallocate(target) | Self::Stop(target) => {
                target.service.as_deref()
            }
            Self::MoveTo { service, .. } | Self::EndHolder { service, .. } => Some(service),
            Self::StopServices {} => None,
        }
    }

    /// Where it is sent by `POST`. Its body is the request without its name.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Start(_) => paths::START,
            Self::Restart(_) => paths::RESTART,
            Self::Reallocate(_) | Self::MoveTo { .. } => paths::REALLOCATE,
            Self::Stop(_) => paths::STOP,
            Self::StopServices {} => paths::STOP_SERVICES,
            Self::EndHolder { .. } => paths::END_HOLDER,
        }
    }
}

/// A way into a service for a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrance {
    /// The address. That of one of the product's own services opens once, within a minute.
    pub address: String,
    /// A page that leads there, which only the user can read: to be given to the browser where its address has a
    /// secret, since everybody on the machine can read a command line.
    pub file: Option<PathBuf>,
}
