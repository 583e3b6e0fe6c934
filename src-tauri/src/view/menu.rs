//! The menu, as plain data.

use std::path::PathBuf;

use contract::{ServiceSnapshot, ServiceState, Snapshot, Target};

use super::headline::{headline_of, stack_name};
use super::{AppPhase, Facts, MenuAction, StackAction, StackFacts};
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

/// Whether one menu can become the other by changing texts and marks of lines alone: it has the same kinds
/// of lines in the same places, doing the same.
pub fn same_structure(one: &[Item], other: &[Item]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Item::Headline(_), Item::Headline(_)) | (Item::Separator, Item::Separator) => true,
            (Item::Entry { action: one, .. }, Item::Entry { action: other, .. })
            | (Item::Check { action: one, .. }, Item::Check { action: other, .. }) => one == other,
            // The system's menu keeps what a submenu is called.
            (Item::Submenu { text: one, items, .. }, Item::Submenu { text: other, items: others, .. }) => {
                one == other && same_structure(items, others)
            }
            _ => false,
        })
}

/// The menu: how everything is, what people come for, what helps when something is wrong, the rest. A stack that is
/// the only one has its lines in the menu itself, each of several in a menu of its own.
pub(super) fn menu(facts: &Facts, headline: &str) -> Vec<Item> {
    let words = TrayWords::of(facts.language);
    let quitting = facts.stacks.iter().any(|stack| matches!(stack.phase, AppPhase::Quitting(_)));
    let mut items = vec![Item::Headline(headline.to_owned()), Item::Separator];
    match facts.stacks.as_slice() {
        [only] => {
            let [open, repair] = stack_items(only, facts.language);
            items.extend(open);
            items.push(Item::entry(MenuAction::ShowPanel, words.menu_show_panel(), true));
            items.push(Item::Separator);
            items.extend(repair);
        }
        several => {
            items.extend(several.iter().map(|stack| submenu(stack, facts.language)));
            items.push(Item::Separator);
            items.push(Item::entry(MenuAction::ShowPanel, words.menu_show_panel(), true));
        }
    }
    items.push(Item::Separator);
    let at_login = match facts.stacks.as_slice() {
        // Each of the others has such a line in its own menu.
        [own, _, ..] => words.menu_start_at_login_of(stack_name(own)),
        _ => words.menu_start_at_login(),
    };
    items.push(Item::Check {
        action: MenuAction::ToggleStartAtLogin,
        text: at_login,
        checked: facts.start_at_login,
    });
    if let [only] = facts.stacks.as_slice() {
        items.push(only.entry(StackAction::OpenLogFolder, words.menu_open_log_folder(), true));
    }
    items.push(Item::entry(MenuAction::OpenStack, words.menu_open_stack(), !quitting));
    if !facts.recent.is_empty() {
        let recent = |file: &PathBuf| {
            Item::entry(MenuAction::OpenRecent(file.clone()), file.display().to_string(), true)
        };
        let items_of_it = facts.recent.iter().map(recent).collect();
        items.push(Item::Submenu { text: words.menu_open_recent(), enabled: !quitting, items: items_of_it });
    }
    items.push(Item::entry(MenuAction::NewInstance, words.menu_new_instance(), !quitting));
    items.push(Item::Separator);
    let quit = match facts.stacks.iter().filter(|stack| stack.ends_with_application).count() {
        _ if quitting => words.menu_quit_now(),
        0 | 1 => words.menu_quit(),
        count => words.menu_quit_and_end(count),
    };
    items.push(Item::entry(MenuAction::Quit, quit, true));
    items
}

/// All of one stack among several.
fn submenu(stack: &StackFacts, language: Language) -> Item {
    let words = TrayWords::of(language);
    let [mut items, repair] = stack_items(stack, language);
    items.push(stack.entry(StackAction::Show, words.menu_show_panel(), true));
    items.push(Item::Separator);
    items.extend(repair);
    items.push(Item::Separator);
    if let Some(checked) = stack.at_login {
        let action = MenuAction::Stack(stack.instance.clone(), StackAction::ToggleAtLogin);
        items.push(Item::Check { action, text: words.menu_start_at_login(), checked });
    }
    items.push(stack.entry(StackAction::OpenLogFolder, words.menu_open_log_folder(), true));
    let ends = !matches!(stack.phase, AppPhase::Quitting(_) | AppPhase::Ended { wanted: true, .. });
    items.push(stack.entry(StackAction::End, words.menu_end_stack(), ends));
    Item::Submenu { text: headline_of(stack, words), enabled: true, items }
}

/// What people come for, and what helps when something is wrong.
fn stack_items(stack: &StackFacts, language: Language) -> [Vec<Item>; 2] {
    let snapshot = stack.phase.snapshot();
    let (words, quitting) = (TrayWords::of(language), matches!(stack.phase, AppPhase::Quitting(_)));
    let open = snapshot.into_iter().flat_map(|snapshot| open_items(stack, snapshot, words, !quitting));
    let stopped = |service: &ServiceSnapshot| {
        matches!(service.state, ServiceState::Stopped | ServiceState::Failed) && !service.finished
    };
    let runs = |service: &ServiceSnapshot| !stopped(service) && !service.finished;
    let repair = vec![
        some(stack, words, words.menu_start(), StackAction::Start, stopped),
        some(stack, words, words.menu_stop(), StackAction::Stop, runs),
        restart(stack, words),
        reallocate(stack, language, !quitting),
    ];
    [open.collect(), repair]
}

fn open_items(
    stack: &StackFacts,
    snapshot: &Snapshot,
    words: &TrayWords,
    enabled: bool,
) -> impl Iterator<Item = Item> {
    let offered = snapshot.services.iter().filter(|service| service.open_url.is_some() && !service.left_out);
    offered.map(move |service| {
        let open = words.menu_open(&service.label);
        let text = match service.port {
            // Menus set what follows a tab to the right, where a shortcut would stand.
            Some(port) => format!("{open}\t:{port}"),
            None => open,
        };
        let opens = service.address_to_open().is_some();
        stack.entry(StackAction::Open(service.name.clone()), text, enabled && opens)
    })
}

/// What can be done with all services of which this is true, or with one of them.
fn some(
    stack: &StackFacts,
    words: &TrayWords,
    text: String,
    action: fn(Target) -> StackAction,
    is_one: impl Fn(&ServiceSnapshot) -> bool,
) -> Item {
    let items = of_each(stack, words, action, is_one);
    let enabled = items.len() > 1 && !matches!(stack.phase, AppPhase::Quitting(_));
    Item::Submenu { text, enabled, items }
}

/// A line for all services, and one for each of which this is true.
fn of_each(
    stack: &StackFacts,
    words: &TrayWords,
    action: fn(Target) -> StackAction,
    is_one: impl Fn(&ServiceSnapshot) -> bool,
) -> Vec<Item> {
    let services = stack.phase.snapshot().into_iter().flat_map(|snapshot| &snapshot.services);
    let those = services.filter(|service| is_one(service));
    let lines = those.map(|service| (Target::service(&service.name), service.label.clone()));
    let all = (Target::ALL, words.menu_all_services());
    std::iter::once(all).chain(lines).map(|(target, text)| stack.entry(action(target), text, true)).collect()
}

/// Where nothing runs, restarting all is launching again.
fn restart(stack: &StackFacts, words: &TrayWords) -> Item {
    let items = of_each(stack, words, StackAction::Restart, |_| true);
    let enabled = matches!(stack.phase, AppPhase::Running(_) | AppPhase::Silent(_) | AppPhase::Ended { .. });
    Item::Submenu { text: words.menu_restart(), enabled, items }
}

fn reallocate(stack: &StackFacts, language: Language, enabled: bool) -> Item {
    let (words, snapshot) = (TrayWords::of(language), stack.phase.snapshot());
    let mut items = vec![stack.entry(StackAction::Reallocate(Target::ALL), words.menu_all_services(), true)];
    let services = snapshot.into_iter().flat_map(|snapshot| &snapshot.services);
    items.extend(services.filter_map(|service| in_conflict(stack, service, language)));
    Item::Submenu { text: words.menu_reallocate(), enabled: enabled && snapshot.is_some(), items }
}

fn in_conflict(stack: &StackFacts, service: &ServiceSnapshot, language: Language) -> Option<Item> {
    let conflict = service.conflict.as_ref()?;
    let holder = conflict.holder.said(language);
    let line = TrayWords::of(language).menu_in_conflict(&service.label, conflict.port, holder);
    Some(stack.entry(StackAction::Reallocate(Target::service(&service.name)), line, true))
}

impl StackFacts {
    fn entry(&self, action: StackAction, text: impl Into<String>, enabled: bool) -> Item {
        Item::entry(MenuAction::Stack(self.instance.clone(), action), text, enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{facts, running, several, stack};
    use super::super::{TrayIconState, tray_view};
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
        let end =
            ["--", "Start at login off", "Open log folder", "Open stack…", "New instance", "--", "Quit"];
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
                "Start (off) > All services",
                "Stop > All services, Backend API, User UI, Admin Dashboard",
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
        assert_eq!(lines[9], "Re-allocate > All services, User UI: port 8001 is used by python3 (1234)");
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
                "Starten (off) > Alle Dienste",
                "Stoppen > Alle Dienste, Backend API, User UI, Admin Dashboard",
                "Neu starten > Alle Dienste, Backend API, User UI, Admin Dashboard",
                "Port neu zuweisen > Alle Dienste, User UI: Port 8001 wird von python3 (1234) benutzt",
                "--",
                "Bei der Anmeldung starten off",
                "Protokollordner öffnen",
                "Stack öffnen …",
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
                "Start (off) > All services",
                "Stop (off) > All services",
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
        assert!(lines[8].starts_with("Restart (off)"));
        assert_eq!(lines.last().unwrap(), "Quit now");
    }

    #[test]
    fn what_does_not_run_can_be_started_and_what_runs_can_be_stopped() {
        use ServiceState::*;
        let lines = lines(&tray_view(&running(stack([Healthy, Stopped, Failed]))).menu);
        assert_eq!(lines[6], "Start > All services, User UI, Admin Dashboard");
        assert_eq!(lines[7], "Stop > All services, Backend API");
    }

    #[test]
    fn each_of_several_stacks_has_a_menu_of_its_own_and_the_worst_is_told() {
        use ServiceState::*;
        let mut facts = several([("default", [Healthy; 3]), ("shop", [Healthy, Failed, Healthy])]);
        facts.stacks[1].at_login = Some(true);
        facts.recent = vec!["/home/me/shop/skinai.toml".into()];
        let view = tray_view(&facts);
        assert_eq!((view.icon, view.tooltip.as_str()), (TrayIconState::Attention, "shop: User UI failed"));
        let lines = lines(&view.menu);
        assert_eq!(lines[0], "shop: User UI failed");
        assert!(
            lines[2].starts_with("Skin AI Assistant: all healthy > Open User UI\t:8001, "),
            "{}",
            lines[2]
        );
        assert!(lines[2].ends_with("Open log folder, Stop this stack"), "{}", lines[2]);
        assert!(lines[3].starts_with("shop: User UI failed > Open User UI\t:8001 (off), "), "{}", lines[3]);
        assert!(lines[3].ends_with("Start at login on, Open log folder, Stop this stack"), "{}", lines[3]);
        assert_eq!(
            lines[4..],
            [
                "--",
                "Show port map",
                "--",
                "Start at login: Skin AI Assistant off",
                "Open stack…",
                "Open recent > /home/me/shop/skinai.toml",
                "New instance",
                "--",
                "Quit"
            ]
        );
        let Item::Submenu { items, .. } = &view.menu[3] else { panic!("{:?}", view.menu[3]) };
        let Item::Entry { action, .. } = &items[0] else { panic!("{:?}", items[0]) };
        assert_eq!(*action, MenuAction::Stack("shop".to_owned(), StackAction::Open("ui".to_owned())));
    }

    #[test]
    fn quitting_says_how_many_stacks_it_ends() {
        use ServiceState::Healthy;
        let mut facts = several([("default", [Healthy; 3]), ("shop", [Healthy; 3]), ("b", [Healthy; 3])]);
        let quit = |facts: &Facts| lines(&tray_view(facts).menu).pop();
        assert_eq!(quit(&facts).as_deref(), Some("Quit"), "others go on");
        facts.stacks[0].ends_with_application = true;
        facts.stacks[2].ends_with_application = true;
        assert_eq!(quit(&facts).as_deref(), Some("Quit and stop 2 stacks"));
        facts.language = Language::German;
        assert_eq!(quit(&facts).as_deref(), Some("Beenden und 2 Stacks stoppen"));
        facts.stacks[2].ends_with_application = false;
        assert_eq!(quit(&facts).as_deref(), Some("Beenden"));
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
