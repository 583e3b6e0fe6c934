//! What the controller needs of the desktop.

use std::ffi::OsString;
use std::path::Path;

use super::{Notification, Question};
use crate::view::TrayView;

/// Takes whether something was opened: what the system said where it was not.
pub type Opened = Box<dyn FnOnce(Result<(), String>) + Send>;

/// The desktop, as the controller sees it. Everything returns at once; errors are what the
/// system said.
pub trait Desktop: Send + 'static {
    /// Shows this in the tray.
    fn show_tray(&self, view: TrayView);
    /// Shows the panel, in front of everything else.
    fn show_panel(&self);
    /// Opens an address, a folder or a file with the user's program for it.
    fn open(&self, what: OsString, told: Opened);
    /// Puts a text on the clipboard.
    ///
    /// # Errors
    /// Where there is none.
    fn copy(&self, text: &str) -> Result<(), String>;
    /// Shows a notification.
    fn notify(&self, notification: &Notification);
    /// Takes a notification away, where it is still there.
    fn withdraw(&self, id: i32);
    /// Whether the application starts when the user logs in.
    fn starts_at_login(&self) -> bool;
    /// Makes it so, or not.
    ///
    /// # Errors
    /// Where the system refuses.
    fn start_at_login(&self, on: bool) -> Result<(), String>;
    /// Lets the user choose a stack file, and sends [`Command::OpenStack`](super::Command::OpenStack) if one is chosen.
    /// Looks in that folder first, in the user's own where none is known.
    fn choose_stack_file(&self, title: &str, folder: Option<&Path>);
    /// Asks the user, and sends [`Command::Agreed`](super::Command::Agreed) if it shall be so.
    fn ask(&self, question: &Question);
    /// Ends the application. Nothing of the engine is left.
    fn exit(&self);
}
