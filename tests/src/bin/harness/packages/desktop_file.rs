//! A desktop file, read as the Desktop Entry Specification has it, as far as ours goes.

use std::collections::BTreeMap;

/// The groups of a desktop file and their keys.
pub struct DesktopFile {
    groups: BTreeMap<String, BTreeMap<String, String>>,
}

impl DesktopFile {
    /// Reads the text of a file that `desktop-file-validate` has nothing against.
    pub fn read(text: &str) -> Self {
        let mut groups: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut group = String::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                group = name.to_owned();
            } else if let Some((key, value)) = line.split_once('=') {
                groups.entry(group.clone()).or_default().insert(key.to_owned(), value.to_owned());
            }
        }
        Self { groups }
    }

    /// A key of the application itself.
    #[track_caller]
    pub fn value(&self, key: &str) -> &str {
        self.key("Desktop Entry", key)
    }

    /// The names of its actions.
    pub fn actions(&self) -> Vec<&str> {
        self.value("Actions").split_terminator(';').collect()
    }

    /// The words that an action runs.
    ///
    /// # Panics
    /// When there are quotes or field codes in it, which ours has none of.
    #[track_caller]
    pub fn action(&self, name: &str) -> Vec<&str> {
        let line = self.key(&format!("Desktop Action {name}"), "Exec");
        assert!(!line.contains(['"', '%', '\\']), "{line}");
        line.split(' ').collect()
    }

    #[track_caller]
    fn key(&self, group: &str, key: &str) -> &str {
        let value = self.groups.get(group).and_then(|group| group.get(key));
        value.unwrap_or_else(|| panic!("the desktop file has no {key} in [{group}]"))
    }
}
