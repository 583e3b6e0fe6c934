//! The session manager of the desktop says when the user logs out, and waits for its clients.
//!
//! GTK would register as one if its application could be told to before it starts, which Tauri does not
//! allow. The protocol is that of gnome-session, which Cinnamon, MATE and others speak too; Xfce's has
//! names of its own.

use futures_util::StreamExt as _;
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, Proxy};

use crate::controller::{Command, ControllerHandle};

/// By which a session manager knows the application: the name of its desktop file.
const APPLICATION: &str = "app.skinai.Assistant";

/// Names on the bus: its own, its path, its interface, and that of a client.
const MANAGERS: [[&str; 4]; 2] = [
    [
        "org.gnome.SessionManager",
        "/org/gnome/SessionManager",
        "org.gnome.SessionManager",
        "org.gnome.SessionManager.ClientPrivate",
    ],
    [
        "org.xfce.SessionManager",
        "/org/xfce/SessionManager",
        "org.xfce.Session.Manager",
        "org.xfce.Session.Client",
    ],
];

/// Listens from now on.
pub(super) async fn listen(controller: ControllerHandle) {
    for manager in MANAGERS {
        match obey(manager, &controller).await {
            Ok(()) => return,
            Err(error) => tracing::debug!("no {} to say when the session ends: {error}", manager[0]),
        }
    }
}

/// Registers, and does as it is told until the manager goes away.
async fn obey(
    [name, path, interface, client]: [&'static str; 4],
    controller: &ControllerHandle,
) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let manager = Proxy::new(&bus, name, path, interface).await?;
    let startup = std::env::var("DESKTOP_AUTOSTART_ID").unwrap_or_default();
    let own: OwnedObjectPath = manager.call("RegisterClient", &(APPLICATION, startup)).await?;
    let own = Proxy::new(&bus, name, own, client).await?;
    let mut words = own.receive_all_signals().await?;
    while let Some(word) = words.next().await {
        match word.header().member().map(|member| member.as_str()) {
            // Nothing here has to be saved or asked before.
            Some("QueryEndSession") => own.call::<_, _, ()>("EndSessionResponse", &(true, "")).await?,
            // It is answered by the end of the process, which comes when the services have ended.
            Some("EndSession" | "Stop") => controller.send(Command::SessionEnds),
            _ => {}
        }
    }
    Ok(())
}
