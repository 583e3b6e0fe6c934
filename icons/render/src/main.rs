//! Draws the icons from their SVG sources: `cargo run --manifest-path icons/render/Cargo.toml`.
//!
//! Writes `icons/tray/LOOK-SIZE.png`, `icons/app/SIZExSIZE.png`, `icons/app/icon.ico` and
//! `icons/app/icon.icns`. What it writes is committed, so that nobody needs it to build.

use std::{error::Error, fs, fs::File, io::BufWriter, path::Path};

use resvg::{tiny_skia, usvg};

const TRAY_LOOKS: [&str; 4] = ["starting", "healthy", "attention", "stopped"];
const TRAY_SIZES_PX: [u32; 6] = [16, 22, 24, 32, 48, 64];
const APP_SIZES_PX: [u32; 9] = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
const ICO_SIZES_PX: [u32; 6] = [16, 24, 32, 48, 64, 256];
const ICNS_SIZES_PX: [u32; 6] = [16, 32, 64, 128, 256, 512];

fn main() -> Result<(), Box<dyn Error>> {
    let icons = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no folder above")?;
    for look in TRAY_LOOKS {
        let drawing = read(&icons.join(format!("tray/{look}.svg")))?;
        for size_px in TRAY_SIZES_PX {
            draw(&drawing, size_px)?.save_png(icons.join(format!("tray/{look}-{size_px}.png")))?;
        }
    }
    let drawing = read(&icons.join("app/icon.svg"))?;
    for size_px in APP_SIZES_PX {
        draw(&drawing, size_px)?.save_png(icons.join(format!("app/{size_px}x{size_px}.png")))?;
    }
    write_ico(&drawing, &icons.join("app/icon.ico"))?;
    write_icns(&drawing, &icons.join("app/icon.icns"))
}

fn read(path: &Path) -> Result<usvg::Tree, Box<dyn Error>> {
    Ok(usvg::Tree::from_data(&fs::read(path)?, &usvg::Options::default())?)
}

fn draw(drawing: &usvg::Tree, size_px: u32) -> Result<tiny_skia::Pixmap, Box<dyn Error>> {
    let mut pixmap = tiny_skia::Pixmap::new(size_px, size_px).ok_or("an icon of no size")?;
    let scale = size_px as f32 / drawing.size().width();
    resvg::render(drawing, tiny_skia::Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Ok(pixmap)
}

/// RGBA with straight alpha, as icon files have it.
fn straight(pixmap: tiny_skia::Pixmap) -> Vec<u8> {
    pixmap
        .pixels()
        .iter()
        .flat_map(|pixel| {
            let colour = pixel.demultiply();
            [colour.red(), colour.green(), colour.blue(), colour.alpha()]
        })
        .collect()
}

fn write_ico(drawing: &usvg::Tree, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut directory = ico::IconDir::new(ico::ResourceType::Icon);
    for size_px in ICO_SIZES_PX {
        let image = ico::IconImage::from_rgba_data(size_px, size_px, straight(draw(drawing, size_px)?));
        directory.add_entry(ico::IconDirEntry::encode(&image)?);
    }
    Ok(directory.write(BufWriter::new(File::create(path)?))?)
}

fn write_icns(drawing: &usvg::Tree, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut family = icns::IconFamily::new();
    for size_px in ICNS_SIZES_PX {
        let pixels = straight(draw(drawing, size_px)?);
        family.add_icon(&icns::Image::from_data(icns::PixelFormat::RGBA, size_px, size_px, pixels)?)?;
    }
    Ok(family.write(BufWriter::new(File::create(path)?))?)
}
