//! Drawing the panel with the processor.
//!
//! The panel is a still page of text in a small window. With WebKitGTK's compositor each change of a number
//! goes through OpenGL, and where there is no graphics card, through one that LLVM makes up: more than
//! twice the time and 60 MB more, for the same picture. Where there is one, the panel would only wake it and
//! load its driver. So the page is always drawn into plain memory, whatever the machine has; and as
//! this is a setting of this one webview and no environment variable, no program that we start inherits it.

/// Has a webview drawn without the compositor. To be called before its page is first drawn.
pub use platform::without_compositor;

#[cfg(target_os = "linux")]
mod platform {
    use tauri::WebviewWindow;
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};

    pub fn without_compositor(window: &WebviewWindow) -> tauri::Result<()> {
        window.with_webview(|webview| {
            if let Some(settings) = webview.inner().settings() {
                settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
            }
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    pub fn without_compositor(_window: &tauri::WebviewWindow) -> tauri::Result<()> {
        Ok(())
    }
}
