//! `cargo xtask bench desktop`: what the tray application costs, beside the smallest tray application that
//! Tauri makes, in the same run and the same desktop session.
//!
//! The session is the tests' own (D-Bus, X server, window manager, panel), the services are the real ones.
//! Of memory and of CPU time only what the launcher itself has counts: its processes, and with the panel
//! open those of the webview; the services have lines of their own. Figures are medians unless they say
//! otherwise. Memory is counted as the kernel's proportional set size: what processes share, libraries
//! first of all, is divided among those that share it, and so counted once.

mod idle;
mod launch;
mod memory;
mod run;
mod subject;

pub use run::{Part, run};

/// What this benchmark is told.
type Options = super::Options<Part>;
