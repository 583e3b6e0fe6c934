//! From a photo and what the user marked in it to all numbers of a measurement.

mod area;
mod evenness;
mod light;
mod measurement;
mod quality_checks;
mod reasons;
mod sharpness;
mod spot;
mod surround;
mod target;
mod verdict;

pub use evenness::lightness_deviation;
pub use measurement::{REGION_SIDE_MIN, SCALE_PIXELS_MIN, SelectionError, measure};
pub use quality_checks::{CLIPPED_SHARE_MAX, LIGHT_CHANGE_MAX};
pub use sharpness::{BLUR_MAX, blur};
pub use target::REGION_PIXELS_MIN;
