//! What the tray application needs of the desktop, system by system.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(super) use linux::look;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::look;

#[cfg(not(any(target_os = "linux", windows)))]
mod other;
#[cfg(not(any(target_os = "linux", windows)))]
pub(super) use other::look;
