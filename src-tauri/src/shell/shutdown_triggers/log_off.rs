//! At log-off and shutdown Windows tells every window, and ends the process as soon as it has its answers.
//!
//! Tao's own answer comes when the event loop has ended in order, but at once where the message comes in the middle of
//! an event, as it does while the tray waits for the desktop to change its icon. So the services end before it answers.

#![expect(unsafe_code, reason = "windows and their messages are the system's own calls")]

use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::Threading::GetCurrentThreadId;
use windows_sys::Win32::UI::Shell::{DefSubclassProc, SetWindowSubclass};
use windows_sys::Win32::UI::WindowsAndMessaging::{EnumThreadWindows, WM_ENDSESSION};
use windows_sys::core::BOOL;

use crate::controller::ControllerHandle;

/// No other procedure of these windows has it.
const ID: usize = 0x5c1a;

/// Listens at the windows that this thread has, which is the one of the event loop: tao's own is among them, and the
/// system waits for all answers.
pub(super) fn listen(controller: &ControllerHandle) {
    // It outlives every window.
    let controller: &'static ControllerHandle = Box::leak(Box::new(controller.clone()));
    // SAFETY: `listen_at` is called before this returns, with the handle that was leaked.
    let found = unsafe {
        EnumThreadWindows(GetCurrentThreadId(), Some(listen_at), (&raw const *controller) as LPARAM)
    };
    if found == 0 {
        tracing::error!("cannot listen for the end of the session: there is no window");
    }
}

unsafe extern "system" fn listen_at(window: HWND, controller: LPARAM) -> BOOL {
    // SAFETY: the window is of this thread, and the handle was leaked.
    let listens = unsafe { SetWindowSubclass(window, Some(on_message), ID, controller.cast_unsigned()) };
    if listens == 0 {
        tracing::error!("cannot listen for the end of the session: {}", std::io::Error::last_os_error());
    }
    BOOL::from(true)
}

unsafe extern "system" fn on_message(
    window: HWND,
    message: u32,
    is_ending: WPARAM,
    why: LPARAM,
    _id: usize,
    controller: usize,
) -> LRESULT {
    if message == WM_ENDSESSION && is_ending != 0 {
        // SAFETY: it is what `listen` leaked.
        let controller = unsafe { &*(controller as *const ControllerHandle) };
        // This thread is none of the runtime's.
        tauri::async_runtime::block_on(controller.end_session(engine::KILLED_WITHIN));
    }
    // SAFETY: what the system passed is passed on.
    unsafe { DefSubclassProc(window, message, is_ending, why) }
}
