//! The outline of a spot: where it is, how large, how symmetric, how ragged.

mod mask;
mod segment;
mod shape;
mod trace;

pub use mask::Mask;
pub use segment::{CONTRAST_MIN, SpotError, difference, find_spot, is_mixed};
pub use shape::{Shape, measure_shape};
pub use trace::trace_outline;
