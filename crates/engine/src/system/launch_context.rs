//! What of a launch every start needs to know.

use std::sync::Arc;

use proctree::LaunchMarker;

use crate::entrances::Entrances;
use crate::launch_options::LaunchOptions;

/// What every start needs to know of the launch.
pub(crate) struct LaunchContext {
    pub(crate) options: LaunchOptions,
    pub(crate) marker: LaunchMarker,
    pub(crate) entrances: Arc<Entrances>,
}
