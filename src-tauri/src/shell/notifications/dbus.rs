//! Notifications by the Desktop Notifications Specification, over D-Bus: with the application's name, its icon, how
//! urgent they are, and the desktop file by which the desktop knows who sends them.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use tauri::{AppHandle, Builder, Manager as _, Wry};
use tokio::sync::mpsc;
use zbus::zvariant::Value;

use crate::controller::{Command, ControllerHandle, Notification};
use crate::text::{Language, TrayWords};
use crate::view::{MenuAction, StackAction};

/// The name of the desktop file, without its ending, and that of the icon.
const DESKTOP_ENTRY: &str = "skin-ai-assistant";
/// What a click on the notification itself is called.
const DEFAULT: &str = "default";
/// What a click on its button is called.
const REALLOCATE: &str = "reallocate";
const RESTART: &str = "restart";
/// Levels of urgency. What is critical stays until somebody has seen to it.
const NORMAL: u8 = 1;
const CRITICAL: u8 = 2;
/// Orders that wait for a slow desktop at most.
const ORDERS_MAX: usize = 64;

#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_service = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications",
    gen_blocking = false
)]
trait NotificationServer {
    #[expect(clippy::too_many_arguments, reason = "the specification wants them")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;
    fn close_notification(&self, id: u32) -> zbus::Result<()>;
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;
    #[zbus(signal)]
    fn action_invoked(&self, id: u32, action_key: &str) -> zbus::Result<()>;
}

enum Order {
    Show(Notification),
    Withdraw(i32),
}

/// Sends what is to be shown to the task that shows it.
struct Orders(mpsc::Sender<Order>);

/// Adds what notifications need to the application.
pub fn add(builder: Builder<Wry>) -> Builder<Wry> {
    builder
}

/// Passes clicks on to the controller.
pub fn prepare(app: &AppHandle, controller: &ControllerHandle, language: Language) {
    let (sender, orders) = mpsc::channel(ORDERS_MAX);
    app.manage(Orders(sender));
    tauri::async_runtime::spawn(serve(orders, controller.clone(), TrayWords::of(language)));
}

/// Shows a notification, in place of an older one about the same.
pub fn show(app: &AppHandle, notification: &Notification) {
    if app.state::<Orders>().0.try_send(Order::Show(notification.clone())).is_err() {
        not_shown(notification, "the desktop does not take it");
    }
}

/// Takes a notification away.
pub fn withdraw(app: &AppHandle, id: i32) {
    // The desktop that does not take it has shown nothing either.
    let _ = app.state::<Orders>().0.try_send(Order::Withdraw(id));
}

/// The desktop's server, and what is shown by it. Some close what the connection has shown when that ends.
struct Connected {
    server: NotificationServerProxy<'static>,
    clicks: ActionInvokedStream,
    with_markup: bool,
    /// By our own ids: the server's, and what its button does.
    shown: HashMap<i32, (u32, Option<MenuAction>)>,
}

async fn serve(mut orders: mpsc::Receiver<Order>, controller: ControllerHandle, words: &'static TrayWords) {
    let mut desktop: Option<Connected> = None;
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Show(notification)) => {
                    if let Err(error) = show_on(&mut desktop, &notification, words).await {
                        not_shown(&notification, &error.to_string());
                        desktop = None;
                    }
                }
                Some(Order::Withdraw(id)) => {
                    if let Some(desktop) = &mut desktop && let Some((id, _)) = desktop.shown.remove(&id)
                        && let Err(error) = desktop.server.close_notification(id).await {
                        tracing::debug!("a notification could not be taken away: {error}");
                    }
                }
                None => return,
            },
            Some(action) = clicked(&mut desktop) => controller.send(Command::Notification(action)),
        }
    }
}

async fn show_on(
    desktop: &mut Option<Connected>,
    notification: &Notification,
    words: &TrayWords,
) -> zbus::Result<()> {
    let desktop = match desktop {
        Some(desktop) => desktop,
        None => desktop.insert(Connected::connect().await?),
    };
    let (show, restart, reallocate) =
        (words.menu_show_panel(), words.menu_restart(), words.menu_reallocate());
    let button = match &notification.action {
        Some(MenuAction::Stack(_, StackAction::Reallocate(_))) => Some([REALLOCATE, &reallocate]),
        Some(_) => Some([RESTART, restart.as_str()]),
        None => None,
    };
    let actions: Vec<&str> = button.into_iter().flatten().chain([DEFAULT, show.as_str()]).collect();
    // What has a button needs a person, and is taken away when it no longer does.
    let urgency = if button.is_some() { CRITICAL } else { NORMAL };
    let hints = [("desktop-entry", DESKTOP_ENTRY.into()), ("urgency", urgency.into())].into();
    let body = if desktop.with_markup { escaped(&notification.body) } else { notification.body.clone() };
    let replaces = desktop.shown.get(&notification.id).map_or(0, |(id, _)| *id);
    let (name, title) = ("Skin AI Assistant", &notification.title);
    let id = desktop.server.notify(name, replaces, DESKTOP_ENTRY, title, &body, &actions, hints, -1).await?;
    desktop.shown.insert(notification.id, (id, notification.action.clone()));
    Ok(())
}

impl Connected {
    async fn connect() -> zbus::Result<Self> {
        let server = NotificationServerProxy::new(&zbus::Connection::session().await?).await?;
        let clicks = server.receive_action_invoked().await?;
        let with_markup = server.get_capabilities().await?.iter().any(|name| name == "body-markup");
        Ok(Self { server, clicks, with_markup, shown: HashMap::new() })
    }
}

/// What the next click on something that we have shown is for.
async fn clicked(desktop: &mut Option<Connected>) -> Option<MenuAction> {
    let Some(Connected { clicks, shown, .. }) = desktop else { return std::future::pending().await };
    loop {
        let click = clicks.next().await?;
        let Ok(click) = click.args() else { continue };
        // The signal goes to everybody, whoever has shown it.
        let Some((_, action)) = shown.values().find(|(id, _)| *id == click.id) else { continue };
        return Some(match action {
            Some(action) if click.action_key != DEFAULT => action.clone(),
            Some(action) => action.to_look(),
            None => MenuAction::ShowPanel,
        });
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn not_shown(notification: &Notification, why: &str) {
    tracing::warn!("{}: {} (and it could not be shown: {why})", notification.title, notification.body);
}
