//! Drawing the panel with the processor.
//!
//! The panel is a still page of text in a small window. With WebKitGTK's compositor each change of a number
//! goes through OpenGL, and where there is no graphics card, through one that LLVM makes up: more than
//! twice the time and 60 MB more, for the same picture. Where there is one, the panel would only wake it and
//! load its driver. So the page is always drawn into plain memory, whatever the machine has.
//!
//! This has to be decided before a page is loaded: the first page's process is told with its first words
//! whether it scrolls in a thread of the compositor, and one that is told otherwise later hands every turn of
//! the wheel to a thread that draws nothing. A Tauri window loads its page while it is built, so that a setting
//! of its webview comes too late; what is left is a variable of our environment, which no program gets
//! that we start ([`crate::environment`]).

/// Has every webview of this process drawn without the compositor. To be called first of all, while there
/// is one thread.
pub use platform::without_compositor;

#[cfg(target_os = "linux")]
mod platform {
    #![expect(unsafe_code, reason = "the environment can only be changed while no other thread reads it")]

    use crate::environment;

    const VARIABLE: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

    pub fn without_compositor() {
        // Somebody who has set it means it for the programs that we start as well.
        if std::env::var_os(VARIABLE).is_none() {
            environment::keep_to_ourselves(VARIABLE);
            // SAFETY: it is called at the begin of `main`, when there is no other thread.
            unsafe { std::env::set_var(VARIABLE, "1") };
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    pub fn without_compositor() {}
}
