//! `cargo xtask bench launch`: what launching, restarting, crashing and idling cost, next to a bare start of
//! the same programs in the same run.
//!
//! Every service is the fixture, but for those of the example in Python. A *bare start* is what a parent does that only binds the sockets, hands
//! them over and starts the programs ([`baseline`]). Rounds of the two take turns, so that a busy machine is
//! as bad for one as for the other; figures are medians unless they say otherwise.

mod baseline;
mod crash;
mod idle;
mod python;
mod restart;
mod run;
mod start;
mod stream;

pub use baseline::Baseline;
pub use run::{Part, run};

/// What this benchmark is told.
type Options = super::Options<Part>;
