//! The tray application `skin-ai-assistant`.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    // Both before any thread and before GTK.
    desktop::prepare();
    // From here on nothing that is started outlives us.
    proctree::watchdog::install();
    desktop::run()
}
