//! The tray application: it shows the snapshots of the engine and sends it requests.
//!
//! Data flows one way. The [`controller`] owns all state; [`view`] turns it into what the tray
//! shows, as plain data; `shell` is the Tauri side: it carries out what the controller says and
//! holds nothing but a sender of requests to it.

pub mod args;
pub mod controller;
pub mod environment;
pub mod instance;
mod latencies;
pub mod settings;
mod shell;
pub mod text;
mod tray_host;
pub mod view;

pub use shell::{prepare, run};
