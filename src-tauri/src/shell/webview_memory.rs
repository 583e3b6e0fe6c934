//! Giving the webview's memory back when the panel is closed.
//!
//! WebKitGTK ends the process of a page with the page, but keeps its network process for as long as
//! the program runs (tauri-apps/tauri#14626). It is made to survive the end of that process, and
//! starts another with the next page; so it is ended here, and the next page waits until WebKit
//! has noticed. Ended in the middle of a page's start or end it would take the program with it, so
//! that is waited for first.
//!
//! In this process a webview keeps itself alive: the handler through which its page calls commands
//! hangs on the webview's content manager, and holds the webview. That ring is opened when the window
//! goes; else every panel that was ever open would stay, at 100 kB each.

/// Whether the closed panel's page has ended.
pub use platform::is_at_rest;
/// Whether a page can be opened now.
pub use platform::is_settled;
/// Lets go of a webview when its window goes.
pub use platform::let_go_of;
/// Ends what the closed panel left behind. To be called on the main thread, when no page is open.
pub use platform::release;

#[cfg(target_os = "linux")]
mod platform {
    #![expect(unsafe_code, reason = "GLib's bindings cannot take all handlers off an object")]

    use std::sync::Mutex;
    use std::sync::PoisonError;
    use std::time::{Duration, Instant};

    use gtk::glib::{self, prelude::ObjectExt as _, translate::ToGlibPtr as _};
    use gtk::prelude::WidgetExt as _;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use procfs::process::all_processes;
    use tauri::WebviewWindow;

    /// The names of the processes, as long as the kernel keeps one.
    const NETWORK: &str = "WebKitNetworkPr";
    const PAGE: &str = "WebKitWebProces";
    /// What WebKit's main loop gets to take notice once the process is gone.
    const NOTICE: Duration = Duration::from_millis(150);
    /// After this the page is opened whatever became of the process.
    const NOTICE_MAX: Duration = Duration::from_secs(2);

    static ENDED: Mutex<Option<Ended>> = Mutex::new(None);

    #[derive(Clone, Copy)]
    struct Ended {
        pid: i32,
        at: Instant,
        gone: Option<Instant>,
    }

    pub fn let_go_of(window: &WebviewWindow) -> tauri::Result<()> {
        window.with_webview(|webview| {
            webview.inner().connect_destroy(|webview| {
                let manager: Option<glib::Object> = webview.property("user-content-manager");
                let Some(manager) = manager else { return };
                // SAFETY: the object lives, and this is the main thread. Its handlers are the webview's,
                // whose page has gone: none of them is called any more.
                unsafe { glib::gobject_ffi::g_signal_handlers_destroy(manager.to_glib_none().0) };
            });
        })
    }

    pub fn release() {
        let Some(pid) = child(NETWORK) else { return };
        // It may have ended by itself meanwhile, which is as good.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        *ENDED.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Ended { pid, at: Instant::now(), gone: None });
    }

    pub fn is_settled() -> bool {
        let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(process) = ended.as_mut() else { return true };
        if process.gone.is_none() && !std::fs::exists(format!("/proc/{}", process.pid)).unwrap_or(false) {
            process.gone = Some(Instant::now());
        }
        let noticed = process.gone.is_some_and(|gone| gone.elapsed() >= NOTICE);
        let settled = noticed || process.at.elapsed() >= NOTICE_MAX;
        if settled {
            *ended = None;
        }
        settled
    }

    pub fn is_at_rest() -> bool {
        child(PAGE).is_none()
    }

    /// The process of that name that this process has started.
    fn child(wanted: &str) -> Option<i32> {
        let own = std::process::id().cast_signed();
        let stats = all_processes().ok()?.flatten().filter_map(|process| process.stat().ok());
        stats.filter(|stat| stat.ppid == own && stat.comm == wanted).map(|stat| stat.pid).next()
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    pub fn let_go_of(_window: &tauri::WebviewWindow) -> tauri::Result<()> {
        Ok(())
    }

    pub fn release() {}

    pub fn is_at_rest() -> bool {
        true
    }

    pub fn is_settled() -> bool {
        true
    }
}
