//! How a service gets the sockets that the launcher holds for it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a service gets the sockets that the launcher holds for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "../../../ui/src/lib/generated/")]
pub enum HandedBy {
    /// It inherits them as descriptors.
    #[default]
    Descriptor,
    /// It asks a server of the launcher's for them.
    Server,
}

impl HandedBy {
    /// What this system does.
    pub const HERE: Self = if cfg!(windows) { Self::Server } else { Self::Descriptor };
}
