//! What a window of a photo shows: skin, and what stands out from it.

use super::background::{Background, ColourAt, length, quantile};
use super::{Mask, Spot};
use crate::colour::{Linear, SkinColour, chroma_indices, lab_from_linear, median};
use crate::photo::Crop;
use crate::wire::{Lab, Region};

/// Where a spot lies is looked for in so many pixels at most; its outline is then drawn in all.
const PIXELS_MAX: usize = 48_000;
/// The radius of the median filter: what is thinner than three pixels is a hair, and noise of one step stays.
const SMOOTHING: usize = 3;
/// How broad the border is that is looked at for the skin's colour, as a share of the window's shorter side.
const BORDER: f64 = 0.08;
/// What differs from the skin by more than this many times as much as the skin does from itself (in the median, after
/// smoothing) stands out ...
const SPREADS: f64 = 3.0;
/// ... and by more than this ΔE\*ab.
const CONTRAST_MIN: f64 = 1.8;
/// A spot is clear from this many times the former on, in the median over it: less is a face's own light and shade.
const CLEAR_TIMES: f64 = 1.5;
/// What is as thin as twice this many pixels, after smoothing, is no spot.
const OPENING: f32 = 1.0;
/// A piece of fewer smoothed pixels is no spot.
const AREA_MIN: usize = 16;
/// How often a spot's level is set anew after the pixels that it led to.
const ROUNDS: usize = 4;
/// The outline is drawn anew so many smoothed pixels to both sides.
const BAND: f32 = 2.0;

/// A window of a photo in which most of the border is skin.
pub struct Scene {
    /// The window, smoothed.
    pub crop: Crop,
    background: Background,
    /// How each pixel differs from the skin.
    off: Vec<[f64; 3]>,
    threshold: f64,
}

/// A piece of a scene that stands out from the skin.
pub struct Piece {
    /// Its pixels in the smoothed window.
    pub mask: Mask,
    /// How many more pixels of the region stand out, in the next largest piece.
    pub second: usize,
    /// How far it is off the skin (ΔE\*ab), in the median.
    pub contrast: f64,
    /// From how far off the skin a pixel belongs to it.
    level: f64,
}

impl Scene {
    /// Looks at a window. `None` where its border is not of one colour, or not of one that skin can have.
    pub fn look(window: &Crop) -> Option<Self> {
        let mut crop = window.reduced(PIXELS_MAX);
        crop.pixels = median_filtered(&crop.pixels, crop.width, SMOOTHING);
        let labs: Vec<Lab> = crop.pixels.iter().map(|&pixel| lab_from_linear(pixel)).collect();
        let broad = ((crop.width.min(crop.height) as f64 * BORDER) as usize).max(2);
        let on_border = |&i: &usize| {
            let (x, y) = (i % crop.width, i / crop.width);
            x < broad || y < broad || x + broad >= crop.width || y + broad >= crop.height
        };
        let border: Vec<ColourAt> =
            (0..labs.len()).filter(on_border).map(|i| (crop.centre(i), labs[i])).collect();
        let background = Background::fit(&border)?;
        let off = labs.iter().enumerate().map(|(i, &lab)| background.off(crop.centre(i), lab)).collect();
        let threshold = (SPREADS * background.spread).max(CONTRAST_MIN);
        let is_skin = |&i: &usize| length(background.off(crop.centre(i), labs[i])) <= threshold;
        let skin: Vec<Linear> =
            (0..labs.len()).filter(on_border).filter(is_skin).map(|i| crop.pixels[i]).collect();
        if SkinColour::of(chroma_indices(&skin)?) == SkinColour::NotSkin {
            return None;
        }
        Some(Self { crop, background, off, threshold })
    }

    /// All that stands out from the skin.
    pub fn standing_out(&self) -> Mask {
        self.beyond(self.threshold)
    }

    /// The piece in which the middle of the region lies, or else the one with the most pixels in it.
    pub fn piece_in(&self, region: Region) -> Option<Piece> {
        let inside: Vec<bool> = (0..self.off.len()).map(|i| region.contains(self.crop.centre(i))).collect();
        let middle = self.crop.index_at(region.middle());
        let counted =
            |piece: &Mask, among: &dyn Fn(usize) -> bool| piece.indices().filter(|&i| among(i)).count();
        let mut pieces: Vec<(usize, Mask)> = self
            .standing_out()
            .pieces(AREA_MIN)
            .into_iter()
            .map(|piece| (counted(&piece, &|i| inside[i]), piece))
            .filter(|(count, _)| *count > 0)
            .collect();
        pieces.sort_by_key(|(count, piece)| std::cmp::Reverse((piece.has_index(middle), *count)));
        let second = pieces.get(1).map_or(0, |(count, _)| *count);
        let (_, first) = pieces.into_iter().next()?;
        let mut found = Piece { mask: first, second, contrast: 0.0, level: self.threshold };
        // Half of what the lesser quarter of it differs by: the middle of the edge, also of a spot with a dark core.
        for _ in 0..ROUNDS {
            let quarter = quantile(found.mask.indices().map(|i| length(self.off[i])).collect(), 0.25)?;
            let level = (quarter / 2.0).max(self.threshold);
            let before = &found.mask;
            let mask = self.beyond(level).pieces(AREA_MIN).into_iter().max_by_key(|piece| {
                (
                    piece.has_index(middle) && before.has_index(middle),
                    counted(piece, &|i| before.has_index(i)),
                )
            })?;
            found = Piece { mask, level, ..found };
        }
        found.contrast = quantile(found.mask.indices().map(|i| length(self.off[i])).collect(), 0.5)?;
        if found.contrast < CLEAR_TIMES * SPREADS * self.background.spread {
            return None;
        }
        Some(found)
    }

    /// The piece in all pixels of the window.
    pub fn outlined(&self, window: &Crop, piece: &Piece) -> Spot {
        let over = |channel: usize| {
            quantile(piece.mask.indices().map(|i| self.off[i][channel]).collect(), 0.5).unwrap_or_default()
        };
        let towards = [over(0), over(1), over(2)];
        let far = length(towards).max(f64::EPSILON);
        let along = |off: [f64; 3]| (0..3).map(|c| off[c] * towards[c] / far).sum::<f64>();
        let quarter = quantile(piece.mask.indices().map(|i| along(self.off[i])).collect(), 0.25);
        let level = quarter.map_or(piece.level, |quarter| quarter / 2.0) as f32;
        let (surely, perhaps) = (piece.mask.eroded(BAND), piece.mask.dilated(BAND));
        let mut strengths = vec![0.0; window.pixels.len()];
        let mut residues = strengths.clone();
        for index in 0..window.pixels.len() {
            let place = window.centre(index);
            let cell = self.crop.index_at(place);
            if perhaps.has_index(cell) {
                let off = self.background.off(place, lab_from_linear(window.pixels[index]));
                strengths[index] = along(off) as f32;
                residues[index] = length([0, 1, 2].map(|c| off[c] - self.off[cell][c])) as f32;
            }
        }
        let mask = Mask::from_fn(window.width, window.height, |x, y| {
            let cell = self.crop.index_at(window.centre(y * window.width + x));
            surely.has_index(cell)
                || perhaps.has_index(cell) && mean_about(&strengths, window.width, x, y) > level
        });
        Spot { mask: mask.smoothed().largest_piece(), strengths, residues }
    }

    fn beyond(&self, level: f64) -> Mask {
        let (width, height) = (self.crop.width, self.crop.height);
        let raw = Mask::from_fn(width, height, |x, y| length(self.off[y * width + x]) > level);
        raw.eroded(OPENING).dilated(OPENING)
    }
}

/// The mean of the nine values about a place.
fn mean_about(values: &[f32], width: usize, x: usize, y: usize) -> f32 {
    let rows = y.saturating_sub(1)..(y + 2).min(values.len() / width);
    let columns = x.saturating_sub(1)..(x + 2).min(width);
    let count = (rows.len() * columns.len()) as f32;
    rows.flat_map(|row| values[row * width + columns.start..row * width + columns.end].iter()).sum::<f32>()
        / count
}

/// A median filter: noise and what is thin (a hair) go, edges stay where they are. Each pixel becomes the median of
/// those at most `radius` away across, and then down, each channel by itself. What is thinner than `radius` pixels goes.
fn median_filtered(pixels: &[Linear], width: usize, radius: usize) -> Vec<Linear> {
    let height = pixels.len() / width.max(1);
    let mut filtered = pixels.to_vec();
    for row in 0..height {
        filter_line(&mut filtered, row * width, 1, width, radius);
    }
    for column in 0..width {
        filter_line(&mut filtered, column, width, height, radius);
    }
    filtered
}

/// A line of `count` pixels, `stride` apart.
fn filter_line(pixels: &mut [Linear], start: usize, stride: usize, count: usize, radius: usize) {
    let line: Vec<Linear> = (0..count).map(|i| pixels[start + i * stride]).collect();
    let mut near = Vec::with_capacity(2 * radius + 1);
    for i in 0..count {
        let window = &line[i.saturating_sub(radius)..(i + radius + 1).min(count)];
        pixels[start + i * stride] = [0, 1, 2].map(|channel| {
            near.clear();
            near.extend(window.iter().map(|pixel| pixel[channel]));
            median(&mut near).unwrap_or(line[i][channel])
        });
    }
}
