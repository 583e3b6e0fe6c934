//! The settings themselves, and what is said of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::PortSettings;
use serde::{Deserialize, Serialize};
use stackfile::OnConflict;
use ts_rs::TS;

/// What to do when somebody else takes a port whose address was already published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub enum WhenTaken {
    /// Wait for the user to re-allocate.
    #[default]
    Ask,
    /// Take another port at once.
    Move,
}

/// What the user can set. Everything has a usual value, so a file need not name everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct Settings {
    /// Where to look for ports, `A-B`, both included; empty: as the stack file says.
    pub range: String,
    /// What to do when a published port is lost.
    pub on_conflict: WhenTaken,
    /// Whether the application starts when the user logs in.
    pub start_at_login: bool,
    /// Whether the User UI is opened in the browser when it is healthy after a launch.
    pub open_on_launch: bool,
    /// Whether the panel shows services in trouble before the others.
    pub trouble_first: bool,
    /// Another stack file than the usual one.
    pub stack_file: Option<PathBuf>,
    /// Ports set by hand, by the name of the service. Wider than a port, so that a wrong number
    /// can be talked about.
    #[ts(type = "Record<string, number>")]
    pub fixed_ports: BTreeMap<String, i64>,
    /// Stack files that were opened beside the application's own, newest first.
    pub recent_stacks: Vec<PathBuf>,
    /// Stack files that are launched with the application when it starts at login.
    pub stacks_at_login: Vec<PathBuf>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct SettingsProblem {
    /// The field: `range`, `fixed_ports.NAME` or `stack_file`.
    pub field: String,
    /// One sentence that says what would be right.
    pub message: String,
    /// Whether nothing is saved before it is right.
    pub blocks: bool,
}

/// What came of saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct Saved {
    /// Whether something takes effect only at the next launch.
    pub restart_needed: bool,
}

impl Settings {
    /// What the engine is told of ports. What is not right is left out; [`check`](super::check()) names it.
    pub fn ports(&self) -> PortSettings {
        PortSettings {
            range: self.range.trim().parse().ok(),
            fixed: self
                .fixed_ports
                .iter()
                .filter_map(|(name, port)| {
                    Some((name.clone(), u16::try_from(*port).ok().filter(|port| *port != 0)?))
                })
                .collect(),
        }
    }

    /// What the engine does when a published port is lost.
    pub fn on_conflict(&self) -> OnConflict {
        match self.on_conflict {
            WhenTaken::Ask => OnConflict::Ask,
            WhenTaken::Move => OnConflict::Move,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_gets_the_range_and_the_fixed_ports() {
        let settings = Settings {
            range: " 8100-8200 ".to_owned(),
            fixed_ports: [("ui".to_owned(), 8150), ("admin".to_owned(), 0), ("backend".to_owned(), 70_000)]
                .into(),
            ..Settings::default()
        };
        let ports = settings.ports();
        assert_eq!(ports.range.map(|range| range.to_string()).as_deref(), Some("8100-8200"));
        assert_eq!(ports.fixed, [("ui".to_owned(), 8150)].into());
    }

    #[test]
    fn an_empty_range_means_the_one_of_the_stack_file() {
        assert_eq!(Settings::default().ports().range, None);
    }
}
