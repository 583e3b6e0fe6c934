//! Windows with logs: each shows those of one service, or of all, in the page that the panel has too.

use tauri::AppHandle;

use super::panel;

/// What the labels of these windows begin with; the capability names it.
pub const PREFIX: &str = "logs-";
/// Width and height of a window that was never moved, in logical pixels, where the text has its usual size.
const SIZE: (f64, f64) = (860.0, 560.0);

/// Shows the log of a service of a stack, or those of all, in front of everything else.
pub fn show(app: &AppHandle, stack: &str, service: Option<&str>, title: String) {
    // The names of instances and services are made of letters, digits, `-`, `_` and `.`.
    let service = service.unwrap_or_default();
    let label = format!("{PREFIX}{stack}:{service}");
    let page = format!("index.html?stack={stack}&logs={service}");
    let shown = app.clone();
    // It fails when the application has ended, and then there is nothing left to show.
    let _ = app.run_on_main_thread(move || {
        if let Err(error) = panel::show_page(&shown, &label, &page, &title, SIZE) {
            tracing::error!("the window with logs cannot be shown: {error}");
        }
    });
}

/// Whether a window is one of these.
pub fn is_one(label: &str) -> bool {
    label.starts_with(PREFIX)
}
