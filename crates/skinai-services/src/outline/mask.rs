//! A set of pixels in a rectangle.

/// Which pixels belong to a spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    height: usize,
    bits: Vec<bool>,
}

impl Mask {
    /// The pixels for which `is_inside(x, y)` holds.
    pub fn from_fn(width: usize, height: usize, is_inside: impl Fn(usize, usize) -> bool) -> Self {
        let bits = (0..width * height).map(|i| is_inside(i % width, i / width)).collect();
        Self { width, height, bits }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Whether a pixel belongs to it; pixels outside the rectangle do not.
    pub fn has(&self, x: isize, y: isize) -> bool {
        let inside = |at: isize, size: usize| usize::try_from(at).ok().filter(|&at| at < size);
        match (inside(x, self.width), inside(y, self.height)) {
            (Some(x), Some(y)) => self.bits[y * self.width + x],
            _ => false,
        }
    }

    /// How many pixels belong to it.
    pub fn area(&self) -> usize {
        self.bits.iter().filter(|&&bit| bit).count()
    }

    /// The pixels that belong to it, row by row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.bits.iter().enumerate().filter(|(_, bit)| **bit).map(|(i, _)| (i % self.width, i / self.width))
    }

    /// The same, counted row by row.
    pub fn indices(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.bits.len()).filter(|&index| self.bits[index])
    }

    /// Whether a pixel, counted row by row, belongs to it.
    pub fn has_index(&self, index: usize) -> bool {
        self.bits[index]
    }

    /// The smallest rectangle that holds it: left, upper, width, height. `None` of nothing.
    pub fn bounds(&self) -> Option<(usize, usize, usize, usize)> {
        let (mut left, mut upper, mut right, mut lower) = (usize::MAX, usize::MAX, 0, 0);
        for (x, y) in self.iter() {
            (left, upper, right, lower) = (left.min(x), upper.min(y), right.max(x + 1), lower.max(y + 1));
        }
        (left < right).then(|| (left, upper, right - left, lower - upper))
    }

    /// Each pixel as most of its nine neighbours (itself included) are: single pixels of noise go.
    pub fn smoothed(&self) -> Self {
        Self::from_fn(self.width, self.height, |x, y| {
            let near = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dx, dy)));
            near.filter(|&(dx, dy)| self.has(x as isize + dx, y as isize + dy)).count() >= 5
        })
    }

    /// Its largest piece (pixels that touch, corners included), without holes.
    pub fn largest_piece(&self) -> Self {
        let largest = self.flood_all(true, 8).into_iter().max_by_key(Vec::len).unwrap_or_default();
        self.only(&largest).filled()
    }

    /// Its pieces (pixels that touch, corners included) of at least so many pixels, each without holes.
    pub fn pieces(&self, area_min: usize) -> Vec<Self> {
        let pieces = self.flood_all(true, 8).into_iter().filter(|piece| piece.len() >= area_min);
        pieces.map(|piece| self.only(&piece).filled()).collect()
    }

    /// The pixels that are also in `other`.
    pub fn and(&self, other: &Self) -> Self {
        self.with(other, |one, two| one && two)
    }

    /// The pixels that are in either.
    pub fn or(&self, other: &Self) -> Self {
        self.with(other, |one, two| one || two)
    }

    fn with(&self, other: &Self, both: impl Fn(bool, bool) -> bool) -> Self {
        let bits = self.bits.iter().zip(&other.bits).map(|(&one, &two)| both(one, two)).collect();
        Self { bits, ..*self }
    }

    /// Without what is at most `depth` pixels away from a pixel that does not belong to it. The rectangle's edge is
    /// none.
    pub fn eroded(&self, depth: f32) -> Self {
        let bits = self.distances(false).into_iter().map(|away| away > depth).collect();
        Self { bits, ..*self }
    }

    /// With what is at most `reach` pixels away.
    pub fn dilated(&self, reach: f32) -> Self {
        let bits = self.distances(true).into_iter().map(|away| away <= reach).collect();
        Self { bits, ..*self }
    }

    /// How far each pixel is from the nearest that belongs to the mask (or does not), row by row: pixels from centre
    /// to centre in eight directions (chamfer distance, Borgefors 1986).
    pub fn distances(&self, to: bool) -> Vec<f32> {
        const SLANTED: f32 = std::f32::consts::SQRT_2;
        const BEHIND: [(isize, isize, f32); 4] =
            [(-1, 0, 1.0), (0, -1, 1.0), (-1, -1, SLANTED), (1, -1, SLANTED)];
        let (width, height) = (self.width as isize, self.height as isize);
        let mut away: Vec<f32> =
            self.bits.iter().map(|&bit| if bit == to { 0.0 } else { f32::INFINITY }).collect();
        let mut pull = |index: usize, sign: isize| {
            let (x, y) = (index as isize % width, index as isize / width);
            for (dx, dy, length) in BEHIND {
                let (x, y) = (x + sign * dx, y + sign * dy);
                if (0..width).contains(&x) && (0..height).contains(&y) {
                    away[index] = away[index].min(away[(y * width + x) as usize] + length);
                }
            }
        };
        (0..self.bits.len()).for_each(|index| pull(index, 1));
        (0..self.bits.len()).rev().for_each(|index| pull(index, -1));
        away
    }

    fn filled(&self) -> Self {
        let mut filled = self.clone();
        for hole in self.flood_all(false, 4) {
            let at_edge = hole.iter().any(|&i| {
                let (x, y) = (i % self.width, i / self.width);
                x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height
            });
            if !at_edge {
                hole.into_iter().for_each(|i| filled.bits[i] = true);
            }
        }
        filled
    }

    fn only(&self, indices: &[usize]) -> Self {
        let mut bits = vec![false; self.bits.len()];
        indices.iter().for_each(|&i| bits[i] = true);
        Self { bits, ..*self }
    }

    /// All pieces of pixels that are `wanted`, with four or eight neighbours a pixel.
    fn flood_all(&self, wanted: bool, neighbours: usize) -> Vec<Vec<usize>> {
        const STEPS: [(isize, isize); 8] =
            [(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)];
        let mut seen: Vec<bool> = self.bits.iter().map(|&bit| bit != wanted).collect();
        let mut pieces = Vec::new();
        for start in 0..seen.len() {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let (mut piece, mut next) = (vec![start], 0);
            while let Some(&at) = piece.get(next) {
                next += 1;
                for &(dx, dy) in &STEPS[..neighbours] {
                    let (x, y) = ((at % self.width) as isize + dx, (at / self.width) as isize + dy);
                    if x < 0 || y < 0 || x >= self.width as isize || y >= self.height as isize {
                        continue;
                    }
                    let to = y as usize * self.width + x as usize;
                    if !std::mem::replace(&mut seen[to], true) {
                        piece.push(to);
                    }
                }
            }
            pieces.push(piece);
        }
        pieces
    }
}
