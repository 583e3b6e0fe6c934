//! The panel's window: made when it is wanted, shown when its page is there, gone when it is closed, and its memory
//! with it.

use std::time::Duration;

use tauri::plugin::TauriPlugin;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Wry};
use tauri_plugin_window_state::{AppHandleExt as _, StateFlags};

use super::{appearance, webview_memory, zoom};
use crate::instance;

/// The window's label, which the capability names.
pub const LABEL: &str = crate::controller::PANEL;
/// What is remembered of the window.
const REMEMBERED: StateFlags = StateFlags::POSITION.union(StateFlags::SIZE);
/// Width and height of a window that was never moved, in logical pixels, where the text has its usual size.
const SIZE: (f64, f64) = (420.0, 560.0);
/// The narrowest and lowest it can be made.
const SIZE_MIN: (f64, f64) = (360.0, 320.0);
/// How long a panel is closed before its memory is given back: somebody may open it again.
const CLOSED_FOR: Duration = Duration::from_secs(2);
/// How long a page may take to say that it is there; after that it is shown as it is.
const PAINTED_WITHIN: Duration = Duration::from_secs(3);
/// Between two looks at whether the webview of the panel before has ended.
const RETRY: Duration = Duration::from_millis(20);

/// Remembers where the window of this instance was.
pub fn window_state(instance: Option<&str>) -> TauriPlugin<Wry> {
    let filename = match instance.filter(|name| *name != instance::DEFAULT) {
        Some(name) => format!("window-{name}.json"),
        None => "window.json".to_owned(),
    };
    tauri_plugin_window_state::Builder::new().with_state_flags(REMEMBERED).with_filename(filename).build()
}

/// Writes down where the window is, so that it is known even if the application is killed.
pub fn remember_place(app: &AppHandle) {
    if let Err(error) = app.save_window_state(REMEMBERED) {
        tracing::warn!("the place of the panel is not remembered: {error}");
    }
}

/// A window is gone: its memory is given back when all windows stay closed.
pub fn closed(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(CLOSED_FOR).await;
        // One that is open gives the memory back itself.
        while app.webview_windows().is_empty() {
            if !webview_memory::is_at_rest() {
                tokio::time::sleep(CLOSED_FOR).await;
                continue;
            }
            let released = app.clone();
            // It fails when the application has ended, and then there is nothing left to give back.
            let _ = app.run_on_main_thread(move || {
                if released.webview_windows().is_empty() {
                    webview_memory::release();
                }
            });
            return;
        }
    });
}

/// Shows the panel in front of everything else. To be called on the main thread.
///
/// # Errors
/// When there can be no window.
pub fn show(app: &AppHandle) -> tauri::Result<()> {
    show_page(app, LABEL, "index.html", "Skin AI Assistant", SIZE)
}

/// Shows the window of that label in front of everything else, with this page, which is the panel's own. To be called
/// on the main thread.
///
/// # Errors
/// When there can be no window.
pub fn show_page(
    app: &AppHandle,
    label: &str,
    page: &str,
    title: &str,
    size: (f64, f64),
) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(label) {
        window.unminimize()?;
        window.show()?;
        return window.set_focus();
    }
    if !webview_memory::is_settled() {
        let (label, page, title) = (label.to_owned(), page.to_owned(), title.to_owned());
        return show_later(app.clone(), move |app| show_page(app, &label, &page, &title, size));
    }
    let scale = appearance::text_scale();
    let (width, height) = appearance::fitting(size.0 * scale, size.1 * scale);
    let mut builder = WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title(title)
        .inner_size(width, height)
        .min_inner_size(SIZE_MIN.0, SIZE_MIN.1)
        .prevent_overflow()
        .visible(false)
        .on_navigation(is_the_panel)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    if label == LABEL {
        builder = builder.on_document_title_changed(|window, title| {
            // It fails when the window has gone, and then it has no title.
            let _ = window.set_title(&title);
        });
        if let Some((x, y)) = appearance::beside_the_tray(width, height) {
            // Where it was the last time goes before it.
            builder = builder.position(x, y);
        }
    }
    let window = builder.build()?;
    webview_memory::let_go_of(&window)?;
    window.set_background_color(appearance::background())?;
    zoom::apply(&window);
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PAINTED_WITHIN).await;
        painted(&window);
    });
    Ok(())
}

/// The page has something to show: so does the window, in front of everything else.
pub fn painted(window: &WebviewWindow) {
    let shown = || {
        if window.is_visible()? {
            return Ok(());
        }
        window.show()?;
        window.set_focus()
    };
    // One that was closed meanwhile is not there to be shown.
    if window.get_webview_window(window.label()).is_some()
        && let Err(error) = shown()
    {
        tracing::error!("a window cannot be shown: {error}");
    }
}

/// Closes a window, as its own button does.
pub fn close(window: &WebviewWindow) {
    if let Err(error) = window.close() {
        tracing::error!("a window cannot be closed: {error}");
    }
}

/// Tries again when the webview of the panel before has had a little more time to end.
fn show_later(
    app: AppHandle,
    show: impl FnOnce(&AppHandle) -> tauri::Result<()> + Send + 'static,
) -> tauri::Result<()> {
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(RETRY).await;
        let again = app.clone();
        // It fails when the application has ended, and then there is nothing left to show.
        let _ = app.run_on_main_thread(move || {
            if let Err(error) = show(&again) {
                tracing::error!("a window cannot be shown: {error}");
            }
        });
    });
    Ok(())
}

/// The panel's own pages, and nothing else: whatever a page tries, it stays where it is.
fn is_the_panel(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows has no schemes of one's own in a webview.
        "http" | "https" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_can_go_nowhere_but_to_the_panel() {
        let allowed = |url: &str| is_the_panel(&Url::parse(url).unwrap());
        if cfg!(not(windows)) {
            assert!(allowed("tauri://localhost/index.html"));
            assert!(!allowed("http://tauri.localhost/"));
        }
        for elsewhere in [
            "http://127.0.0.1:8001/",
            "https://example.org/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
            "tauri://example.org/",
            "javascript:alert(1)",
        ] {
            assert!(!allowed(elsewhere), "{elsewhere}");
        }
    }
}
