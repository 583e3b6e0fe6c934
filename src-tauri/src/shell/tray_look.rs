//! The look of the icon, and the sentence that the desktop shows when one points at it.

use std::path::Path;

use tauri::image::Image;
use tauri::tray::TrayIcon;

use crate::view::Look;

/// The icon in the largest of its sizes.
pub fn image(look: Look) -> tauri::Result<Image<'static>> {
    Image::from_bytes(match look {
        Look::Starting => include_bytes!("../../../icons/tray/starting-64.png"),
        Look::Healthy => include_bytes!("../../../icons/tray/healthy-64.png"),
        Look::Attention => include_bytes!("../../../icons/tray/attention-64.png"),
        Look::Stopped => include_bytes!("../../../icons/tray/stopped-64.png"),
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

/// Shows this look and this sentence from now on.
///
/// # Errors
/// When the system refuses.
#[cfg(not(target_os = "linux"))]
pub fn show(icon: &TrayIcon, _folder: &Path, look: Look, sentence: &str) -> tauri::Result<()> {
    icon.set_icon(Some(image(look)?))?;
    icon.set_tooltip(Some(sentence))
}

/// On Linux an icon is named, and the desktop takes it in the size that it draws from a folder of
/// ours. So it is sharp, and changing it changes a name and writes no file.
#[cfg(target_os = "linux")]
mod linux {
    #![expect(unsafe_code, reason = "Tauri hands the system's icon out as a pointer only")]

    use super::{Look, Path, TrayIcon};

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
        let looks = [
            (Look::Starting, sizes!("starting")),
            (Look::Healthy, sizes!("healthy")),
            (Look::Attention, sizes!("attention")),
            (Look::Stopped, sizes!("stopped")),
        ];
        for (look, sizes) in looks {
            for (size, png) in sizes {
                let apps = folder.join(format!("hicolor/{size}x{size}/apps"));
                std::fs::create_dir_all(&apps)?;
                std::fs::write(apps.join(name(look)).with_extension("png"), png)?;
            }
        }
        Ok(())
    }

    fn name(look: Look) -> &'static str {
        match look {
            Look::Starting => "skin-ai-tray-starting",
            Look::Healthy => "skin-ai-tray-healthy",
            Look::Attention => "skin-ai-tray-attention",
            Look::Stopped => "skin-ai-tray-stopped",
        }
    }

    pub fn show(icon: &TrayIcon, folder: &Path, look: Look, sentence: &str) -> tauri::Result<()> {
        let (folder, sentence) = (folder.to_string_lossy().into_owned(), sentence.to_owned());
        icon.with_inner_tray_icon(move |icon| {
            // SAFETY: the pointer is valid as long as `icon` is, which outlives this closure. The
            // closure runs on the main thread, the only one that has the indicator, and no other
            // reference to it lives meanwhile. The calls write nothing of the Rust object; they
            // take its pointer to the GObject, which is made to be changed.
            let indicator = unsafe { &mut *icon.app_indicator().cast_mut() };
            indicator.set_icon_theme_path(&folder);
            indicator.set_icon_full(name(look), &sentence);
            indicator.set_title(&sentence);
        })
    }
}
