//! The outline of a spot: where it is, how large, how symmetric, how ragged.

mod background;
mod mask;
mod mixed;
mod scene;
mod shape;
mod spot;
mod trace;

pub use mask::Mask;
pub use mixed::is_mixed;
pub use scene::{Piece, Scene};
pub use shape::{Shape, measure_shape};
pub use spot::Spot;
pub use trace::trace_outline;
