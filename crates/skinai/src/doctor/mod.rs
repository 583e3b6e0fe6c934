//! `skinai doctor`: what would stop it from working on this machine, a line each.

mod desktop;
mod machine;
mod report;

pub(crate) use report::doctor;
