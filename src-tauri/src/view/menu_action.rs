//! What a click in the menu asks for.

use contract::Target;

/// What a click in the menu asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MenuAction {
    /// Open the service of that name in the browser.
    Open(String),
    /// Show the panel.
    ShowPanel,
    /// Restart a service, or all.
    Restart(Target),
    /// Give a service another port, or all.
    Reallocate(Target),
    /// Turn starting at login on or off.
    ToggleStartAtLogin,
    /// Open the folder with the logs.
    OpenLogFolder,
    /// Start another instance beside this one.
    NewInstance,
    /// End everything; a second time: at once.
    Quit,
}

impl MenuAction {
    /// The id of the menu item: a word, and the service's name after a colon.
    pub fn id(&self) -> String {
        let with = |word: &str, target: &Target| match &target.service {
            Some(service) => format!("{word}:{service}"),
            None => word.to_owned(),
        };
        match self {
            Self::Open(service) => format!("open:{service}"),
            Self::ShowPanel => "show-panel".to_owned(),
            Self::Restart(target) => with("restart", target),
            Self::Reallocate(target) => with("reallocate", target),
            Self::ToggleStartAtLogin => "start-at-login".to_owned(),
            Self::OpenLogFolder => "open-log-folder".to_owned(),
            Self::NewInstance => "new-instance".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    /// The action of the item with that id.
    pub fn from_id(id: &str) -> Option<Self> {
        let (word, service) = id.split_once(':').map_or((id, None), |(word, service)| (word, Some(service)));
        let target = || service.map_or(Target::ALL, Target::service);
        match (word, service) {
            ("open", Some(service)) => Some(Self::Open(service.to_owned())),
            ("restart", _) => Some(Self::Restart(target())),
            ("reallocate", _) => Some(Self::Reallocate(target())),
            ("show-panel", None) => Some(Self::ShowPanel),
            ("start-at-login", None) => Some(Self::ToggleStartAtLogin),
            ("open-log-folder", None) => Some(Self::OpenLogFolder),
            ("new-instance", None) => Some(Self::NewInstance),
            ("quit", None) => Some(Self::Quit),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_found_by_its_id() {
        let actions = [
            MenuAction::Open("ui".to_owned()),
            MenuAction::ShowPanel,
            MenuAction::Restart(Target::ALL),
            MenuAction::Restart(Target::service("ui")),
            MenuAction::Reallocate(Target::ALL),
            MenuAction::Reallocate(Target::service("a:b")),
            MenuAction::ToggleStartAtLogin,
            MenuAction::OpenLogFolder,
            MenuAction::NewInstance,
            MenuAction::Quit,
        ];
        for action in actions {
            assert_eq!(MenuAction::from_id(&action.id()), Some(action));
        }
        assert_eq!(MenuAction::from_id("headline"), None);
    }
}
