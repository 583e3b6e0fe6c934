//! What the user can set, in the panel or by hand: `settings.toml` in the program's config folder.

mod check;
mod file;
mod types;

pub use check::{StackServices, check};
pub use file::{Loaded, SettingsFile};
pub use types::{Saved, Settings, SettingsProblem, WhenTaken};
