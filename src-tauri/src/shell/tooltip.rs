//! Tooltips of a window's page. WebKitGTK leaves one on the screen until the pointer moves, whatever becomes of what it
//! belongs to; other webviews take theirs away themselves.

use tauri::WebviewWindow;

/// Takes the tooltip away that is on the screen. The next move of the pointer brings the one of what is there by then.
pub fn hide(window: &WebviewWindow) {
    #[cfg(target_os = "linux")]
    {
        use gtk::prelude::WidgetExt as _;
        // It fails when the window has gone, and its tooltip with it.
        let _ = window.with_webview(|webview| {
            webview.inner().set_has_tooltip(false);
            webview.inner().trigger_tooltip_query();
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = window;
}
