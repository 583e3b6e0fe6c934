//! Prepares what Tauri compiles into the program: its configuration, the panel's pages, and the panel's commands.
//!
//! Each function with `#[tauri::command]` in `src/shell/commands.rs` and `src/shell/log_commands.rs` is a command of
//! the panel, and those of the latter are commands of the windows with logs too. From there come the list of
//! handlers, the permissions that `capabilities/*.json` name, and the client in TypeScript.

#![expect(clippy::print_stdout, reason = "it is how a build script talks to Cargo")]

mod commands;
mod typescript;

use std::error::Error;
use std::path::Path;

const SOURCES: [&str; 2] = ["src/shell/commands.rs", "src/shell/log_commands.rs"];
/// The module whose commands the windows with logs have.
const OF_LOGS: &str = "log_commands";
/// What every window needs besides.
const OF_WINDOWS: [&str; 5] = ["locale", "painted", "close_panel", "zoom_panel", "hide_tooltip"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=capabilities");
    let mut commands = Vec::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        commands.extend(commands::read(Path::new(source))?);
    }
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(format!("{out}/panel_handler.rs"), commands::handler(&commands))?;
    std::fs::write(format!("{out}/commands.ts"), typescript::client(&commands))?;
    let permissions = format!("{out}/panel_permissions.toml");
    let both = [
        commands::permission("panel", commands.iter()),
        commands::permission(
            "log",
            commands
                .iter()
                .filter(|command| command.module == OF_LOGS || OF_WINDOWS.contains(&command.name.as_str())),
        ),
    ];
    std::fs::write(&permissions, both.join("\n"))?;
    let manifest = tauri_build::AppManifest::new().permissions_path_pattern(permissions.leak());
    Ok(tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?)
}
