//! The icon and its menu: carries out a [`TrayView`], changing only what differs.

use std::path::{Path, PathBuf};

use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager as _, Wry};
use userdirs::Dirs;

use super::tray_icon;
use crate::controller::{Command, ControllerHandle};
use crate::instance;
use crate::view::{Item, MenuAction, TrayView, same_structure};

/// The icon's id on the bus.
const ID: &str = "main";
/// The id of the line that cannot be clicked.
const HEADLINE: &str = "headline";

/// Where the icon's files lie: the system's tray wants a file, and it shall be nobody else's.
pub fn folder(dirs: &Dirs, instance: Option<&str>) -> PathBuf {
    dirs.runtime.join("tray").join(instance.unwrap_or(instance::DEFAULT))
}

/// What is in the tray now.
pub struct Tray {
    icon: TrayIcon,
    folder: PathBuf,
    shown: TrayView,
    menu: Menu<Wry>,
    lines: Vec<Line>,
}

/// A line of the menu that can be changed in place.
enum Line {
    Entry(MenuItem<Wry>),
    Check(CheckMenuItem<Wry>),
    Submenu(Submenu<Wry>, Vec<Self>),
    Separator(PredefinedMenuItem<Wry>),
}

impl Tray {
    /// Puts the icon into the tray. To be called on the main thread, as everything here.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new(app: &AppHandle, folder: &Path, view: TrayView) -> tauri::Result<Self> {
        std::fs::create_dir_all(folder)?;
        tray_icon::prepare(folder)?;
        let lines = lines(app, &view.menu)?;
        let menu = menu(app, &lines)?;
        let controller = app.state::<ControllerHandle>().inner().clone();
        let icon = TrayIconBuilder::with_id(ID)
            .temp_dir_path(folder)
            .icon(tray_icon::image(view.icon)?)
            .menu(&menu)
            .show_menu_on_left_click(true)
            .on_menu_event(move |_, event| {
                if let Some(action) = MenuAction::from_id(event.id().as_ref()) {
                    controller.send(Command::Menu(action));
                }
            })
            .build(app)?;
        tray_icon::show(&icon, folder, view.icon, &view.tooltip)?;
        Ok(Self { icon, folder: folder.to_owned(), shown: view, menu, lines })
    }

    /// Takes the icon out of the tray.
    pub fn remove(self, app: &AppHandle) {
        app.remove_tray_by_id(ID);
    }

    /// Shows this from now on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn show(&mut self, app: &AppHandle, view: TrayView) -> tauri::Result<()> {
        if (view.icon, &view.tooltip) != (self.shown.icon, &self.shown.tooltip) {
            tray_icon::show(&self.icon, &self.folder, view.icon, &view.tooltip)?;
        }
        if view.menu.len() == self.shown.menu.len() {
            let pairs = self.lines.iter_mut().zip(self.shown.menu.iter().zip(&view.menu));
            for (at, (line, (from, to))) in pairs.enumerate() {
                let [from, to] = [from, to].map(std::slice::from_ref);
                if same_structure(from, to) {
                    change(std::slice::from_ref(line), from, to)?;
                    continue;
                }
                // A desktop whose menu is open is lost (libdbusmenu crashes) when all of its lines go.
                *line = self::line(app, &to[0])?;
                self.menu.remove_at(at)?;
                self.menu.insert(line.item(), at)?;
            }
        } else {
            self.lines = lines(app, &view.menu)?;
            self.menu = menu(app, &self.lines)?;
            self.icon.set_menu(Some(self.menu.clone()))?;
        }
        self.shown = view;
        Ok(())
    }
}

fn menu(app: &AppHandle, lines: &[Line]) -> tauri::Result<Menu<Wry>> {
    let items: Vec<_> = lines.iter().map(Line::item).collect();
    Menu::with_items(app, &items)
}

fn lines(app: &AppHandle, items: &[Item]) -> tauri::Result<Vec<Line>> {
    items.iter().map(|item| line(app, item)).collect()
}

fn line(app: &AppHandle, item: &Item) -> tauri::Result<Line> {
    Ok(match item {
        Item::Headline(text) => {
            Line::Entry(MenuItem::with_id(app, HEADLINE, plain(text), false, None::<&str>)?)
        }
        Item::Entry { action, text, enabled } => {
            Line::Entry(MenuItem::with_id(app, action.id(), plain(text), *enabled, None::<&str>)?)
        }
        Item::Check { action, text, checked } => {
            Line::Check(CheckMenuItem::with_id(app, action.id(), plain(text), true, *checked, None::<&str>)?)
        }
        Item::Submenu { text, enabled, items } => {
            let lines = lines(app, items)?;
            let items: Vec<_> = lines.iter().map(Line::item).collect();
            Line::Submenu(Submenu::with_items(app, plain(text), *enabled, &items)?, lines)
        }
        Item::Separator => Line::Separator(PredefinedMenuItem::separator(app)?),
    })
}

/// An `&` would underline the next letter.
fn plain(text: &str) -> String {
    text.replace('&', "&&")
}

/// Changes the lines of a menu of the same structure from one to the other.
fn change(lines: &[Line], from: &[Item], to: &[Item]) -> tauri::Result<()> {
    for (line, (from, to)) in lines.iter().zip(from.iter().zip(to)) {
        match (line, from, to) {
            // A click has changed the mark already, whatever came of it.
            (Line::Check(line), _, Item::Check { checked, .. }) if line.is_checked()? != *checked => {
                line.set_checked(*checked)?;
            }
            _ if from == to => {}
            (Line::Entry(line), Item::Headline(_), Item::Headline(text)) => line.set_text(plain(text))?,
            (
                Line::Entry(line),
                Item::Entry { text: old, enabled: was, .. },
                Item::Entry { text, enabled, .. },
            ) => {
                if old != text {
                    line.set_text(plain(text))?;
                }
                if was != enabled {
                    line.set_enabled(*enabled)?;
                }
            }
            (
                Line::Submenu(submenu, lines),
                Item::Submenu { enabled: was, items: old, .. },
                Item::Submenu { enabled, items, .. },
            ) => {
                if was != enabled {
                    submenu.set_enabled(*enabled)?;
                }
                change(lines, old, items)?;
            }
            _ => {}
        }
    }
    Ok(())
}

impl Line {
    fn item(&self) -> &dyn IsMenuItem<Wry> {
        match self {
            Self::Entry(item) => item,
            Self::Check(item) => item,
            Self::Submenu(item, _) => item,
            Self::Separator(item) => item,
        }
    }
}
