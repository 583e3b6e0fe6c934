//! `cargo xtask chaos`: random but reproducible harm to real processes.
//!
//! The run is a row of episodes. Each launches a stack of fixtures, does [`faults`] to it while
//! [`invariants`] are checked all along, lets it recover, and ends it in one of the ways in which a
//! launcher ends. The seed and the number of an episode decide what happens in it, and both are printed.

mod episode;
mod faults;
mod invariants;
mod run;

pub use run::{Options, run};
