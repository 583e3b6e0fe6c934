//! The tray application `skin-ai-assistant`.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    if proctree::has_asked_others_to_end() {
        return std::process::ExitCode::SUCCESS;
    }
    // Both before any thread and before GTK.
    desktop::prepare();
    // From here on nothing that is started outlives us.
    proctree::watchdog::install();
    desktop::run()
}
