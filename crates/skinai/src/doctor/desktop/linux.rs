//! A display, a tray, and a browser.

use std::path::PathBuf;

use zbus::names::BusName;

use crate::doctor::finding::Finding;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const PORTAL: &str = "org.freedesktop.portal.Desktop";

pub(in crate::doctor) async fn look() -> Vec<Finding> {
    let mut findings = vec![display()];
    findings.extend(session().await);
    findings.push(browser());
    findings
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn display() -> Finding {
    let about = "display";
    if let Some(name) = variable("WAYLAND_DISPLAY") {
        let socket = match variable("XDG_RUNTIME_DIR") {
            Some(folder) => PathBuf::from(folder).join(&name),
            None => PathBuf::from(&name),
        };
        return if socket.exists() {
            Finding::good(about, format!("Wayland, {name}"))
        } else {
            Finding::bad(
                about,
                format!(
                    "WAYLAND_DISPLAY is {name}, and {} is not there; unset it or log in again",
                    socket.display()
                ),
            )
        };
    }
    match variable("DISPLAY") {
        Some(name) => x11(&name),
        None => Finding::note(about, "none; `skinai run` runs the stack without one"),
    }
}

fn x11(name: &str) -> Finding {
    // A display on this machine is `:N` or `:N.S`; one with a host is not looked at.
    let number = name.strip_prefix(':').map(|rest| rest.split('.').next().unwrap_or(rest));
    match number {
        Some(number) if !PathBuf::from(format!("/tmp/.X11-unix/X{number}")).exists() => Finding::bad(
            "display",
            format!("DISPLAY is {name}, and no X server has it; unset it or start one"),
        ),
        _ => Finding::good("display", format!("X11, {name}")),
    }
}

fn browser() -> Finding {
    let about = "browser";
    let path = std::env::var_os("PATH");
    let found = proctree::find_program("xdg-open".as_ref(), path.as_deref(), None);
    match (found, variable("BROWSER")) {
        (Ok(opener), _) => Finding::good(about, format!("opened by {}", opener.display())),
        (Err(_), Some(browser)) => {
            Finding::note(about, format!("BROWSER is {browser}, but xdg-open is missing; install xdg-utils"))
        }
        (Err(_), None) => Finding::bad(about, "nothing opens one; install xdg-utils and a browser"),
    }
}

async fn session() -> Vec<Finding> {
    match zbus::Connection::session().await {
        Ok(bus) => vec![tray_host(&bus).await, portal(&bus).await],
        Err(error) => {
            let text = format!("no session bus: {error}; start the program inside a desktop session");
            vec![Finding::note("tray host", text)]
        }
    }
}

async fn tray_host(bus: &zbus::Connection) -> Finding {
    let about = "tray host";
    let ask = async {
        let proxy = zbus::Proxy::new(bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
        proxy.get_property::<bool>("IsStatusNotifierHostRegistered").await
    };
    match ask.await {
        Ok(true) => Finding::good(about, "the desktop shows tray icons"),
        Ok(false) | Err(_) => Finding::note(
            about,
            "the desktop shows no tray icons, so the panel is the application (GNOME: install the AppIndicator extension)",
        ),
    }
}

async fn portal(bus: &zbus::Connection) -> Finding {
    let about = "portal";
    let ask = async {
        let dbus = zbus::fdo::DBusProxy::new(bus).await?;
        let running = dbus.name_has_owner(BusName::try_from(PORTAL)?).await?;
        let startable = dbus.list_activatable_names().await?.iter().any(|name| name.as_str() == PORTAL);
        zbus::Result::Ok(running || startable)
    };
    match ask.await {
        Ok(true) => Finding::good(about, PORTAL),
        Ok(false) => {
            Finding::note(about, "none; only programs in a sandbox need it (install xdg-desktop-portal)")
        }
        Err(error) => Finding::note(about, format!("the session bus did not say ({error})")),
    }
}
