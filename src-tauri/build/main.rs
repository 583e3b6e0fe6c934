//! Prepares what Tauri compiles into the program: its configuration, the panel's pages, and the panel's commands.
//!
//! Each function with `#[tauri::command]` in `src/shell/commands.rs` is a command of the panel. From there come
//! the list of handlers, the permission that `capabilities/panel.json` names, and the client in TypeScript.

#![expect(clippy::print_stdout, reason = "it is how a build script talks to Cargo")]

mod commands;
mod typescript;

use std::error::Error;
use std::path::Path;

const SOURCE: &str = "src/shell/commands.rs";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=capabilities");
    println!("cargo::rerun-if-changed={SOURCE}");
    let commands = commands::read(Path::new(SOURCE))?;
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(format!("{out}/panel_handler.rs"), commands::handler(&commands))?;
    std::fs::write(format!("{out}/commands.ts"), typescript::client(&commands))?;
    let permissions = format!("{out}/panel_permissions.toml");
    std::fs::write(&permissions, commands::permission(&commands))?;
    let manifest = tauri_build::AppManifest::new().permissions_path_pattern(permissions.leak());
    Ok(tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?)
}
