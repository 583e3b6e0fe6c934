//! The clipboard: GTK's own on Linux, where what was copied has to be served by whoever copied it,
//! under X11 and Wayland alike; the plugin's elsewhere.

use tauri::{AppHandle, Builder, Wry};

/// Adds what the clipboard needs to the application.
#[cfg(target_os = "linux")]
pub fn prepare(builder: Builder<Wry>) -> Builder<Wry> {
    builder
}

/// Adds what the clipboard needs to the application.
#[cfg(not(target_os = "linux"))]
pub fn prepare(builder: Builder<Wry>) -> Builder<Wry> {
    builder.plugin(tauri_plugin_clipboard_manager::init())
}

/// Puts a text on the clipboard.
///
/// # Errors
/// One sentence, where that cannot be.
#[cfg(target_os = "linux")]
pub fn copy(app: &AppHandle, text: &str) -> Result<(), String> {
    let text = text.to_owned();
    let copied = app.run_on_main_thread(move || {
        let clipboard = gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD);
        clipboard.set_text(&text);
        // So that a clipboard program keeps it when we end.
        clipboard.store();
    });
    copied.map_err(|error| error.to_string())
}

/// Puts a text on the clipboard.
///
/// # Errors
/// One sentence, where that cannot be.
#[cfg(not(target_os = "linux"))]
pub fn copy(app: &AppHandle, text: &str) -> Result<(), String> {
    use tauri_plugin_clipboard_manager::ClipboardExt as _;
    app.clipboard().write_text(text).map_err(|error| error.to_string())
}
