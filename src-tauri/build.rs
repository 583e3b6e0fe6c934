//! Prepares what Tauri compiles into the program: its configuration, the panel's pages, and the
//! list of commands, each of which becomes a permission that a capability has to name.

/// Every command of the application. What is not in this list does not exist for a page, and
/// what is in it is closed to a page until `capabilities/panel.json` names it.
const COMMANDS: &[&str] = &[
    "subscribe",
    "unsubscribe",
    "request",
    "open_service",
    "copy_address",
    "open_log_folder",
    "open_stack_file",
    "logs",
    "follow_logs",
    "unfollow_logs",
    "latencies",
    "settings",
    "check_settings",
    "save_settings",
    "welcome",
    "dismiss_welcome",
    "locale",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=capabilities");
    let commands = tauri_build::AppManifest::new().commands(COMMANDS);
    Ok(tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))?)
}
