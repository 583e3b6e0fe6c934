//! Listens for everything that ends the application.

use super::signals;
#[cfg(target_os = "linux")]
use super::{machine, session};
use crate::controller::ControllerHandle;

/// Listens from here on, beside everything else.
pub fn listen(controller: &ControllerHandle) {
    tauri::async_runtime::spawn(signals::listen(controller.clone()));
    #[cfg(target_os = "linux")]
    {
        tauri::async_runtime::spawn(session::listen(controller.clone()));
        tauri::async_runtime::spawn(machine::listen(controller.clone()));
    }
}
