//! The ends of a desktop session: the services are asked to end, in order, and are given their time.

use std::sync::{Arc, Mutex};

use end_to_end::{Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, Wayland, eventually, processes};
use nix::sys::signal::Signal;

use super::app::{self, healthy, healthy_icon};

/// Three services that write down when they are asked to end and when they have, and take their time.
fn polite_stack(home: &Home, ports: &PortBlock) -> String {
    let (ended, fixture) = (home.path().join("ended"), Programs::fixture());
    let (ended, fixture) = (ended.display(), fixture.display());
    home.write_script(
        "polite",
        &format!(
            "trap 'echo \"$1 asked\" >>\"{ended}\"; sleep 0.3; kill $!; echo \"$1 done\" >>\"{ended}\"; exit 0' TERM\n\
             '{fixture}' --name \"$1\" --port-env \"$2\" &\nwait",
        ),
    );
    let polite = home.path().join("bin/polite");
    let service = |name: &str, label: &str, more: &str| {
        let variable = format!("{}_PORT", name.to_uppercase());
        format!(
            "[service.{name}]\nlabel = \"{label}\"\ncommand = [\"{}\", \"{name}\", \"{variable}\"]\n\
             port = {{ env = \"{variable}\" }}\nhandoff = \"number\"\nhealth = {{ http = \"/health\" }}\n{more}\n",
            polite.display(),
        )
    };
    app::three(ports, service)
}

/// What the services wrote down must be this: those that need the backend first, and it after them.
#[track_caller]
fn assert_ended_in_order(home: &Home, app: &str) {
    let written = std::fs::read_to_string(home.path().join("ended")).unwrap_or_default();
    let mut lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 6, "{written}\n{app}");
    assert_eq!(lines.split_off(4), ["backend asked", "backend done"], "{written}");
    lines.sort_unstable();
    assert_eq!(lines, ["admin asked", "admin done", "ui asked", "ui done"], "{written}");
}

#[tokio::test]
async fn an_x_server_that_goes_away_leaves_the_services_their_time() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&polite_stack(&home, &ports));
    let desktop = Desktop::start(&home);
    let mut app = desktop.launch_app(&["--hidden"]);
    healthy_icon(&desktop).await;
    let snapshot = healthy(&home, "default");
    let is_x_server = |pid: &u32| processes::command_line(*pid).starts_with("Xvfb");
    let x_server = home.processes().into_iter().find(is_x_server).unwrap();
    processes::signal(x_server, Signal::SIGKILL);
    app.wait(HEALTHY_WITHIN);
    assert_ended_in_order(&home, &desktop.log_of("app"));
    for service in &snapshot.services {
        let port = service.port.unwrap();
        eventually(SOON, "the port is free", || std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
    eventually(SOON, "nothing of the application is left", || {
        let is_ours = |pid: &u32| processes::command_line(*pid).contains("skin-ai-assistant");
        !home.processes().iter().any(is_ours)
    });
}

#[tokio::test]
async fn a_wayland_compositor_that_goes_away_leaves_the_services_their_time() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&polite_stack(&home, &ports));
    let session = Wayland::start(&home);
    let mut app = home.spawn("app", &mut session.command(Programs::app()));
    healthy(&home, "default");
    processes::signal(session.compositor(), Signal::SIGKILL);
    app.wait(HEALTHY_WITHIN);
    assert_ended_in_order(&home, &home.log_of("app"));
}

#[tokio::test]
async fn signals_that_come_together_are_one_request_and_leave_the_services_their_time() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&polite_stack(&home, &ports));
    let desktop = Desktop::start(&home);
    let mut app = desktop.launch_app(&["--hidden"]);
    healthy_icon(&desktop).await;
    // As a session does that ends: both, one right after the other.
    app.signal(Signal::SIGTERM);
    app.signal(Signal::SIGHUP);
    assert!(app.wait(HEALTHY_WITHIN).success(), "{}", desktop.log_of("app"));
    assert_ended_in_order(&home, &desktop.log_of("app"));
}

#[tokio::test]
async fn a_second_launch_does_not_wait_for_a_first_one_that_does_not_answer() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&app::stack(&ports));
    let desktop = Desktop::start(&home);
    let first = desktop.launch_app(&["--hidden"]);
    healthy_icon(&desktop).await;
    first.signal(Signal::SIGSTOP);
    eventually(SOON, "it is stopped", || processes::is_stopped(first.pid()));
    let mut launches = [&[][..], &["--quit"]].map(|args| desktop.launch_app(args));
    for launch in &mut launches {
        assert_eq!(launch.wait(HEALTHY_WITHIN).code(), Some(1), "{}", desktop.log_of("app"));
    }
    assert_eq!(desktop.log_of("app").matches("the instance that runs does not answer").count(), 2);
}

#[tokio::test]
async fn a_log_out_waits_until_the_services_have_ended() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&polite_stack(&home, &ports));
    let desktop = Desktop::start(&home);
    let manager = SessionManager::serve(desktop.bus()).await;
    let mut app = desktop.launch_app(&["--hidden"]);
    healthy_icon(&desktop).await;
    eventually(SOON, "the application is a client of the session", || manager.knows("app.skinai.Assistant"));

    manager.say("QueryEndSession").await;
    eventually(SOON, "it does not object", || manager.answers() == [true]);
    assert_eq!(app.ended(), None);
    assert!(healthy(&home, "default").all_healthy(), "a question ends nothing");
    manager.say("EndSession").await;
    assert!(app.wait(HEALTHY_WITHIN).success(), "{}", desktop.log_of("app"));
    assert_ended_in_order(&home, &desktop.log_of("app"));
    assert_eq!(manager.answers(), [true], "it is done when it has gone, and not before");
}

/// The session manager of a desktop, as far as its clients see it.
struct SessionManager {
    connection: zbus::Connection,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    applications: Vec<String>,
    answers: Vec<bool>,
}

struct Manager(Arc<Mutex<Known>>);
struct Client(Arc<Mutex<Known>>);

const MANAGER: &str = "org.gnome.SessionManager";
const CLIENT_PATH: &str = "/org/gnome/SessionManager/Client1";

#[zbus::interface(name = "org.gnome.SessionManager")]
impl Manager {
    fn register_client(&self, application: String, _startup: String) -> zbus::zvariant::OwnedObjectPath {
        self.0.lock().unwrap().applications.push(application);
        zbus::zvariant::ObjectPath::from_static_str_unchecked(CLIENT_PATH).into()
    }
}

#[zbus::interface(name = "org.gnome.SessionManager.ClientPrivate")]
impl Client {
    fn end_session_response(&self, ready: bool, _reason: String) {
        self.0.lock().unwrap().answers.push(ready);
    }
}

impl SessionManager {
    async fn serve(bus: &str) -> Self {
        let known = Arc::<Mutex<Known>>::default();
        let builder = zbus::connection::Builder::address(bus).unwrap();
        let builder = builder.serve_at("/org/gnome/SessionManager", Manager(Arc::clone(&known))).unwrap();
        let builder = builder.serve_at(CLIENT_PATH, Client(Arc::clone(&known))).unwrap();
        Self { connection: builder.name(MANAGER).unwrap().build().await.unwrap(), known }
    }

    fn knows(&self, application: &str) -> bool {
        self.known.lock().unwrap().applications.iter().any(|known| known == application)
    }

    fn answers(&self) -> Vec<bool> {
        self.known.lock().unwrap().answers.clone()
    }

    /// Says a word to its clients.
    async fn say(&self, word: &str) {
        let interface = "org.gnome.SessionManager.ClientPrivate";
        let everybody = None::<zbus::names::BusName<'_>>;
        self.connection.emit_signal(everybody, CLIENT_PATH, interface, word, &0_u32).await.unwrap();
    }
}
