//! The icon, and the sentence that the desktop shows when one points at it.

use std::path::Path;

use tauri::image::Image;
use tauri::tray::TrayIcon;

use crate::view::TrayIconState;

/// The icon in the largest of its sizes.
pub fn image(state: TrayIconState) -> tauri::Result<Image<'static>> {
    Image::from_bytes(match state {
        TrayIconState::Starting => include_bytes!("../../../icons/tray/starting-64.png"),
        TrayIconState::Healthy => include_bytes!("../../../icons/tray/healthy-64.png"),
        TrayIconState::Attention => include_bytes!("../../../icons/tray/attention-64.png"),
        TrayIconState::Stopped => include_bytes!("../../../icons/tray/stopped-64.png"),
    })
}

#[cfg(target_os = "linux")]
pub use linux::{prepare, show};

/// Makes ready what [`show`] needs.
///
/// # Errors
/// Where a file cannot be written.
#[cfg(not(target_os = "linux"))]
pub fn prepare(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Shows this icon and this sentence from now on.
///
/// # Errors
/// When the system refuses.
#[cfg(not(target_os = "linux"))]
pub fn show(icon: &TrayIcon, _folder: &Path, state: TrayIconState, sentence: &str) -> tauri::Result<()> {
    icon.set_icon(Some(image(state)?))?;
    icon.set_tooltip(Some(sentence))
}

/// On Linux an icon is named, and the desktop takes it in the size that it draws from a folder of
/// ours. So it is sharp, and changing it changes a name and writes no file.
#[cfg(target_os = "linux")]
mod linux {
    #![expect(unsafe_code, reason = "Tauri hands the system's icon out as a pointer only")]

    use std::fmt::Write as _;

    use super::{Path, TrayIcon, TrayIconState};

    macro_rules! sizes {
        ($name:literal) => {
            [
                (16, include_bytes!(concat!("../../../icons/tray/", $name, "-16.png")) as &[u8]),
                (22, include_bytes!(concat!("../../../icons/tray/", $name, "-22.png"))),
                (24, include_bytes!(concat!("../../../icons/tray/", $name, "-24.png"))),
                (32, include_bytes!(concat!("../../../icons/tray/", $name, "-32.png"))),
                (48, include_bytes!(concat!("../../../icons/tray/", $name, "-48.png"))),
                (64, include_bytes!(concat!("../../../icons/tray/", $name, "-64.png"))),
            ]
        };
    }

    /// Writes the icons, each in its sizes, as an icon theme has them.
    pub fn prepare(folder: &Path) -> std::io::Result<()> {
        let states = [
            (TrayIconState::Starting, sizes!("starting")),
            (TrayIconState::Healthy, sizes!("healthy")),
            (TrayIconState::Attention, sizes!("attention")),
            (TrayIconState::Stopped, sizes!("stopped")),
        ];
        for (state, sizes) in states {
            for (size, png) in sizes {
                let apps = folder.join(format!("hicolor/{size}x{size}/apps"));
                std::fs::create_dir_all(&apps)?;
                std::fs::write(apps.join(name(state)).with_extension("png"), png)?;
            }
        }
        // Some hosts look for icons in this folder alone, where nothing else says what lies in it.
        let sizes = ["16", "22", "24", "32", "48", "64"];
        let folders = sizes.map(|size| format!("{size}x{size}/apps"));
        let mut index = format!("[Icon Theme]\nName=hicolor\nComment=\nDirectories={}\n", folders.join(","));
        for (folder, size) in folders.iter().zip(sizes) {
            // Writing to a string cannot fail.
            let _ = write!(index, "\n[{folder}]\nSize={size}\nType=Fixed\n");
        }
        std::fs::write(folder.join("hicolor/index.theme"), index)
    }

    fn name(state: TrayIconState) -> &'static str {
        match state {
            TrayIconState::Starting => "skin-ai-tray-starting",
            TrayIconState::Healthy => "skin-ai-tray-healthy",
            TrayIconState::Attention => "skin-ai-tray-attention",
            TrayIconState::Stopped => "skin-ai-tray-stopped",
        }
    }

    pub fn show(icon: &TrayIcon, folder: &Path, state: TrayIconState, sentence: &str) -> tauri::Result<()> {
        let (folder, sentence) = (folder.to_string_lossy().into_owned(), sentence.to_owned());
        icon.with_inner_tray_icon(move |icon| {
            // SAFETY: the pointer is valid as long as `icon` is, which outlives this closure. The
            // closure runs on the main thread, the only one that has the indicator, and no other
            // reference to it lives meanwhile. The calls write nothing of the Rust object; they
            // take its pointer to the GObject, which is made to be changed.
            let indicator = unsafe { &mut *icon.app_indicator().cast_mut() };
            indicator.set_icon_theme_path(&folder);
            indicator.set_icon_full(name(state), &sentence);
            indicator.set_title(&sentence);
        })
    }
}
