//! What the tray shows, as plain data, made by one pure function from the state of the application.
//!
//! The tray itself (`shell/tray.rs`) only carries this out; what it shows is compared in tests here.

mod facts;
mod headline;
mod menu;
mod menu_action;
#[cfg(test)]
pub(crate) mod sample;
mod tray_view;

pub use facts::{AppPhase, Facts, StackFacts, TrayIconState};
pub use menu::{Item, same_structure};
pub use menu_action::{MenuAction, StackAction};
pub use tray_view::{TrayView, tray_view};
