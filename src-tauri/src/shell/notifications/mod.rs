//! Notifications, with a button where the desktop shows one.

#[cfg(target_os = "linux")]
mod dbus;
#[cfg(not(target_os = "linux"))]
mod plugin;

#[cfg(target_os = "linux")]
pub use dbus::{add, prepare, show, withdraw};
#[cfg(not(target_os = "linux"))]
pub use plugin::{add, prepare, show, withdraw};
