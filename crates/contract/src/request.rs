//! What can be asked of a running instance, from the tray, the panel, the terminal or the API.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
#[serde(tag = "request", rename_all = "lowercase")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum Request {
    /// Start the service anew on its port; the count of crashes starts afresh.
    Restart(Target),
    /// Give the service another port, and tell those that need it.
    Reallocate(Target),
    /// Stop the service and leave it stopped; without a name, stop the whole instance.
    Stop(Target),
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
