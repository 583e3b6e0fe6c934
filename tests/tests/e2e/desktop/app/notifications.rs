//! A notification server that remembers what it was told to show.

use std::sync::{Arc, Mutex};

use zbus::Connection;
use zbus::zvariant::OwnedValue;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A notification as the application sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// By which the server knows it.
    pub id: u32,
    /// Its first line.
    pub summary: String,
    /// What it says.
    pub body: String,
    /// Ids and labels of its buttons, by turns.
    pub actions: Vec<String>,
    /// Who shows it: the name, the icon, and the desktop file.
    pub sender: [String; 3],
    /// How urgent it is: 0 for little, 1, or 2 for what stays until somebody has seen to it.
    pub urgency: u8,
}

/// The server, on the bus of a session.
pub struct Notifications {
    connection: Connection,
    shown: Arc<Mutex<Vec<Shown>>>,
    closed: Arc<Mutex<Vec<u32>>>,
}

struct Server {
    shown: Arc<Mutex<Vec<Shown>>>,
    closed: Arc<Mutex<Vec<u32>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    #[expect(clippy::too_many_arguments, reason = "the specification wants them")]
    fn notify(
        &self,
        app_name: String,
        _replaces_id: u32,
        icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: std::collections::HashMap<String, OwnedValue>,
        _timeout_ms: i32,
    ) -> u32 {
        let mut shown = self.shown.lock().unwrap();
        let id = u32::try_from(shown.len()).unwrap() + 1;
        let hint = |name: &str| hints.get(name).and_then(|value| value.try_clone().ok());
        let desktop_entry = hint("desktop-entry").and_then(|entry| String::try_from(entry).ok());
        let sender = [app_name, icon, desktop_entry.unwrap_or_default()];
        let urgency = hint("urgency").and_then(|urgency| u8::try_from(urgency).ok()).unwrap_or(1);
        shown.push(Shown { id, summary, body, actions, sender, urgency });
        id
    }

    fn close_notification(&self, id: u32) {
        self.closed.lock().unwrap().push(id);
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["body", "body-markup", "actions"].map(str::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("tests".to_owned(), "tests".to_owned(), "1".to_owned(), "1.2".to_owned())
    }
}

impl Notifications {
    /// Takes the name on the bus.
    pub async fn serve(bus: &str) -> Self {
        let (shown, closed) = (Arc::default(), Arc::default());
        let server = Server { shown: Arc::clone(&shown), closed: Arc::clone(&closed) };
        let builder = zbus::connection::Builder::address(bus).unwrap().serve_at(PATH, server).unwrap();
        let connection = builder.name(NAME).unwrap().build().await.unwrap();
        Self { connection, shown, closed }
    }

    /// What was shown so far, oldest first.
    pub fn shown(&self) -> Vec<Shown> {
        self.shown.lock().unwrap().clone()
    }

    /// The ids of those that were taken away.
    pub fn closed(&self) -> Vec<u32> {
        self.closed.lock().unwrap().clone()
    }

    /// Clicks a button.
    pub async fn click(&self, id: u32, action: &str) {
        let nobody = None::<zbus::names::BusName<'_>>;
        self.connection.emit_signal(nobody, PATH, NAME, "ActionInvoked", &(id, action)).await.unwrap();
    }
}
