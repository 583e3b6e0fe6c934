//! The X server goes away: that is how a session under X11 ends for most programs.
//!
//! GTK would end the program on the spot, and the watchdog process the services with it. The handler
//! that is put in the place of GTK's asks for the end in order instead, and keeps the main thread from
//! touching the display again; [`exit_if_lost`] ends the program without it when the services have
//! stopped. Under Wayland GTK leaves no such choice.

#[cfg(target_os = "linux")]
pub use x11::{exit_if_lost, listen};

#[cfg(not(target_os = "linux"))]
pub fn listen(_controller: &crate::controller::ControllerHandle, _tray_folder: &std::path::Path) {}

#[cfg(not(target_os = "linux"))]
pub fn exit_if_lost() {}

#[cfg(target_os = "linux")]
mod x11 {
    #![expect(unsafe_code, reason = "Xlib takes its handlers as pointers")]

    use std::ffi::c_int;
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    use x11_dl::xlib;

    use crate::controller::{Command, ControllerHandle};

    static TOLD: OnceLock<(ControllerHandle, PathBuf)> = OnceLock::new();
    static LOST: AtomicBool = AtomicBool::new(false);
    static EXITING: AtomicBool = AtomicBool::new(false);

    /// From now on the loss of the display ends the application in order. To be called when GTK has
    /// put its own handler in place. `tray_folder` is removed at the end.
    pub fn listen(controller: &ControllerHandle, tray_folder: &Path) {
        match xlib::Xlib::open() {
            Ok(xlib) if TOLD.set((controller.clone(), tray_folder.to_owned())).is_ok() => {
                // SAFETY: the handler has the type that XSetIOErrorHandler(3) asks for, and lives as
                // long as the program.
                unsafe { (xlib.XSetIOErrorHandler)(Some(lost)) };
            }
            Ok(_) => {}
            Err(error) => tracing::debug!("no Xlib: {error}"),
        }
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
