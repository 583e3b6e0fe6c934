//! A desktop session of its own: D-Bus, an X server, a window manager and a panel with a tray.

mod session;
mod tray;

pub use session::Desktop;
pub use tray::{MenuItem, Tray, TrayIcon};
