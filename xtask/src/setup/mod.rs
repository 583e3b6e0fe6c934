//! What has to be on the machine, and how it gets there.
//!
//! System packages come by apt ([`packages`]); Node.js, cargo-nextest and cargo-deny go into the build
//! folder. Only what is missing is installed, and each is named before it is. Nothing is asked.

mod packages;
mod rust;
mod steps;

pub use packages::can_install_our_own;
#[cfg(unix)]
pub use rust::MACOS_TARGET;
pub use rust::{WINDOWS_TARGET, rust_target};
pub use steps::{for_build, for_bundle, for_test, for_windows_bundle, for_wine};
