//! `harness packages deb FILE` and `harness packages rpm FILE`: a package as a person installs it.
//!
//! The .deb is really installed, which changes the whole machine: two runs never overlap, and what was
//! installed is purged however the run ends. To that end the work is done by a second process, and the
//! first, which nothing but SIGKILL ends, cleans up after it. What a killed one left, the next replaces: the
//! version of such a package says that it is the tests'. A package of somebody's own is never touched.

mod deb;
mod desktop_file;
mod machine;
mod rpm;
mod run;
mod session;

pub use run::{Options, run};
