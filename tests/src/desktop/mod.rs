//! A desktop session of its own: D-Bus, an X server, a window manager and a panel with a tray; or a Wayland compositor.

mod session;
mod tray;
mod wayland;

pub use session::Desktop;
pub use tray::{MenuItem, Tray, TrayIcon};
pub use wayland::Wayland;
