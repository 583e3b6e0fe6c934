//! `skinai doctor`: what would stop it from working on this machine, a line each.

mod desktop;
mod finding;
mod machine;
mod report;

pub(crate) use report::doctor;
