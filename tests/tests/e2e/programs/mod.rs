//! The programs that people run as services, from the registries and as they are. `cargo xtask test` installs them.

mod contract_launchers;
mod documented;
mod known_failures;
mod own_ways;
pub(crate) mod postgresql;
pub(crate) mod web;
