//! The X server or the Wayland compositor goes away: that is how a session ends for most programs.
//!
//! GTK would end the program on the spot, and the watchdog process the services with it. The handler
//! that is put in the place of GTK's asks for the end in order instead, and keeps the main thread from
//! touching the display again; [`exit_if_lost`] ends the program without it when the services have
//! stopped. Under Wayland GTK logs a message before it ends the program, and whoever writes the log does the same.

#[cfg(target_os = "linux")]
pub use linux::{exit_if_lost, listen};

#[cfg(not(target_os = "linux"))]
pub fn listen(_controller: &crate::controller::ControllerHandle, _tray_folder: &std::path::Path) {}

#[cfg(not(target_os = "linux"))]
pub fn exit_if_lost() {}

#[cfg(target_os = "linux")]
mod linux {
    #![expect(unsafe_code, reason = "Xlib takes its handlers as pointers")]

    use std::ffi::c_int;
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    use gtk::glib;
    use x11_dl::xlib;

    use crate::controller::{Command, ControllerHandle};

    static TOLD: OnceLock<(ControllerHandle, PathBuf)> = OnceLock::new();
    static LOST: AtomicBool = AtomicBool::new(false);
    static EXITING: AtomicBool = AtomicBool::new(false);

    /// From now on the loss of the display ends the application in order. To be called when GTK has
    /// put its own handler in place. `tray_folder` is removed at the end.
    pub fn listen(controller: &ControllerHandle, tray_folder: &Path) {
        if TOLD.set((controller.clone(), tray_folder.to_owned())).is_err() {
            return;
        }
        listen_to_gdk();
        match xlib::Xlib::open() {
            Ok(xlib) => {
                // SAFETY: the handler has the type that XSetIOErrorHandler(3) asks for, and lives as
                // long as the program.
                unsafe { (xlib.XSetIOErrorHandler)(Some(lost)) };
            }
            Err(error) => tracing::debug!("no Xlib: {error}"),
        }
    }

    /// The same for a Wayland compositor.
    fn listen_to_gdk() {
        const LOST: [&str; 4] = [
            "Lost connection to Wayland compositor",
            "Error reading events from display",
            "Error flushing display",
            "dispatching to Wayland display",
        ];
        glib::log_set_writer_func(|level, fields| {
            let written = glib::log_writer_default(level, fields);
            let field =
                |key| fields.iter().find(|field| field.key() == key).and_then(|field| field.value_str());
            let message = field("MESSAGE").unwrap_or_default();
            if field("GLIB_DOMAIN") == Some("Gdk") && LOST.iter().any(|lost| message.contains(lost)) {
                end_in_order();
            }
            written
        });
    }

    /// To be called when nothing of the engine is left: ends the program at once if the display is
    /// lost, and lets its loss do so from now on.
    pub fn exit_if_lost() {
        EXITING.store(true, Ordering::SeqCst);
        if LOST.load(Ordering::SeqCst) {
            exit();
        }
    }

    /// Xlib ends the program if this comes back.
    unsafe extern "C" fn lost(_display: *mut xlib::Display) -> c_int {
        end_in_order()
    }

    /// Keeps the thread that has lost the display.
    fn end_in_order() -> ! {
        LOST.store(true, Ordering::SeqCst);
        if EXITING.load(Ordering::SeqCst) {
            exit();
        }
        if let Some((controller, _)) = TOLD.get() {
            controller.send(Command::SessionEnds);
        }
        loop {
            std::thread::park();
        }
    }

    fn exit() -> ! {
        if let Some((_, tray_folder)) = TOLD.get() {
            // Where it cannot be removed, the next launch writes into it.
            let _ = std::fs::remove_dir_all(tray_folder);
        }
        // SAFETY: ends the process; what is registered to run at its end would want the display.
        unsafe { libc::_exit(0) }
    }
}
