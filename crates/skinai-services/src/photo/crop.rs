//! A rectangle of a photo in linear sRGB, made smaller where it has more pixels than are needed.

use std::sync::LazyLock;

use super::DecodedPhoto;
use crate::colour::{self, Gains, Linear};
use crate::wire::Region;

/// A larger rectangle is averaged down to at most so many pixels; medians and outlines do not gain
/// from more.
pub const PIXELS_MAX: u64 = 1_000_000;

/// Linear light of each 16-bit sRGB value.
static DECODE: LazyLock<Vec<f32>> =
    LazyLock::new(|| (0..=u16::MAX).map(|v| colour::decode(f64::from(v) / 65535.0) as f32).collect());

/// A rectangle of a photo.
pub struct Crop {
    /// Where it lies in the photo.
    pub region: Region,
    /// The side of a crop pixel in photo pixels; 1 unless the rectangle is large.
    pub step: u32,
    /// Crop pixels across.
    pub width: usize,
    /// Crop pixels down.
    pub height: usize,
    /// Row by row.
    pub pixels: Vec<Linear>,
    /// Row by row: whether a channel was burnt out or drowned in black as the camera stored it.
    pub clipped: Vec<bool>,
}

impl Crop {
    /// Takes a rectangle, which must lie inside the photo, and applies the card's gains to it.
    pub fn take(photo: &DecodedPhoto, region: Region, gains: Gains) -> Self {
        let step = step_for(region);
        let (width, height) = (region.width / step, region.height / step);
        let mut pixels = Vec::with_capacity((width * height) as usize);
        let mut clipped = Vec::with_capacity(pixels.capacity());
        for row in 0..height {
            let strip = Region { y: region.y + row * step, width: width * step, height: step, ..region };
            let (light, burnt) = strip_of(photo, strip);
            for column in 0..width {
                let (mut sum, mut any_clipped) = ([0.0f32; 3], false);
                for (dy, dx) in (0..step).flat_map(|dy| (0..step).map(move |dx| (dy, dx))) {
                    let at = (dy * strip.width + column * step + dx) as usize;
                    any_clipped |= burnt[at];
                    (0..3).for_each(|c| sum[c] += light[at][c]);
                }
                let area = (step * step) as f32;
                pixels.push(gains.apply(sum.map(|channel| channel / area)));
                clipped.push(any_clipped);
            }
        }
        Self { region, step, width: width as usize, height: height as usize, pixels, clipped }
    }

    /// The same averaged down to at most so many pixels.
    pub fn reduced(&self, pixels_max: usize) -> Self {
        let by = ((self.pixels.len() as f64 / pixels_max as f64).sqrt().ceil() as usize)
            .clamp(1, self.width.min(self.height).max(1));
        let (width, height) = (self.width / by, self.height / by);
        let block = |index: usize| {
            let (x, y) = (index % width * by, index / width * by);
            (0..by * by).map(move |i| (y + i / by) * self.width + x + i % by)
        };
        let mean = |index: usize| {
            let sum = block(index).fold([0.0f32; 3], |sum, i| [0, 1, 2].map(|c| sum[c] + self.pixels[i][c]));
            sum.map(|channel| channel / (by * by) as f32)
        };
        Self {
            region: self.region,
            step: self.step * by as u32,
            width,
            height,
            pixels: (0..width * height).map(mean).collect(),
            clipped: (0..width * height).map(|index| block(index).any(|i| self.clipped[i])).collect(),
        }
    }

    /// A rectangle of it, in its own pixels.
    pub fn part(&self, left: usize, upper: usize, width: usize, height: usize) -> Self {
        let indices = || (0..width * height).map(|i| (upper + i / width) * self.width + left + i % width);
        Self {
            region: Region {
                x: self.region.x + left as u32 * self.step,
                y: self.region.y + upper as u32 * self.step,
                width: width as u32 * self.step,
                height: height as u32 * self.step,
            },
            step: self.step,
            width,
            height,
            pixels: indices().map(|i| self.pixels[i]).collect(),
            clipped: indices().map(|i| self.clipped[i]).collect(),
        }
    }

    /// Which pixel a point of the photo lies in; the nearest where it lies outside.
    pub fn index_at(&self, (x, y): (f64, f64)) -> usize {
        let along = |at: f64, origin: u32, count: usize| {
            let cell = (at - f64::from(origin)) / f64::from(self.step);
            (cell.max(0.0) as usize).min(count - 1)
        };
        along(y, self.region.y, self.height) * self.width + along(x, self.region.x, self.width)
    }

    /// The centre of a pixel, in pixels of the photo.
    pub fn centre(&self, index: usize) -> (f64, f64) {
        let along = |origin: u32, n: usize| f64::from(origin) + (n as f64 + 0.5) * f64::from(self.step);
        (along(self.region.x, index % self.width), along(self.region.y, index / self.width))
    }
}

fn step_for(region: Region) -> u32 {
    let pixels = u64::from(region.width) * u64::from(region.height);
    let wanted = (pixels as f64 / PIXELS_MAX as f64).sqrt().ceil().max(1.0) as u32;
    wanted.min(region.width.min(region.height)).max(1)
}

/// A strip in linear light, and which of its pixels are clipped.
fn strip_of(photo: &DecodedPhoto, strip: Region) -> (Vec<Linear>, Vec<bool>) {
    let rgb = photo.pixels.crop_imm(strip.x, strip.y, strip.width, strip.height).into_rgb16();
    let mut encoded = rgb.into_raw();
    // 254 and 1 in 8 bits: cameras and packers leave burnt areas a step off the end.
    let clipped = encoded
        .as_chunks::<3>()
        .0
        .iter()
        .map(|pixel| pixel.iter().any(|&channel| !(258..254 * 257).contains(&channel)))
        .collect();
    photo.profile.apply(&mut encoded);
    let light =
        encoded.as_chunks::<3>().0.iter().map(|p| p.map(|channel| DECODE[usize::from(channel)])).collect();
    (light, clipped)
}
