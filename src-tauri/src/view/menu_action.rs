//! What a click in the menu asks for.

use std::path::PathBuf;

use contract::Target;

/// What a click in the menu asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MenuAction {
    /// Something of the stack of that instance.
    Stack(String, StackAction),
    /// Show the panel.
    ShowPanel,
    /// Choose a stack file, and launch it.
    OpenStack,
    /// Launch that stack file again.
    OpenRecent(PathBuf),
    /// Turn starting at login on or off.
    ToggleStartAtLogin,
    /// Launch the usual stack once more.
    NewInstance,
    /// End everything; a second time: at once.
    Quit,
}

/// What a click asks of one stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackAction {
    /// Show it in the panel.
    Show,
    /// Open the service of that name in the browser.
    Open(String),
    /// Start a service, or all that do not run.
    Start(Target),
    /// Stop a service, or all, and keep the launcher.
    Stop(Target),
    /// Restart a service, or all.
    Restart(Target),
    /// Give a service another port, or all.
    Reallocate(Target),
    /// Turn launching it with the application at login on or off.
    ToggleAtLogin,
    /// Open the folder with the logs.
    OpenLogFolder,
    /// Stop all its services, and its launcher.
    End,
}

/// What stands before the path of a stack file; no instance can be called that.
const RECENT: &str = "open-recent:";

impl MenuAction {
    /// What shows that which this is done to.
    pub fn to_look(&self) -> Self {
        match self {
            Self::Stack(instance, _) => Self::Stack(instance.clone(), StackAction::Show),
            _ => Self::ShowPanel,
        }
    }

    /// The id of the menu item: a word. One of a stack has the name of the instance and a slash before it, and the
    /// name of a service after a colon.
    pub fn id(&self) -> String {
        match self {
            Self::Stack(instance, action) => format!("{instance}/{}", action.id()),
            Self::OpenRecent(file) => format!("{RECENT}{}", file.display()),
            Self::ShowPanel => "show-panel".to_owned(),
            Self::OpenStack => "open-stack".to_owned(),
            Self::ToggleStartAtLogin => "start-at-login".to_owned(),
            Self::NewInstance => "new-instance".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    /// The action of the item with that id.
    pub fn from_id(id: &str) -> Option<Self> {
        if let Some(file) = id.strip_prefix(RECENT) {
            return Some(Self::OpenRecent(file.into()));
        }
        if let Some((instance, action)) = id.split_once('/') {
            return Some(Self::Stack(instance.to_owned(), StackAction::from_id(action)?));
        }
        match id {
            "show-panel" => Some(Self::ShowPanel),
            "open-stack" => Some(Self::OpenStack),
            "start-at-login" => Some(Self::ToggleStartAtLogin),
            "new-instance" => Some(Self::NewInstance),
            "quit" => Some(Self::Quit),
            _ => None,
        }
    }
}

impl StackAction {
    fn id(&self) -> String {
        let with = |word: &str, target: &Target| match &target.service {
            Some(service) => format!("{word}:{service}"),
            None => word.to_owned(),
        };
        match self {
            Self::Show => "show".to_owned(),
            Self::Open(service) => format!("open:{service}"),
            Self::Start(target) => with("start", target),
            Self::Stop(target) => with("stop", target),
            Self::Restart(target) => with("restart", target),
            Self::Reallocate(target) => with("reallocate", target),
            Self::ToggleAtLogin => "at-login".to_owned(),
            Self::OpenLogFolder => "open-log-folder".to_owned(),
            Self::End => "end".to_owned(),
        }
    }

    fn from_id(id: &str) -> Option<Self> {
        let (word, service) = id.split_once(':').map_or((id, None), |(word, service)| (word, Some(service)));
        let target = || service.map_or(Target::ALL, Target::service);
        match (word, service) {
            ("show", None) => Some(Self::Show),
            ("open", Some(service)) => Some(Self::Open(service.to_owned())),
            ("start", _) => Some(Self::Start(target())),
            ("stop", _) => Some(Self::Stop(target())),
            ("restart", _) => Some(Self::Restart(target())),
            ("reallocate", _) => Some(Self::Reallocate(target())),
            ("at-login", None) => Some(Self::ToggleAtLogin),
            ("open-log-folder", None) => Some(Self::OpenLogFolder),
            ("end", None) => Some(Self::End),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_found_by_its_id() {
        let of_a_stack = [
            StackAction::Show,
            StackAction::Open("ui".to_owned()),
            StackAction::Start(Target::service("ui")),
            StackAction::Stop(Target::ALL),
            StackAction::Restart(Target::ALL),
            StackAction::Restart(Target::service("ui")),
            StackAction::Reallocate(Target::ALL),
            StackAction::Reallocate(Target::service("a:b")),
            StackAction::ToggleAtLogin,
            StackAction::OpenLogFolder,
            StackAction::End,
        ];
        let others = [
            MenuAction::ShowPanel,
            MenuAction::OpenStack,
            MenuAction::OpenRecent("/home/me/shop: a/skinai.toml".into()),
            MenuAction::ToggleStartAtLogin,
            MenuAction::NewInstance,
            MenuAction::Quit,
        ];
        let of_a_stack = of_a_stack.map(|action| MenuAction::Stack("shop.b".to_owned(), action));
        assert!(of_a_stack.iter().all(|action| action.to_look() == of_a_stack[0]));
        assert_eq!(MenuAction::Quit.to_look(), MenuAction::ShowPanel);
        for action in of_a_stack.into_iter().chain(others) {
            assert_eq!(MenuAction::from_id(&action.id()), Some(action));
        }
        assert_eq!(MenuAction::from_id("headline"), None);
    }
}
