//! How large the panel's page is beside the desktop's own size of text: set by keys, kept for the next window.

use std::path::PathBuf;

use serde::Deserialize;
use tauri::{Manager as _, WebviewWindow};
use ts_rs::TS;

const FACTOR_MIN: f64 = 0.5;
const FACTOR_MAX: f64 = 3.0;
const STEP: f64 = 0.1;

/// A step of the keys for it.
#[derive(Debug, Clone, Copy, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub enum Zoom {
    /// Larger.
    In,
    /// Smaller.
    Out,
    /// As large as usual.
    Reset,
}

/// The file that keeps it.
pub struct ZoomFile(pub PathBuf);

impl ZoomFile {
    fn read(&self) -> f64 {
        let kept = std::fs::read_to_string(&self.0).ok().and_then(|text| text.trim().parse().ok());
        kept.map_or(1.0, |factor: f64| factor.clamp(FACTOR_MIN, FACTOR_MAX))
    }
}

/// Enlarges a new window's page as it was the last time.
pub fn apply(window: &WebviewWindow) {
    set(window, window.state::<ZoomFile>().read());
}

/// Enlarges a window's page by a step, and keeps it so.
pub fn step(window: &WebviewWindow, zoom: Zoom) {
    let file = window.state::<ZoomFile>();
    let step = match zoom {
        Zoom::In => STEP,
        Zoom::Out => -STEP,
        Zoom::Reset => 1.0 - file.read(),
    };
    let factor = (((file.read() + step) / STEP).round() * STEP).clamp(FACTOR_MIN, FACTOR_MAX);
    set(window, factor);
    if let Err(error) = std::fs::write(&file.0, format!("{factor:.1}\n")) {
        tracing::warn!("the size of the panel's text is not kept: {error}");
    }
}

fn set(window: &WebviewWindow, factor: f64) {
    if let Err(error) = window.set_zoom(factor) {
        tracing::warn!("the panel's text cannot be enlarged: {error}");
    }
}
