//! The menu, as plain data.

use contract::{ServiceSnapshot, Snapshot, Target};

use super::{AppPhase, Facts, MenuAction};
use crate::text::{Language, TrayWords};

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Text that cannot be clicked.
    Headline(String),
    /// Something to click.
    Entry {
        /// What it does.
        action: MenuAction,
        /// What it says.
        text: String,
        /// Whether it can be clicked now.
        enabled: bool,
    },
    /// Something that is on or off.
    Check {
        /// What a click does.
        action: MenuAction,
        /// What it says.
        text: String,
        /// Whether it is on.
        checked: bool,
    },
    /// A menu in the menu.
    Submenu {
        /// What it says.
        text: String,
        /// Whether it can be opened now.
        enabled: bool,
        /// Its lines.
        items: Vec<Self>,
    },
    /// A line between groups.
    Separator,
}

impl Item {
    fn entry(action: MenuAction, text: impl Into<String>, enabled: bool) -> Self {
        Self::Entry { action, text: text.into(), enabled }
    }
}

/// Whether one menu can become the other by changing texts and marks alone: it has the same kinds
/// of lines in the same places, doing the same.
pub fn same_structure(one: &[Item], other: &[Item]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Item::Headline(_), Item::Headline(_)) | (Item::Separator, Item::Separator) => true,
            (Item::Entry { action: one, .. }, Item::Entry { action: other, .. })
            | (Item::Check { action: one, .. }, Item::Check { action: other, .. }) => one == other,
            (Item::Submenu { items: one, .. }, Item::Submenu { items: other, .. }) => {
                same_structure(one, other)
            }
            _ => false,
        })
}

/// The menu: how everything is, what people come for, what helps when something is wrong, the rest.
pub(super) fn menu(facts: &Facts, headline: &str) -> Vec<Item> {
    let snapshot = match &facts.phase {
        AppPhase::Running(snapshot) | AppPhase::Quitting(Some(snapshot)) => Some(snapshot.as_ref()),
        AppPhase::Launching | AppPhase::Quitting(None) | AppPhase::Ended { .. } => None,
    };
    let quitting = matches!(facts.phase, AppPhase::Quitting(_));
    let words = TrayWords::of(facts.language);
    let mut items = vec![Item::Headline(headline.to_owned()), Item::Separator];
    items.extend(snapshot.into_iter().flat_map(|snapshot| open_items(snapshot, words, !quitting)));
    items.push(Item::entry(MenuAction::ShowPanel, words.menu_show_panel(), true));
    items.push(Item::Separator);
    items.push(restart(snapshot, words, &facts.phase));
    items.push(reallocate(snapshot, facts.language, !quitting));
    items.push(Item::Separator);
    items.push(Item::Check {
        action: MenuAction::ToggleStartAtLogin,
        text: words.menu_start_at_login(),
        checked: facts.start_at_login,
    });
    items.push(Item::entry(MenuAction::OpenLogFolder, words.menu_open_log_folder(), true));
    items.push(Item::entry(MenuAction::NewInstance, words.menu_new_instance(), !quitting));
    items.push(Item::Separator);
    let quit = if quitting { words.menu_quit_now() } else { words.menu_quit() };
    items.push(Item::entry(MenuAction::Quit, quit, true));
    items
}

fn open_items(snapshot: &Snapshot, words: &TrayWords, enabled: bool) -> impl Iterator<Item = Item> {
    let offered = snapshot.services.iter().filter(|service| service.open_url.is_some() && !service.left_out);
    offered.map(move |service| {
        let open = words.menu_open(&service.label);
        let text = match service.port {
            // Menus set what follows a tab to the right, where a shortcut would stand.
            Some(port) => format!("{open}\t:{port}"),
            None => open,
        };
        let opens = service.address_to_open().is_some();
        Item::entry(MenuAction::Open(service.name.clone()), text, enabled && opens)
    })
}

/// Where nothing runs, restarting all is launching again.
fn restart(snapshot: Option<&Snapshot>, words: &TrayWords, phase: &AppPhase) -> Item {
    let mut items = vec![Item::entry(MenuAction::Restart(Target::ALL), words.menu_all_services(), true)];
    items.extend(snapshot.into_iter().flat_map(|snapshot| &snapshot.services).map(|service| {
        Item::entry(MenuAction::Restart(Target::service(&service.name)), &service.label, true)
    }));
    let enabled = matches!(phase, AppPhase::Running(_) | AppPhase::Ended { .. });
    Item::Submenu { text: words.menu_restart(), enabled, items }
}

fn reallocate(snapshot: Option<&Snapshot>, language: Language, enabled: bool) -> Item {
    let words = TrayWords::of(language);
    let mut items = vec![Item::entry(MenuAction::Reallocate(Target::ALL), words.menu_all_services(), true)];
    let services = snapshot.into_iter().flat_map(|snapshot| &snapshot.services);
    items.extend(services.filter_map(|service| in_conflict(service, language)));
    Item::Submenu { text: words.menu_reallocate(), enabled: enabled && snapshot.is_some(), items }
}

fn in_conflict(service: &ServiceSnapshot, language: Language) -> Option<Item> {
    let conflict = service.conflict.as_ref()?;
    let holder = conflict.holder.said(language);
    let line = TrayWords::of(language).menu_in_conflict(&service.label, conflict.port, holder);
    Some(Item::entry(MenuAction::Reallocate(Target::service(&service.name)), line, true))
}

#[cfg(test)]
mod tests {
    use contract::ServiceState;

    use super::super::sample::{facts, running, stack};
    use super::super::tray_view;
    use super::*;

    fn lines(items: &[Item]) -> Vec<String> {
        items
            .iter()
            .map(|item| match item {
                Item::Headline(text) => text.clone(),
                Item::Entry { text, enabled, .. } => {
                    format!("{text}{}", if *enabled { "" } else { " (off)" })
                }
                Item::Check { text, checked, .. } => {
                    format!("{text} {}", if *checked { "on" } else { "off" })
                }
                Item::Submenu { text, enabled, items } => {
                    format!("{text}{} > {}", if *enabled { "" } else { " (off)" }, lines(items).join(", "))
                }
                Item::Separator => "--".to_owned(),
            })
            .collect()
    }

    /// The menu has these lines, and ends as every menu does.
    #[track_caller]
    fn assert_menu(items: &[Item], begin: &[&str]) {
        let end = ["--", "Start at login off", "Open log folder", "New instance", "--", "Quit"];
        assert_eq!(lines(items), [begin, &end].concat());
    }

    #[test]
    fn a_healthy_stack_has_the_whole_menu() {
        let view = tray_view(&running(stack([ServiceState::Healthy; 3])));
        assert_menu(
            &view.menu,
            &[
                "Skin AI Assistant: all healthy",
                "--",
                "Open User UI\t:8001",
                "Open Admin Dashboard\t:8002",
                "Show port map",
                "--",
                "Restart > All services, Backend API, User UI, Admin Dashboard",
                "Re-allocate > All services",
            ],
        );
    }

    #[test]
    fn a_conflict_names_the_holder_where_it_can_be_solved() {
        use ServiceState::*;
        let view = tray_view(&running(stack([Healthy, Conflict, Healthy])));
        let lines = lines(&view.menu);
        assert_eq!(lines[0], "Skin AI Assistant: User UI in conflict");
        assert_eq!(lines[2], "Open User UI\t:8001 (off)");
        assert_eq!(lines[7], "Re-allocate > All services, User UI: port 8001 is used by python3 (1234)");
    }

    #[test]
    fn the_menu_is_in_the_language_of_the_system() {
        use ServiceState::*;
        let facts = Facts { language: Language::German, ..running(stack([Healthy, Conflict, Healthy])) };
        assert_eq!(
            lines(&tray_view(&facts).menu),
            [
                "Skin AI Assistant: Port von User UI ist belegt",
                "--",
                "User UI öffnen\t:8001 (off)",
                "Admin Dashboard öffnen\t:8002",
                "Portübersicht anzeigen",
                "--",
                "Neu starten > Alle Dienste, Backend API, User UI, Admin Dashboard",
                "Port neu zuweisen > Alle Dienste, User UI: Port 8001 wird von python3 (1234) benutzt",
                "--",
                "Bei der Anmeldung starten off",
                "Protokollordner öffnen",
                "Neue Instanz",
                "--",
                "Beenden",
            ]
        );
    }

    #[test]
    fn a_refused_launch_can_be_tried_again() {
        let ended = AppPhase::Ended { message: "no free port".to_owned(), wanted: false };
        assert_menu(
            &tray_view(&facts(ended)).menu,
            &[
                "Skin AI Assistant: not started",
                "--",
                "Show port map",
                "--",
                "Restart > All services",
                "Re-allocate (off) > All services",
            ],
        );
    }

    #[test]
    fn while_it_ends_only_what_still_makes_sense_can_be_clicked() {
        let quitting = AppPhase::Quitting(Some(std::sync::Arc::new(stack([ServiceState::Stopping; 3]))));
        let lines = lines(&tray_view(&facts(quitting)).menu);
        assert_eq!(lines[2], "Open User UI\t:8001 (off)");
        assert!(lines[6].starts_with("Restart (off)"));
        assert_eq!(lines.last().unwrap(), "Quit now");
    }

    #[test]
    fn a_moved_port_changes_texts_and_not_the_structure() {
        let menu = |snapshot| tray_view(&running(snapshot)).menu;
        let before = stack([ServiceState::Healthy; 3]);
        let mut after = before.clone();
        std::sync::Arc::make_mut(&mut after.services[1]).port = Some(8005);
        assert_ne!(menu(before.clone()), menu(after.clone()));
        assert!(same_structure(&menu(before.clone()), &menu(after)));
        let conflict = stack([ServiceState::Healthy, ServiceState::Conflict, ServiceState::Healthy]);
        assert!(!same_structure(&menu(before), &menu(conflict)));
    }
}
