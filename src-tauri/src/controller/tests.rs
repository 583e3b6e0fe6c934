//! The controller with a desktop that only takes notes, and without an engine.

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::Client;
use contract::{ApiError, ErrorCode, Handoff, Request, ServiceState, Snapshot, Target};
use engine::LogPart;
use tempfile::TempDir;
use userdirs::Dirs;

use super::event::QUEUE_MAX;
use super::stack_state::StackState;
use super::{
    Command, Controller, ControllerHandle, CopyForm, Desktop, EngineLauncher, Notification, Opened,
    PanelEvent, Question, ReplyTo, Startup, run,
};
use crate::args::Args;
use crate::settings::{Settings, SettingsFile};
use crate::text::Language;
use crate::view::sample::stack;
use crate::view::{MenuAction, StackAction, TrayView};

const SOON: Duration = Duration::from_secs(20);

/// What the controller told the desktop, a line each, and what it asked.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<Question>>>);

impl Notes {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().expect("no test panics with it").push(line.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().expect("no test panics with it").clone()
    }
}

impl Desktop for Notes {
    fn show_tray(&self, view: TrayView) {
        self.add(view.tooltip);
    }
    fn show_panel(&self) {
        self.add("panel");
    }
    fn open(&self, what: OsString, told: Opened) {
        let what = what.display().to_string();
        told(if what.ends_with("refused") { Err("xdg-open: exit status: 3".to_owned()) } else { Ok(()) });
        self.add(what);
    }
    fn copy(&self, text: &str) -> Result<(), String> {
        self.add(text);
        Ok(())
    }
    fn notify(&self, notification: &Notification) {
        self.add(notification.body.clone());
        self.add(format!("notified: {}", notification.id));
    }
    fn withdraw(&self, id: i32) {
        self.add(format!("withdrawn: {id}"));
    }
    fn starts_at_login(&self) -> bool {
        false
    }
    fn start_at_login(&self, _on: bool) -> Result<(), String> {
        Err("the system refuses".to_owned())
    }
    fn choose_stack_file(&self, title: &str, folder: Option<&Path>) {
        self.add(format!("chooser: {title}, in {folder:?}"));
    }
    fn ask(&self, question: &Question) {
        self.add(format!("asked: {}", question.text));
        self.1.lock().expect("no test panics with it").push(question.clone());
    }
    fn exit(&self) {
        self.add("exit");
    }
}

struct Application {
    notes: Notes,
    controller: ControllerHandle,
    task: tokio::task::JoinHandle<()>,
    home: TempDir,
}

/// What an application starts with that has no `skinai`, so that its launch is refused.
fn start_in(home: &TempDir) -> Startup {
    let folder = |name: &str| home.path().join(name);
    let dirs = Dirs {
        runtime: folder("run"),
        config: folder("config"),
        data: folder("data"),
        state: folder("state"),
    };
    Startup {
        settings_file: SettingsFile::in_folder(&dirs.config),
        launcher: EngineLauncher {
            stack_flag: None,
            is_usual: true,
            instance: None,
            skinai: Err("/opt/skinai".to_owned()),
            dirs,
            environment: Vec::new(),
        },
        settings: Settings::default(),
        first_launch: false,
        hidden: true,
        open_user_ui: false,
        language: Language::English,
    }
}

/// An application whose launch is refused.
fn refused() -> Application {
    refused_with(|_, _| {})
}

/// The same, launched otherwise.
fn refused_with(change: impl FnOnce(&TempDir, &mut Startup)) -> Application {
    let home = tempfile::tempdir().expect("a temporary folder");
    let notes = Notes::default();
    let (controller, commands) = ControllerHandle::channel(Language::English);
    let mut start = start_in(&home);
    change(&home, &mut start);
    let task = tokio::spawn(run(notes.clone(), start, commands));
    Application { notes, controller, task, home }
}

/// Waits for what the panel is told.
async fn told(controller: &ControllerHandle) -> PanelEvent {
    told_of(controller, "").await
}

/// The same, of the stack of that instance.
async fn told_of(controller: &ControllerHandle, stack: &'static str) -> PanelEvent {
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let sink = Box::new(move |event| sender.send(event).is_ok());
    controller.call(|controller| controller.subscribe(stack, sink)).await.expect("the controller runs");
    loop {
        match tokio::time::timeout(SOON, events.recv()).await.expect("soon").expect("the controller runs") {
            PanelEvent::Stacks { .. } => {}
            told => return told,
        }
    }
}

async fn restart_all(controller: &ControllerHandle) -> Result<(), ApiError> {
    let restart = Request::Restart(Target::ALL);
    controller.call_later(|controller, reply| controller.request("", restart, reply)).await
}

#[tokio::test]
async fn a_refused_launch_shows_the_panel_and_says_why() {
    let Application { notes, controller, task, home: _home } = refused();
    assert_eq!(
        told(&controller).await,
        PanelEvent::Ended {
            message: "there is no program /opt/skinai; install the application again".to_owned(),
            refused: true,
            file: None,
        }
    );
    assert!(notes.all().contains(&"panel".to_owned()));
    assert!(notes.all().contains(&"Skin AI Assistant: not started".to_owned()));
    controller.send(Command::Quit);
    tokio::time::timeout(SOON, task).await.expect("soon").expect("it ends in order");
    assert_eq!(notes.all().last().map(String::as_str), Some("exit"));
}

#[tokio::test]
async fn where_nothing_runs_requests_say_so_and_restarting_all_launches_again() {
    let Application { notes, controller, task: _task, home: _home } = refused();
    told(&controller).await;
    let request = |request| controller.call_later(|controller, reply| controller.request("", request, reply));
    let error = request(Request::Restart(Target::service("ui"))).await.expect_err("nothing runs");
    assert_eq!(error.code, ErrorCode::NotRunning);
    let error = controller
        .call_later(|controller, reply| controller.open("", "ui", reply))
        .await
        .expect_err("nothing runs");
    assert_eq!(error.code, ErrorCode::NotRunning);
    let launches = |notes: &Notes| notes.all().iter().filter(|note| note.ends_with(": starting")).count();
    assert_eq!(launches(&notes), 1);
    request(Request::Restart(Target::ALL)).await.expect("it launches");
    told(&controller).await;
    assert_eq!(launches(&notes), 2);
}

#[tokio::test]
async fn the_stack_file_at_fault_can_be_opened_and_once_mended_something_else_is_at_fault() {
    let Application { notes, controller, task: _task, home } = refused_with(|home, start| {
        let file = home.path().join("skinai.toml");
        std::fs::write(&file, "ports = \"9000-8000\"\n").expect("own folder");
        start.launcher.stack_flag = Some(file);
    });
    let file = home.path().join("skinai.toml").display().to_string();
    let PanelEvent::Ended { refused, file: named, .. } = told(&controller).await else {
        panic!("it is refused")
    };
    assert_eq!((refused, named), (true, Some(file.clone())));
    let open = || controller.open_path(|controller| controller.file_of(""));
    open().await.expect("it is opened");
    assert!(notes.all().contains(&file));

    let mended = "name = \"Mine\"\n[service.a]\ncommand = [\"true\"]\n";
    std::fs::write(&file, mended).expect("own folder");
    restart_all(&controller).await.expect("it is tried");
    let PanelEvent::Ended { message, refused, file } = told(&controller).await else {
        panic!("it is refused")
    };
    assert_eq!((refused, file), (true, None), "{message}");
    let error = open().await.expect_err("no file is at fault");
    assert_eq!(error.code, ErrorCode::BadRequest);
}

#[tokio::test]
async fn trying_again_reads_the_settings_anew() {
    let Application { notes: _notes, controller, task: _task, home } = refused();
    told(&controller).await;
    std::fs::create_dir_all(home.path().join("config")).expect("own folder");
    let file = home.path().join("none.toml");
    let text = format!("stack_file = {:?}\n", file.display().to_string());
    std::fs::write(home.path().join("config/settings.toml"), text).expect("own folder");
    restart_all(&controller).await.expect("it is tried");
    let PanelEvent::Ended { message, .. } = told(&controller).await else { panic!("it is refused") };
    assert!(message.contains("none.toml"), "{message}");
    assert_eq!(
        controller.call(|controller| controller.settings_now()).await.expect("it answers").stack_file,
        Some(file)
    );
}

#[tokio::test]
async fn the_panel_welcomes_nobody_to_a_tray_that_is_not_there() {
    let first = |start: &mut Startup| (start.hidden, start.first_launch) = (false, true);
    let welcome = async |there| {
        let (home, notes) = (tempfile::tempdir().expect("a temporary folder"), Notes::default());
        let (sender, _events) = tokio::sync::mpsc::channel(QUEUE_MAX);
        let mut start = start_in(&home);
        first(&mut start);
        let mut controller = Controller::new(Box::new(notes), start, sender);
        let (reply, mut answer) = tokio::sync::oneshot::channel();
        controller.answer_welcome(reply);
        assert!(answer.try_recv().is_err(), "it is not known yet");
        controller.tray_at_launch(there);
        answer.await.expect("it answers")
    };
    assert_eq!(welcome(true).await, Ok(true));
    assert_eq!(welcome(false).await, Ok(false));
}

#[tokio::test]
async fn what_is_asked_of_a_stack_that_is_not_there_is_refused_by_its_name() {
    let Application { controller, .. } = refused();
    let opened = controller.call_later(|controller, reply| controller.open("shop", "ui", reply));
    let error = opened.await.expect_err("no such stack");
    assert_eq!((error.code, error.message.contains("shop")), (ErrorCode::NotRunning, true), "{error:?}");
}

#[tokio::test]
async fn settings_that_are_wrong_or_refused_are_not_saved() {
    let Application { notes: _notes, controller, task: _task, home } = refused();
    told(&controller).await;
    let file = home.path().join("config/settings.toml");
    let save =
        |settings: Settings| controller.call_later(|controller, reply| controller.save(settings, reply));
    let wrong = Settings { range: "9000-8000".to_owned(), ..Settings::default() };
    assert_eq!(save(wrong).await.expect_err("it is wrong").code, ErrorCode::BadRequest);
    let refused = Settings { start_at_login: true, ..Settings::default() };
    assert_eq!(save(refused).await.expect_err("it is refused").message, "the system refuses");
    assert!(!file.exists());
    let right = Settings { range: "8100-8200".to_owned(), ..Settings::default() };
    assert!(!save(right.clone()).await.expect("it is right").restart_needed);
    assert_eq!(
        controller.call(|controller| controller.settings_now()).await.expect("the controller runs"),
        right
    );
    assert!(file.exists());
}

#[tokio::test]
async fn nobody_waits_for_settings_that_are_checked() {
    let Application { controller, task: _task, home, .. } = refused();
    told(&controller).await;
    let services = (0..500).map(|number| format!("[service.s{number}]\ncommand = [\"true\"]\n"));
    let file = home.path().join("large.toml");
    let text = format!("name = \"Large\"\n{}", services.collect::<String>());
    std::fs::write(&file, text).expect("own folder");
    let settings = Settings { stack_file: Some(file), ..Settings::default() };
    let check = controller.call_later(|controller, reply| controller.check_settings(settings, reply));
    tokio::pin!(check);
    tokio::select! {
        biased;
        checked = &mut check => panic!("others wait for {checked:?}"),
        answered = controller.call(|controller| controller.shown_stack()) => assert!(answered.is_ok()),
    }
    assert_eq!(check.await, Ok(Vec::new()));
}

/// A controller that has been told this of its services, and what it then answers.
async fn asked_of(
    snapshot: Snapshot,
    ask: impl FnOnce(&Controller, ReplyTo<()>),
) -> (Result<(), ApiError>, Notes) {
    let (home, notes) = (tempfile::tempdir().expect("a temporary folder"), Notes::default());
    let (sender, _events) = tokio::sync::mpsc::channel(QUEUE_MAX);
    let mut controller = Controller::new(Box::new(notes.clone()), start_in(&home), sender);
    controller.stacks[0].snapshot = Some(Arc::new(snapshot));
    let (reply, result) = tokio::sync::oneshot::channel();
    ask(&controller, reply);
    (result.await.expect("it answers"), notes)
}

#[tokio::test]
async fn a_service_is_opened_only_where_it_is_itself() {
    use ServiceState::*;
    let open = |controller: &Controller, reply| controller.open("", "ui", reply);
    let with = |state, handoff| {
        let mut snapshot = stack([Healthy, state, Healthy]);
        Arc::make_mut(&mut snapshot.services[1]).handoff = handoff;
        snapshot
    };
    let address = "http://127.0.0.1:8001/".to_owned();
    for state in [Healthy, Unhealthy] {
        for handoff in [Handoff::Socket, Handoff::Number] {
            let (opened, notes) = asked_of(with(state, handoff), open).await;
            assert_eq!((opened, notes.all()), (Ok(()), vec![address.clone()]), "{state} {handoff:?}");
        }
    }
    // Nobody else can listen on a socket that the launcher holds.
    for state in [Starting, Backoff, Stopping] {
        assert_eq!(
            asked_of(with(state, Handoff::Socket), open).await.1.all(),
            vec![address.clone()],
            "{state}"
        );
        let (opened, notes) = asked_of(with(state, Handoff::Number), open).await;
        assert_eq!(opened.expect_err("it may be a stranger's").code, ErrorCode::NotHealthy);
        assert_eq!(notes.all(), Vec::<String>::new(), "{state}");
    }
    for state in [Stopped, Conflict, Failed] {
        for handoff in [Handoff::Socket, Handoff::Number] {
            let (opened, notes) = asked_of(with(state, handoff), open).await;
            let code = if state == Conflict { ErrorCode::PortTaken } else { ErrorCode::NotHealthy };
            assert_eq!(opened.expect_err("it is not its own").code, code, "{state} {handoff:?}");
            assert_eq!(notes.all(), Vec::<String>::new(), "{state} {handoff:?}");
        }
    }
}

#[tokio::test]
async fn what_is_copied_carries_no_token() {
    let snapshot = stack([ServiceState::Healthy; 3]);
    let (copied, notes) =
        asked_of(snapshot, |controller, reply| controller.copy("default", "ui", CopyForm::Address, reply))
            .await;
    assert_eq!((copied, notes.all()), (Ok(()), vec!["http://127.0.0.1:8001".to_owned()]));
}

#[tokio::test]
async fn a_key_is_copied_of_what_runs_alone() {
    let snapshot = stack([ServiceState::Healthy; 3]);
    let ask = |controller: &Controller, reply| controller.copy("", "ui", CopyForm::AddressWithKey, reply);
    let (copied, notes) = asked_of(snapshot, ask).await;
    assert_eq!(copied.expect_err("no engine makes a key").code, ErrorCode::NotRunning);
    assert_eq!(notes.all(), Vec::<String>::new());
}

#[tokio::test]
async fn file_and_folder_are_opened_where_there_are_any() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut snapshot = stack([ServiceState::Healthy; 3]);
    snapshot.stack_file = Some("/home/anna/skinai.toml".to_owned());
    Arc::make_mut(&mut snapshot.services[1]).folder = Some(folder.path().display().to_string());
    Arc::make_mut(&mut snapshot.services[2]).folder = Some("/no/such/folder".to_owned());
    let file = |controller: &Controller, reply| controller.open_path(controller.file_of(""), reply);
    let of = |service: &'static str| {
        move |controller: &Controller, reply| {
            controller.open_path(controller.service_folder("", service), reply)
        }
    };
    let (opened, notes) = asked_of(snapshot.clone(), file).await;
    assert_eq!((opened, notes.all()), (Ok(()), vec!["/home/anna/skinai.toml".to_owned()]));
    let (opened, notes) = asked_of(snapshot.clone(), of("ui")).await;
    assert_eq!((opened, notes.all()), (Ok(()), vec![folder.path().display().to_string()]));
    for service in ["backend", "admin"] {
        let (opened, notes) = asked_of(snapshot.clone(), of(service)).await;
        assert_eq!(opened.expect_err("there is none").code, ErrorCode::BadRequest, "{service}");
        assert_eq!(notes.all(), Vec::<String>::new());
    }
    snapshot.stack_file = None;
    let (opened, _) = asked_of(snapshot, file).await;
    assert_eq!(opened.expect_err("the built-in stack has none").code, ErrorCode::BadRequest);
}

/// Listens as the launcher of an instance, and gives each connection this answer, until it is dropped.
#[cfg(unix)]
struct Launcher {
    task: tokio::task::JoinHandle<()>,
    /// What it was asked for, nothing by those who only looked whether it listens.
    asked: Arc<Mutex<Vec<String>>>,
    socket: std::path::PathBuf,
}

#[cfg(unix)]
impl Launcher {
    fn listen(home: &TempDir, instance: &str, reply: String) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let folder = home.path().join("run");
        std::fs::create_dir_all(&folder).expect("own folder");
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).expect("own folder");
        let socket = userdirs::control_socket(&folder, instance);
        let listener = tokio::net::UnixListener::bind(&socket).expect("own folder");
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let length = connection.read(&mut request).await.unwrap_or_default();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                noted.lock().expect("no test panics with it").push(request);
                let _ = connection.write_all(reply.as_bytes()).await;
            }
        });
        Self { task, asked, socket }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panics with it").clone()
    }
}

#[cfg(unix)]
impl Drop for Launcher {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn who_does_not_say_how_it_is_stays_in_the_list_with_the_reason_until_it_is_gone() {
    let head = |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let refusals = [
        (String::new(), "breaks the connection off"),
        (head("200 OK"), "breaks the connection off"),
        (head("404 Not Found"), "404"),
    ];
    let is_listed =
        |event: &PanelEvent| matches!(event, PanelEvent::Stacks { stacks, .. } if stacks.len() == 2);
    for (reply, why) in refusals {
        let mut launcher = None;
        let Application { controller, task: _task, home: _home, .. } =
            refused_with(|home, _| launcher = Some(Launcher::listen(home, "shop", reply)));
        let launcher = launcher.expect("it listens");
        listed(&controller, &["default", "shop"], None).await;
        let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
        let sink = Box::new(move |event| sender.send(event).is_ok());
        controller.call(|controller| controller.subscribe("shop", sink)).await.expect("the controller runs");
        let told = async {
            let message = loop {
                match events.recv().await.expect("the controller runs") {
                    PanelEvent::Silent { message } => break message,
                    event => assert!(is_listed(&event), "{why}: {event:?}"),
                }
            };
            while launcher.asked().len() < 8 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            message
        };
        let message = tokio::time::timeout(SOON, told).await.expect("soon");
        while let Ok(event) = events.try_recv() {
            assert!(is_listed(&event), "{why}: {event:?}");
        }
        assert!(message.contains("shop") && message.contains(why), "{message}");
        drop(launcher);
        listed(&controller, &["default"], None).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn of_another_launchers_lines_no_more_are_fetched_than_are_shown() {
    let mut launcher = None;
    let reply = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]".to_owned();
    let Application { controller, task: _task, home: _home, .. } =
        refused_with(|home, _| launcher = Some(Launcher::listen(home, "shop", reply)));
    let launcher = launcher.expect("it listens");
    listed(&controller, &["default", "shop"], None).await;
    let place = engine::LinePlace { at: jiff::Timestamp::from_second(3).expect("a time"), same: 2 };
    let asked = [
        (LogPart::End, "/v1/logs/web?lines=10"),
        (LogPart::Before(place), "/v1/logs/web?lines=12&until=3000"),
        (LogPart::After(place), "&since=3000"),
    ];
    for (part, path) in asked {
        let reader = controller.try_call(|controller| controller.log_reader("shop", vec!["web".to_owned()]));
        assert_eq!(reader.await.expect("it is there").part(part, 10).await, Ok(Vec::new()));
        let asked = launcher.asked();
        assert!(asked.iter().any(|asked| asked.contains(&format!("{path} HTTP"))), "{path}: {asked:?}");
    }
}

#[tokio::test]
async fn what_nothing_opens_is_named_with_what_to_do() {
    let open = |controller: &Controller, reply| controller.open_path(Ok("/home/anna/refused".into()), reply);
    let error = asked_of(stack([ServiceState::Healthy; 3]), open).await.0.expect_err("nothing opens it");
    for part in ["/home/anna/refused", "xdg-open: exit status: 3", "default program"] {
        assert!(error.message.contains(part), "{}", error.message);
    }
}

#[tokio::test]
async fn the_logs_of_a_stack_that_has_ended_are_read_from_its_files() {
    let Application { controller, task: _task, home, .. } = refused();
    told(&controller).await;
    let services = async |stack: &'static str| {
        controller.call_later(move |controller, reply| controller.log_services(stack, reply)).await
    };
    assert_eq!(services("").await, Ok(Vec::new()), "nothing was ever launched");
    for stack in ["default", "shop"] {
        let folder = home.path().join("state").join(stack);
        std::fs::create_dir_all(&folder).expect("own folder");
        std::fs::write(folder.join("web.log"), "2024-01-31T10:00:00.000Z out hello\n").expect("own folder");
    }
    for stack in ["", "shop"] {
        let found = services(stack).await.expect("there are files");
        assert_eq!(found.iter().map(|service| &service.name).collect::<Vec<_>>(), ["web"]);
        let reader = controller.try_call(move |it| it.log_reader(stack, vec!["web".to_owned()])).await;
        let lines = reader.expect("there are files").part(LogPart::End, 10).await.expect("they are read");
        assert_eq!(lines.iter().map(|(_, line)| line.text.as_str()).collect::<Vec<_>>(), ["hello"]);
        let titled = controller.try_call(move |it| it.log_title(stack, Some("web"))).await;
        let (instance, title) = match stack {
            "" => ("default", "Skin AI Assistant"),
            other => (other, other),
        };
        assert_eq!(titled, Ok((instance.to_owned(), format!("Output of web – {title}"))));
    }
    for stack in ["other", "../shop", "."] {
        assert_eq!(services(stack).await.expect_err("there is none").code, ErrorCode::NotRunning, "{stack}");
    }
}

#[tokio::test]
async fn each_notification_has_an_id_of_its_own_however_many_stacks_there_were() {
    use ServiceState::{Failed, Healthy};
    let (home, notes) = (tempfile::tempdir().expect("a temporary folder"), Notes::default());
    let (sender, _events) = tokio::sync::mpsc::channel(QUEUE_MAX);
    let mut controller = Controller::new(Box::new(notes.clone()), start_in(&home), sender);
    controller.last_id = 3_000_000;
    let files = ["shop", "other"].map(|name| project(&home, name));
    files.iter().for_each(|file| controller.open_stack(file));
    controller.last_notification = i32::MAX;
    let ids = controller.stacks.iter().map(|stack| stack.id).collect::<Vec<_>>();
    for id in &ids {
        controller.observe(*id, Arc::new(stack([Healthy, Failed, Failed])));
    }
    controller.observe(ids[1], Arc::new(stack([Healthy, Healthy, Failed])));
    controller.ended(ids[1]);
    let all = notes.all();
    let of = |what: &str| all.iter().filter_map(|note| note.strip_prefix(what)).collect::<Vec<_>>();
    let shown = of("notified: ");
    assert_eq!(shown.iter().collect::<std::collections::HashSet<_>>().len(), 6, "{shown:?}");
    assert_eq!(of("withdrawn: "), shown[2..4]);
}

/// Waits until the list of stacks is so: their instances, and the one that is shown.
async fn listed(controller: &ControllerHandle, instances: &[&str], shown: impl Into<Option<&str>>) {
    let shown = shown.into();
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let sink = Box::new(move |event| sender.send(event).is_ok());
    controller.call(|controller| controller.subscribe("", sink)).await.expect("the controller runs");
    let mut last = None;
    let so = async {
        while let Some(event) = events.recv().await {
            let PanelEvent::Stacks { stacks, shown: now } = event else { continue };
            let names: Vec<_> = stacks.iter().map(|stack| stack.instance.as_str()).collect();
            if names == instances && shown.is_none_or(|shown| shown == now) {
                return;
            }
            last = Some((stacks, now));
        }
    };
    assert!(tokio::time::timeout(SOON, so).await.is_ok(), "{instances:?} {shown:?}, but {last:?}");
}

/// A stack file in a folder of that name.
fn project(home: &TempDir, name: &str) -> std::path::PathBuf {
    let folder = home.path().join(name);
    std::fs::create_dir_all(&folder).expect("own folder");
    let file = folder.join("skinai.toml");
    std::fs::write(&file, "[service.a]\ncommand = [\"true\"]\n").expect("own folder");
    file
}

#[tokio::test]
async fn a_further_stack_is_opened_once_and_remembered_and_leaves_the_list_when_it_is_ended() {
    let Application { notes, controller, task: _task, home } = refused();
    told(&controller).await;
    let file = project(&home, "my shop");
    controller.send(Command::OpenStack(file.clone()));
    listed(&controller, &["default", "my-shop"], "my-shop").await;
    // The folder of a project, and the file by another way, are the same.
    let again = home.path().join("my shop/../my shop/skinai.toml");
    for other in [file.parent().expect("it has one").to_owned(), again] {
        controller.send(Command::OpenStack(other));
        listed(&controller, &["default", "my-shop"], "my-shop").await;
    }
    let recent = async || controller.call(|controller| controller.recent_stacks()).await.expect("it answers");
    assert_eq!(recent().await, [""; 0], "it is listed itself");
    controller.call(|controller| controller.choose_stack_file()).await.expect("it answers");
    let chooser = format!("chooser: Open a stack file, in {:?}", file.parent());
    assert!(notes.all().contains(&chooser), "{:?}", notes.all());
    let PanelEvent::Ended { refused: true, .. } = told_of(&controller, "my-shop").await else {
        panic!("it is refused")
    };
    controller
        .call_later(|controller, reply| controller.end_stack("my-shop", reply))
        .await
        .expect("nothing of it runs");
    listed(&controller, &["default"], "my-shop").await;
    assert_eq!(recent().await, [file.display().to_string()]);
}

#[tokio::test]
async fn a_stack_file_that_is_refused_is_called_as_it_says_and_told_in_the_diagnostics_of_all() {
    let Application { controller, task: _task, home, .. } = refused();
    told(&controller).await;
    let file = project(&home, "beta");
    std::fs::write(&file, "name = \"Beta Shop\" # a comment\n[service.a]\ncomand = 1\n").expect("own folder");
    controller.send(Command::OpenStack(file.clone()));
    listed(&controller, &["default", "beta"], "beta").await;
    let PanelEvent::Ended { refused: true, .. } = told_of(&controller, "beta").await else {
        panic!("it is refused")
    };
    let about = controller.try_call(|controller| controller.about("beta")).await.expect("it is there");
    assert_eq!(about.stack.as_deref(), Some("Beta Shop"));
    for asked in ["beta", ""] {
        let diagnostics = controller.try_call(move |controller| controller.diagnostics(asked)).await;
        let text = diagnostics.expect("it is there").text().await;
        let stacks: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("stack: ")).collect();
        let (own, beta) = ("Skin AI Assistant", "Beta Shop");
        // The one that is shown comes first.
        assert_eq!(stacks, if asked.is_empty() { [own, beta] } else { [beta, own] }, "{text}");
        assert!(text.contains("trouble: ") && text.contains("unknown key `comand`"), "{text}");
    }
}

#[tokio::test]
async fn a_stack_that_was_ended_before_it_ran_goes_on_after_its_next_launch() {
    let Application { controller, task: _task, home: _home, .. } = refused();
    told(&controller).await;
    let ended = controller.call_later(|controller, reply| controller.end_stack("", reply));
    ended.await.expect("nothing of it runs");
    let ends = controller.call(|controller| controller.own().ending);
    assert!(!ends.await.expect("the controller runs"));
}

#[tokio::test]
async fn a_stack_that_has_ended_while_it_is_shown_is_followed_when_it_is_launched_again() {
    let Application { controller, task: _task, home, .. } = refused();
    told(&controller).await;
    let end = async |name| {
        let ended = controller.call_later(move |controller, reply| controller.end_stack(name, reply));
        ended.await.expect("nothing of it runs");
    };
    let [shop, other] = ["shop", "other"].map(|name| project(&home, name));
    controller.send(Command::OpenStack(other));
    controller.send(Command::OpenStack(shop.clone()));
    // Each refusal shows its stack, and comes when it comes.
    told_of(&controller, "other").await;
    told_of(&controller, "shop").await;
    let shown = controller.try_call(|controller| controller.switch_stack("shop")).await;
    shown.expect("it is there");
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let sink = Box::new(move |event| sender.send(event).is_ok());
    controller.call(|controller| controller.subscribe("shop", sink)).await.expect("the controller runs");
    end("shop").await;
    // That another one ends as well changes nothing for it.
    end("other").await;
    let refusals = async {
        while let Some(event) = events.recv().await {
            if matches!(event, PanelEvent::Ended { refused: false, .. }) {
                break;
            }
        }
        controller.send(Command::OpenStack(shop));
        while !matches!(events.recv().await, Some(PanelEvent::Ended { refused: true, .. })) {}
    };
    tokio::time::timeout(SOON, refusals).await.expect("it is told of its launch");
}

#[tokio::test]
async fn a_stack_that_has_ended_is_launched_again_from_the_panel_that_still_shows_it() {
    let Application { controller, task: _task, home, .. } = refused();
    told(&controller).await;
    let file = project(&home, "shop");
    controller.send(Command::OpenStack(file.clone()));
    told_of(&controller, "shop").await;
    let ended = controller.call_later(|controller, reply| controller.end_stack("shop", reply));
    ended.await.expect("nothing of it runs");
    listed(&controller, &["default"], None).await;
    let again = async |name| {
        let asked = move |controller: &mut Controller, reply| {
            controller.request(name, Request::Restart(Target::ALL), reply);
        };
        controller.call_later(asked).await
    };
    again("shop").await.expect("its file is known");
    listed(&controller, &["default", "shop"], None).await;
    let files = controller.call(|controller| controller.find("shop").map(StackState::file));
    assert_eq!(files.await.expect("it runs").expect("it is listed"), Some(file));
    assert_eq!(again("other").await.expect_err("there was none").code, ErrorCode::NotRunning);
}

#[tokio::test]
async fn the_stack_file_of_the_command_line_is_remembered_where_it_is_there() {
    for is_there in [true, false] {
        let Application { controller, task: _task, home, .. } = refused_with(|home, start| {
            let file = if is_there { project(home, "shop") } else { home.path().join("shop/skinai.toml") };
            start.launcher.stack_flag = Some(file);
        });
        told(&controller).await;
        let recent = controller.call(|controller| controller.settings.recent_stacks.clone());
        let file = home.path().join("shop/skinai.toml");
        let expected = if is_there { vec![file] } else { Vec::new() };
        assert_eq!(recent.await.expect("it runs"), expected);
    }
}

#[tokio::test]
async fn which_stack_is_shown_is_what_was_chosen_last_whatever_the_page_shows_meanwhile() {
    let Application { controller, task: _task, home, .. } = refused();
    let shown = async || controller.call(|controller| controller.shown_stack()).await.expect("it runs");
    // Each refusal shows its stack, and comes when it comes.
    told(&controller).await;
    controller.send(Command::OpenStack(project(&home, "shop")));
    told_of(&controller, "shop").await;
    // A page that had read before which one to show asks for that one.
    told_of(&controller, "default").await;
    assert_eq!(shown().await, "shop");
    let choose = async |name| controller.try_call(move |controller| controller.switch_stack(name)).await;
    choose("default").await.expect("it is there");
    told_of(&controller, "shop").await;
    assert_eq!(shown().await, "default");
    assert!(choose("other").await.is_err());
    // Nor while nobody sees the page.
    controller.call(Controller::unsubscribe).await.expect("the controller runs");
    controller.send(Command::Menu(MenuAction::Stack("shop".to_owned(), StackAction::Show)));
    told_of(&controller, "default").await;
    assert_eq!(shown().await, "shop");
}

#[tokio::test]
async fn what_is_over_gives_its_name_to_what_another_process_runs() {
    let Application { controller, task: _task, home, .. } = refused();
    told(&controller).await;
    controller.send(Command::OpenStack(project(&home, "shop")));
    listed(&controller, &["default", "shop"], "shop").await;
    told_of(&controller, "shop").await;
    controller.send(Command::SecondLaunch(Args::default()));
    let runtime = home.path().join("run");
    let found = controller.call(move |controller| {
        let there = ["default", "shop"].map(|name| Client::at(runtime.clone(), name.to_owned()));
        controller.found(there.into());
        let runs =
            ["default", "shop"].map(|name| controller.find(name).is_ok_and(|it| it.launcher.is_none()));
        let names: Vec<_> = controller.stacks.iter().map(|stack| stack.name.clone()).collect();
        let shown = controller.shown_stack();
        let there = controller.find("default").map(|it| it.id).unwrap_or_default();
        controller.ended(there);
        (names, shown, runs, controller.own().name.clone(), controller.shown_stack())
    });
    let (names, shown, runs, name_again, shown_again) = found.await.expect("the controller runs");
    assert_eq!(names, ["default-2", "default", "shop"]);
    assert_eq!((shown.as_str(), runs), ("default-2", [true, true]));
    assert_eq!((name_again.as_str(), shown_again.as_str()), ("default", "default"));
}

#[tokio::test]
async fn only_stack_files_are_taken_and_a_page_opens_none_but_those_that_were_opened() {
    let Application { notes, controller, task: _task, home } = refused();
    told(&controller).await;
    let picture = home.path().join("photo.png");
    std::fs::write(&picture, "").expect("own folder");
    let folder = home.path().join("empty");
    std::fs::create_dir_all(&folder).expect("own folder");
    let missing = home.path().join("missing.toml");
    controller.send(Command::Dropped(vec![picture.clone(), folder, missing]));
    listed(&controller, &["default"], "default").await;
    let said = |what: &str| notes.all().iter().filter(|note| note.contains(what)).count();
    assert_eq!((said("is no stack file"), said("missing.toml is not there")), (2, 1), "{:?}", notes.all());
    let file = project(&home, "shop");
    let error = controller.try_call(move |controller| controller.open_recent(&file)).await;
    assert_eq!(error.expect_err("nobody opened it").code, ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_file_that_was_dropped_is_launched_only_when_the_user_has_seen_what_it_runs() {
    let Application { notes, controller, task: _task, home } = refused();
    told(&controller).await;
    let asked = async |count: usize| {
        let asked = async {
            while notes.1.lock().expect("no test panics with it").len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            notes.1.lock().expect("no test panics with it").last().cloned()
        };
        tokio::time::timeout(SOON, asked).await.expect("soon").expect("it is asked")
    };
    let file = project(&home, "shop");
    let write = |command: &str| {
        let more: String = (0..20).map(|at| format!("[service.s{at}]\ncommand = [\"true\"]\n")).collect();
        let health = "health = { command = [\"curl\", \"evil\"] }";
        let text = format!("name = \"Shop\"\n[service.web]\ncommand = {command}\n{health}\n{more}");
        std::fs::write(&file, text).expect("own folder");
    };
    write("[\"rm\", \"-rf\", \"\u{202e}/home\\n\", \"{env.NOPE:-/tmp}\"]");
    controller.send(Command::Dropped(vec![file.clone()]));
    let question = asked(1).await;
    let lines: Vec<_> = question.text.lines().collect();
    assert_eq!(lines[0], format!("{} runs:", file.display()));
    assert_eq!(lines[2..4], ["web: rm -rf /home  /tmp", "web: curl evil"]);
    assert_eq!(lines[lines.len() - 3], "and 10 more", "{lines:?}");
    listed(&controller, &["default"], None).await;
    // What was agreed to is not what would run by now.
    write("[\"rm\"]");
    controller.send(Command::Agreed(question));
    let again = asked(2).await;
    assert!(again.text.contains("web: rm\n"), "{}", again.text);
    listed(&controller, &["default"], None).await;
    controller.send(Command::Agreed(again));
    listed(&controller, &["default", "shop"], "shop").await;
    // It was opened, so that nobody is asked again.
    let ended = controller.call_later(|controller, reply| controller.end_stack("shop", reply));
    told_of(&controller, "shop").await;
    ended.await.expect("nothing of it runs");
    listed(&controller, &["default"], None).await;
    controller.send(Command::Dropped(vec![file]));
    listed(&controller, &["default", "shop"], "shop").await;
    let wrong = home.path().join("wrong.toml");
    std::fs::write(&wrong, "[service.web\nnonsense").expect("own folder");
    controller.send(Command::Dropped(vec![wrong]));
    let refused = async {
        while !notes.all().iter().any(|note| note.contains("wrong.toml:1") && note.lines().count() == 1) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, refused).await.expect("it is refused in a sentence");
    assert_eq!(notes.1.lock().expect("no test panics with it").len(), 2);
}

#[tokio::test]
async fn the_newest_stack_files_are_remembered_and_saving_settings_forgets_none() {
    let Application { controller, task: _task, home, .. } = refused();
    told(&controller).await;
    for number in 0..10 {
        let file = project(&home, &format!("p{number}"));
        controller.send(Command::OpenStack(file));
    }
    let stale = Settings { range: "8100-8200".to_owned(), ..Settings::default() };
    controller.call_later(|controller, reply| controller.save(stale, reply)).await.expect("it is right");
    // Others were opened while the engine applied these.
    let late = Settings { range: "8100-8300".to_owned(), ..Settings::default() };
    controller.call_later(|it, reply| it.applied(late, Ok(()), reply)).await.expect("they are stored");
    let recent = controller.call(|controller| controller.settings.recent_stacks.clone()).await;
    let recent: Vec<String> =
        recent.expect("it answers").iter().map(|file| file.display().to_string()).collect();
    assert_eq!(recent.len(), 8);
    assert!(recent[0].contains("p9") && recent[7].contains("p2"), "{recent:?}");
}

#[tokio::test]
async fn at_login_the_stacks_are_opened_that_were_chosen_and_none_is_shown() {
    let Application { notes, controller, task: _task, home: _home } = refused_with(|home, start| {
        start.settings.stacks_at_login = vec![project(home, "shop"), home.path().join("gone.toml")];
    });
    listed(&controller, &["default", "shop"], None).await;
    assert!(!notes.all().iter().any(|note| note.contains("is no stack file")), "{:?}", notes.all());
}

#[tokio::test]
async fn a_stack_that_starts_at_login_is_known_by_its_file_by_whatever_way_it_was_opened() {
    let Application { controller, task: _task, home, .. } = refused_with(|home, start| {
        start.settings.stacks_at_login = vec![project(home, "other/../shop")];
        start.hidden = false;
    });
    controller.send(Command::OpenStack(project(&home, "shop")));
    listed(&controller, &["default", "shop"], None).await;
    let marked = async || {
        let summary = |it: &mut Controller| {
            it.find("shop").map(|stack| stack.summary(&it.settings.stacks_at_login).at_login)
        };
        controller.try_call(summary).await
    };
    assert_eq!(marked().await, Ok(true));
    let unmark = controller.try_call(|controller| controller.start_stack_at_login("shop", false)).await;
    unmark.expect("it has a file");
    assert_eq!(marked().await, Ok(false));
}

#[tokio::test]
async fn what_has_no_stack_file_is_not_launched_at_login_and_changes_nothing_for_the_application() {
    let Application { controller, task: _task, home: _home, .. } = refused();
    told(&controller).await;
    controller.call(Controller::new_instance).await.expect("the controller runs");
    let refused = controller.try_call(|controller| controller.start_stack_at_login("default-2", true)).await;
    assert_eq!(refused.expect_err("it has no file").code, ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_second_launch_opens_shows_and_ends_stacks_of_the_first() {
    let Application { notes, controller, task, home } = refused();
    told(&controller).await;
    let file = project(&home, "shop");
    let launch = |args: Args| controller.send(Command::SecondLaunch(args));
    launch(Args { stack: Some(file.clone()), ..Args::default() });
    listed(&controller, &["default", "shop"], "shop").await;
    // A launch that is refused shows why, whenever that is known.
    told_of(&controller, "shop").await;
    launch(Args { new_instance: true, ..Args::default() });
    listed(&controller, &["default", "shop", "default-2"], "default-2").await;
    told_of(&controller, "default-2").await;
    launch(Args { instance: Some("b".to_owned()), hidden: true, ..Args::default() });
    listed(&controller, &["default", "shop", "default-2", "b"], "b").await;
    launch(Args::default());
    listed(&controller, &["default", "shop", "default-2", "b"], "default").await;
    launch(Args { stack: Some(file), quit: true, ..Args::default() });
    for name in ["default-2", "b"] {
        launch(Args { instance: Some(name.to_owned()), quit: true, ..Args::default() });
    }
    listed(&controller, &["default"], "default").await;
    launch(Args { instance: Some("default".to_owned()), quit: true, ..Args::default() });
    tokio::time::timeout(SOON, task).await.expect("soon").expect("it ends in order");
    assert_eq!(notes.all().last().map(String::as_str), Some("exit"));
}
