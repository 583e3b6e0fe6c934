//! What a window shows from its first moment on, picture by picture.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};

/// One picture.
pub struct Frame {
    /// Since the first one.
    pub at: Duration,
    /// Its colours, as red, green and blue.
    pub pixels: Vec<[u8; 3]>,
}

impl Frame {
    /// How many colours there are: one in an empty window, many where there is text.
    pub fn colours(&self) -> usize {
        self.pixels.iter().collect::<HashSet<_>>().len()
    }

    /// The share of pixels of a colour, within a few steps of it.
    pub fn share_of(&self, colour: [u8; 3]) -> f64 {
        let near = |pixel: &&[u8; 3]| pixel.iter().zip(colour).all(|(one, other)| one.abs_diff(other) <= 4);
        #[expect(clippy::cast_precision_loss, reason = "a window has fewer pixels")]
        let share = self.pixels.iter().filter(near).count() as f64 / self.pixels.len() as f64;
        share
    }
}

/// Films a window for so long.
pub fn film(display: &str, window: &str, length: Duration) -> Vec<Frame> {
    let (x, _) = x11rb::connect(Some(display)).expect("the X server answers");
    let window = window.parse().expect("a window's number");
    let (begin, mut frames) = (Instant::now(), Vec::new());
    while begin.elapsed() < length {
        let size = x.get_geometry(window).expect("it is there").reply().expect("it is there");
        let whole = (0, 0, size.width, size.height);
        let image = x.get_image(ImageFormat::Z_PIXMAP, window, whole.0, whole.1, whole.2, whole.3, !0);
        // It may not be mapped yet.
        if let Ok(image) = image.expect("it is asked").reply() {
            let pixels = image.data.chunks_exact(4).map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
            frames.push(Frame { at: begin.elapsed(), pixels });
        }
    }
    frames
}
