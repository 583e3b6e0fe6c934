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

    /// Whether it reaches the rectangle's edge.
    pub fn touches_edge(&self) -> bool {
        self.iter().any(|(x, y)| x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height)
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
        self.piece_with_most(|_, _| true)
    }

    /// Its piece (pixels that touch, corners included) with the most pixels for which `counts(x, y)` holds,
    /// without holes; empty where no piece has any.
    pub fn piece_with_most(&self, counts: impl Fn(usize, usize) -> bool) -> Self {
        let counted =
            |piece: &Vec<usize>| piece.iter().filter(|&&i| counts(i % self.width, i / self.width)).count();
        let pieces = self.flood_all(true, 8).into_iter().map(|piece| (counted(&piece), piece));
        let most = pieces.filter(|(count, _)| *count > 0).max_by_key(|(count, _)| *count);
        most.map_or_else(|| self.only(&[]), |(_, piece)| self.only(&piece).filled())
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
