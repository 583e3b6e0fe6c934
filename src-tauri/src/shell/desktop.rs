//! The desktop as Tauri gives it to us.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind};
use tokio::sync::watch;

use super::autostart::Autostart;
use super::tray::Tray;
use super::{clipboard, display_lost, notifications, opener, panel};
use crate::controller::{Command, ControllerHandle, Desktop, Notification, Opened, Question};
use crate::view::TrayView;

/// Carries out what the controller says. GTK wants tray and windows on the main thread.
pub struct TauriDesktop {
    app: AppHandle,
    tray_folder: PathBuf,
    autostart: Autostart,
    /// Touched on the main thread only.
    tray: Arc<Mutex<Option<Tray>>>,
    /// What the tray is to show; `None` where there is none yet, or none any more.
    wanted: watch::Sender<Option<TrayView>>,
}

/// The shortest time between two changes of the tray. A desktop asks for the menu whenever that changes, and is lost in
/// it (libdbusmenu crashes, and the desktop's panel with it) where the next change comes before its questions are answered.
const TRAY_PAUSE: Duration = Duration::from_millis(500);

impl TauriDesktop {
    /// `tray_folder`: where the icon's files lie.
    pub fn new(app: AppHandle, tray_folder: PathBuf, autostart: Autostart) -> Self {
        let (tray, wanted) = (Arc::default(), watch::Sender::new(None));
        let shown = show_wanted(app.clone(), Arc::clone(&tray), tray_folder.clone(), wanted.subscribe());
        tauri::async_runtime::spawn(shown);
        Self { app, tray_folder, autostart, tray, wanted }
    }

    fn on_main_thread(&self, work: impl FnOnce(&AppHandle) + Send + 'static) {
        let app = self.app.clone();
        // It fails when the event loop has ended, and then there is nothing left to show.
        let _ = self.app.run_on_main_thread(move || work(&app));
    }
}

/// Shows in the tray what it is to show, whenever that has changed and the desktop has had time for what it was before.
async fn show_wanted(
    app: AppHandle,
    tray: Arc<Mutex<Option<Tray>>>,
    folder: PathBuf,
    mut wanted: watch::Receiver<Option<TrayView>>,
) {
    while wanted.changed().await.is_ok() {
        let (shown, tray, folder, newest) = (app.clone(), Arc::clone(&tray), folder.clone(), wanted.clone());
        // It fails when the event loop has ended, and then there is nothing left to show.
        let _ = app.run_on_main_thread(move || {
            // While it is shown, the end of the session may come, with newer things to show.
            let view = newest.borrow().clone();
            if let Some(view) = view {
                show_now(&shown, &tray, &folder, view);
            }
        });
        tokio::time::sleep(TRAY_PAUSE).await;
    }
}

fn show_now(app: &AppHandle, tray: &Mutex<Option<Tray>>, folder: &Path, view: TrayView) {
    let mut tray = tray.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = match tray.as_mut() {
        Some(tray) => tray.show(app, view),
        None => Tray::new(app, folder, view).map(|made| *tray = Some(made)),
    };
    if let Err(error) = shown {
        tracing::error!("the tray cannot be shown: {error}");
    }
}

impl Desktop for TauriDesktop {
    fn show_tray(&self, view: TrayView) {
        self.wanted.send_replace(Some(view));
    }

    fn show_panel(&self) {
        self.on_main_thread(|app| {
            if let Err(error) = panel::show(app) {
                tracing::error!("the panel cannot be shown: {error}");
            }
        });
    }

    fn open(&self, what: OsString, told: Opened) {
        std::thread::spawn(move || told(opener::open(&what)));
    }

    fn copy(&self, text: &str) -> Result<(), String> {
        clipboard::copy(&self.app, text)
    }

    fn notify(&self, notification: &Notification) {
        notifications::show(&self.app, notification);
    }

    fn withdraw(&self, id: i32) {
        notifications::withdraw(&self.app, id);
    }

    fn starts_at_login(&self) -> bool {
        self.autostart.is_on()
    }

    fn start_at_login(&self, on: bool) -> Result<(), String> {
        self.autostart.turn(on)
    }

    fn choose_stack_file(&self, title: &str, folder: Option<&Path>) {
        let (title, folder) = (title.to_owned(), folder.map(Path::to_owned).or_else(std::env::home_dir));
        self.on_main_thread(|app| {
            let controller = app.state::<ControllerHandle>().inner().clone();
            let dialog = app.dialog().file().set_title(title);
            let dialog = match folder {
                Some(folder) => dialog.set_directory(folder),
                None => dialog,
            };
            let dialog = match app.get_webview_window(panel::LABEL) {
                Some(panel) => dialog.set_parent(&panel),
                None => dialog,
            };
            dialog.pick_file(move |chosen| {
                if let Some(Ok(file)) = chosen.map(|file| file.into_path()) {
                    controller.send(Command::OpenStack(file));
                }
            });
        });
    }

    fn ask(&self, question: &Question) {
        let question = question.clone();
        self.on_main_thread(|app| {
            let controller = app.state::<ControllerHandle>().inner().clone();
            let buttons = MessageDialogButtons::OkCancelCustom(question.yes.clone(), question.no.clone());
            let dialog = app.dialog().message(&question.text).title(&question.title).buttons(buttons);
            let dialog = match app.get_webview_window(panel::LABEL) {
                Some(panel) => dialog.parent(&panel),
                None => dialog,
            };
            dialog.kind(MessageDialogKind::Warning).show(move |agreed| {
                if agreed {
                    controller.send(Command::Agreed(question));
                }
            });
        });
    }

    fn exit(&self) {
        display_lost::exit_if_lost();
        let (tray, folder) = (Arc::clone(&self.tray), self.tray_folder.clone());
        self.wanted.send_replace(None);
        self.on_main_thread(move |app| {
            let mut tray = tray.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(tray) = tray.take() {
                tray.remove(app);
            }
            // Where it cannot be removed, the next launch writes into it.
            let _ = std::fs::remove_dir_all(folder);
            writing::finish();
            app.exit(0);
        });
    }
}
