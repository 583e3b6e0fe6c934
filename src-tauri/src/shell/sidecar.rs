//! The bundled `skinai` program, by Tauri's sidecar mechanism.

use std::path::PathBuf;

use tauri::AppHandle;
use tauri_plugin_shell::ShellExt as _;

/// Where the `skinai` program lies: beside this one, in a bundle as in a build folder.
///
/// The plugin only finds it. Running it is the engine's work, which ends whole process groups.
///
/// # Errors
/// Where it was looked for.
pub fn skinai(app: &AppHandle) -> Result<PathBuf, String> {
    let command = app.shell().sidecar("skinai").map_err(|error| format!("skinai ({error})"))?;
    let command: std::process::Command = command.into();
    let program = PathBuf::from(command.get_program());
    if program.is_file() { Ok(program) } else { Err(program.display().to_string()) }
}
