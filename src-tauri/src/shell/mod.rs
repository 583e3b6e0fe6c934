//! The Tauri side: window, tray, plugins and commands. It holds a sender to the controller.

mod appearance;
mod autostart;
mod clipboard;
mod commands;
mod desktop;
mod display_lost;
mod log_commands;
mod log_window;
mod notifications;
mod opener;
mod panel;
mod run;
mod second_launch;
mod shutdown_triggers;
mod sidecar;
mod tooltip;
mod tray;
mod tray_icon;
mod webview_drawing;
mod webview_memory;
mod zoom;

pub use run::{prepare, run};
