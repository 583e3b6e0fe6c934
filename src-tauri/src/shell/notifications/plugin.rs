//! Notifications by the plugin.

use tauri::{AppHandle, Builder, Wry};
use tauri_plugin_notification::{Action as Button, ActionType, NotificationExt as _};

use crate::controller::{Command, ControllerHandle, Notification};
use crate::text::{Language, TrayWords};
use crate::view::{MenuAction, StackAction};

/// The name under which a notification carries the action of its button.
const CARRIED: &str = "action";

/// Adds what notifications need to the application.
pub fn add(builder: Builder<Wry>) -> Builder<Wry> {
    builder.plugin(tauri_plugin_notification::init())
}

/// Registers the buttons, and passes clicks on to the controller.
pub fn prepare(app: &AppHandle, controller: &ControllerHandle, language: Language) {
    let words = TrayWords::of(language);
    let kind =
        |id: &str, title: &str| ActionType::builder(id).actions(vec![Button::builder(id, title).build()]);
    let kinds = vec![
        kind("reallocate", &words.menu_reallocate()).build(),
        kind("restart", &words.menu_restart()).build(),
    ];
    let controller = controller.clone();
    let prepared = app.notification().register_action_types(kinds).and_then(|()| {
        app.notification().on_action(move |performed| {
            let carried = performed.notification().and_then(|notification| notification.extra().get(CARRIED));
            let action = carried.and_then(|action| MenuAction::from_id(action.as_str()?));
            let action = match (performed.action_id(), action) {
                ("reallocate" | "restart", Some(action)) => action,
                (_, Some(action)) => action.to_look(),
                (_, None) => MenuAction::ShowPanel,
            };
            controller.send(Command::Notification(action));
        })
    });
    if let Err(error) = prepared {
        tracing::warn!("notifications have no buttons: {error}");
    }
}

/// Shows a notification, in place of an older one about the same.
pub fn show(app: &AppHandle, notification: &Notification) {
    withdraw(app, notification.id);
    let builder =
        app.notification().builder().id(notification.id).title(&notification.title).body(&notification.body);
    let builder = match &notification.action {
        Some(action @ MenuAction::Stack(_, StackAction::Reallocate(_))) => {
            builder.action_type_id("reallocate").extra(CARRIED, action.id())
        }
        Some(action) => builder.action_type_id("restart").extra(CARRIED, action.id()),
        None => builder,
    };
    if let Err(error) = builder.show() {
        tracing::warn!("{}: {} (and it could not be shown: {error})", notification.title, notification.body);
    }
}

/// Takes a notification away.
pub fn withdraw(app: &AppHandle, id: i32) {
    if let Err(error) = app.notification().remove_active(vec![id]) {
        tracing::debug!("a notification could not be taken away: {error}");
    }
}
