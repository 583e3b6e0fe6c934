//! The tray as a panel sees it: `StatusNotifierItem` and `com.canonical.dbusmenu` over D-Bus.

use std::collections::HashMap;
use std::time::Duration;

use zbus::proxy::CacheProperties;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, Proxy};

use crate::wait::{HEALTHY_WITHIN, SOON, eventually_async};

/// A connection to the session's tray.
pub struct Tray {
    connection: Connection,
}

/// One icon in the tray.
pub struct TrayIcon {
    connection: Connection,
    service: String,
    path: String,
}

/// A line of an icon's menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// By which it is clicked.
    pub id: i32,
    /// What stands there; empty for a separator.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
    /// Whether it is shown.
    pub visible: bool,
    /// Whether it has a tick; `None` if it cannot have one.
    pub checked: Option<bool>,
    /// Its submenu.
    pub children: Vec<MenuItem>,
}

impl MenuItem {
    /// The line below this one whose label starts with this.
    pub fn child(&self, label: &str) -> Option<&MenuItem> {
        self.children.iter().find(|item| item.label.starts_with(label))
    }

    /// The labels of the lines below, without separators.
    pub fn labels(&self) -> Vec<&str> {
        self.children.iter().map(|item| item.label.as_str()).filter(|label| !label.is_empty()).collect()
    }
}

impl Tray {
    /// Connects to the session's bus.
    ///
    /// # Panics
    /// When there is none.
    pub async fn connect(bus: &str) -> Self {
        let builder = zbus::connection::Builder::address(bus).expect("an address of a bus");
        Self { connection: builder.build().await.expect("the session's bus answers") }
    }

    /// The icons that are registered now.
    pub async fn icons(&self) -> Vec<TrayIcon> {
        let items: Vec<String> = match self.watcher().await {
            Ok(watcher) => watcher.get_property("RegisteredStatusNotifierItems").await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        let icon = |item: String| {
            let (service, path) =
                item.find('/').map_or((item.as_str(), "/StatusNotifierItem"), |at| item.split_at(at));
            TrayIcon {
                connection: self.connection.clone(),
                service: service.to_owned(),
                path: path.to_owned(),
            }
        };
        items.into_iter().map(icon).collect()
    }

    async fn watcher(&self) -> zbus::Result<Proxy<'static>> {
        let name = "org.kde.StatusNotifierWatcher";
        uncached(&self.connection, name, "/StatusNotifierWatcher", name).await
    }

    /// Waits for the first icon.
    pub async fn icon(&self) -> TrayIcon {
        eventually_async(HEALTHY_WITHIN, "an icon is in the tray", async || {
            self.icons().await.into_iter().next()
        })
        .await
    }
}

impl TrayIcon {
    /// A property of the icon as text (`Title`, `IconName`, `Status`, …).
    pub async fn property(&self, name: &str) -> Option<String> {
        let value: OwnedValue = self.proxy().await.ok()?.get_property(name).await.ok()?;
        String::try_from(value).ok()
    }

    /// The menu as it is now: an item whose children are its lines.
    pub async fn menu(&self) -> Option<MenuItem> {
        let nothing: Vec<&str> = Vec::new();
        let answer: (u32, RawItem) =
            self.menu_proxy().await.ok()?.call("GetLayout", &(0, -1, nothing)).await.ok()?;
        Some(item(answer.1))
    }

    /// Waits until the menu fulfils the condition.
    pub async fn wait_menu(
        &self,
        bound: Duration,
        what: &str,
        condition: impl Fn(&MenuItem) -> bool,
    ) -> MenuItem {
        eventually_async(bound, what, async || self.menu().await.filter(|menu| condition(menu))).await
    }

    /// Clicks the line that these labels lead to (each by its beginning), as a person does: once it is there, since
    /// a menu that changes is empty for a moment.
    ///
    /// # Panics
    /// When there is no such line, or it is not enabled.
    pub async fn click(&self, labels: &[&str]) {
        let line = |menu: MenuItem| {
            let line = labels.iter().try_fold(&menu, |line, label| line.child(label))?;
            (line.enabled && line.visible).then_some(line.id)
        };
        let what = format!("{labels:?} can be clicked");
        let id = eventually_async(SOON, &what, async || line(self.menu().await?)).await;
        let proxy = self.menu_proxy().await.expect("the icon has a menu");
        let nothing = Value::from("");
        // Quit may end the application before it answers.
        let _: zbus::Result<()> = proxy.call("Event", &(id, "clicked", nothing, 0u32)).await;
    }

    async fn proxy(&self) -> zbus::Result<Proxy<'static>> {
        uncached(&self.connection, &self.service, &self.path, "org.kde.StatusNotifierItem").await
    }

    async fn menu_proxy(&self) -> zbus::Result<Proxy<'static>> {
        let path: OwnedObjectPath = self.proxy().await?.get_property("Menu").await?;
        uncached(&self.connection, &self.service, path.as_str(), "com.canonical.dbusmenu").await
    }
}

/// A cached property would show what was there at the first look.
async fn uncached(
    connection: &Connection,
    service: &str,
    path: &str,
    interface: &str,
) -> zbus::Result<Proxy<'static>> {
    zbus::proxy::Builder::<Proxy<'static>>::new(connection)
        .destination(service.to_owned())?
        .path(path.to_owned())?
        .interface(interface.to_owned())?
        .cache_properties(CacheProperties::No)
        .build()
        .await
}

type RawItem = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

fn item((id, properties, children): RawItem) -> MenuItem {
    let text = |name: &str| properties.get(name).and_then(|value| <&str>::try_from(value).ok());
    let truth =
        |name: &str| properties.get(name).and_then(|value| bool::try_from(value).ok()).unwrap_or(true);
    let state = properties.get("toggle-state").and_then(|value| i32::try_from(value).ok());
    let can_be_checked = text("toggle-type").is_some_and(|kind| !kind.is_empty());
    MenuItem {
        id,
        // An underscore marks the access key, two stand for one.
        label: text("label").unwrap_or_default().replace("__", "\0").replace('_', "").replace('\0', "_"),
        enabled: truth("enabled"),
        visible: truth("visible"),
        checked: can_be_checked.then_some(state == Some(1)),
        children: children.into_iter().filter_map(|child| RawItem::try_from(child).ok()).map(item).collect(),
    }
}
