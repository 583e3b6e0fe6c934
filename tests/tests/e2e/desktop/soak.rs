//! A week of a desktop application in minutes: launched, launched again, looked at, suspended, logged out.
//! Nothing is left behind, and nothing grows.
//!
//! A run of all tests has a short form of it; `SKINAI_SOAK=full cargo xtask test soak` runs the whole one.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::Snapshot;
use end_to_end::{
    Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, TrayIcon, eventually, eventually_some, http,
    processes,
};
use nix::sys::signal::Signal;
use walkdir::{DirEntry, WalkDir};

use super::app::{self, CLICK_WITHIN, PANEL, healthy, healthy_icon, status, webview_processes};

/// Of so many openings one is followed by a rest in which the webview's memory is given back.
const OPENINGS_TO_A_REST: usize = 10;
/// How much more memory the launcher may have in the last third of the rests than in the first, at most.
const GROWTH_MAX: f64 = 1.05;

/// How long somebody waits before they click again.
const AGAIN: Duration = Duration::from_secs(1);

/// How often things happen in this run.
struct Extent {
    launches: usize,
    panels: usize,
    suspended: Duration,
    /// How long services change all the time.
    unrest: Duration,
}

impl Extent {
    fn of_this_run() -> Self {
        if std::env::var_os("SKINAI_SOAK").is_some_and(|extent| extent == "full") {
            Self {
                launches: 50,
                panels: 200,
                suspended: Duration::from_secs(20),
                unrest: Duration::from_secs(60),
            }
        } else {
            Self {
                launches: 4,
                panels: 30,
                suspended: Duration::from_secs(3),
                unrest: Duration::from_secs(6),
            }
        }
    }
}

#[tokio::test]
async fn launch_after_launch_and_second_launches_leave_nothing_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let desktop = Desktop::start(&home);
    // The first one makes what is meant to stay: folders, the token, the database.
    launch_twice_and_end(&desktop, 0).await;
    let (session, files) = (session(&home), files(&home));
    let begun = Instant::now();
    let launches = Extent::of_this_run().launches;
    for round in 1..=launches {
        launch_twice_and_end(&desktop, round).await;
        eventually(SOON, "no process is left", || self::session(&home).is_subset(&session));
        assert_eq!(self::files(&home), files, "launch {round} left files behind, or took some away");
    }
    tell(&format!("{launches} launches, as many second launches, in {:.0} s", begun.elapsed().as_secs_f64()));
}

/// A launch, a second one that brings the panel, and an end in one of the ways in which people end it.
async fn launch_twice_and_end(desktop: &Desktop<'_>, round: usize) {
    let home = desktop.home();
    let mut app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(desktop).await;
    let snapshot = healthy(home, "default");
    let mut second = desktop.launch_app(&[]);
    assert!(second.wait(HEALTHY_WITHIN).success(), "{}", desktop.log_of("app"));
    eventually(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).len() == 1);
    assert_eq!(desktop.tray().await.icons().await.len(), 1, "there is one application");
    match round % 3 {
        0 => icon.click(&["Quit"]).await,
        1 => app.signal(Signal::SIGTERM),
        _ => assert!(desktop.launch_app(&["--quit"]).wait(HEALTHY_WITHIN).success()),
    }
    let status = app.wait(HEALTHY_WITHIN);
    assert!(status.success(), "launch {round}: {status}: {}", desktop.log_of("app"));
    assert_gone(home, &snapshot);
}

#[tokio::test]
async fn opening_and_closing_the_panel_grows_nothing() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let desktop = Desktop::start(&home);
    let app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    let before = healthy(&home, "default");
    let begun = Instant::now();
    let mut rests = Vec::new();
    let panels = Extent::of_this_run().panels;
    for opening in 1..=panels {
        open_and_close(&desktop, &icon).await;
        if opening % OPENINGS_TO_A_REST == 0 {
            eventually(CLICK_WITHIN, "the webview is gone", || webview_processes(&home).is_empty());
            rests.push(Footprint::at_rest(app.pid()).await);
        }
    }
    let took = begun.elapsed().as_secs_f64();
    let third = rests.len().div_ceil(3);
    let (early, late) = (&rests[..third], &rests[rests.len() - third..]);
    let (was, is) = (median(early), median(late));
    let each: Vec<String> = rests.iter().map(ToString::to_string).collect();
    tell(&format!("panel opened and closed {panels} times in {took:.0} s; at rest: {}", each.join("; ")));
    assert!(is <= was * GROWTH_MAX, "{was:.1} MB became {is:.1} MB: {each:?}");
    let most = |of: &[Footprint], what: fn(&Footprint) -> usize| of.iter().map(what).max();
    for what in [|rest: &Footprint| rest.descriptors, |rest: &Footprint| rest.threads] {
        assert!(most(late, what) <= most(early, what), "descriptors or threads grew: {each:?}");
    }
    assert_same_services(&before, &healthy(&home, "default"));
}

/// As its user does: by the menu, and by the window's own button.
async fn open_and_close(desktop: &Desktop<'_>, icon: &TrayIcon) {
    icon.click(&["Show port map"]).await;
    eventually(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).len() == 1);
    assert_eq!(desktop.run(&["wmctrl", "-c", "Skin AI Assistant"]).code, Some(0));
    eventually(CLICK_WITHIN, "the panel is gone", || desktop.windows(PANEL).is_empty());
}

#[tokio::test]
async fn the_desktops_tray_outlives_services_that_change_all_the_time_while_the_menu_is_opened() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&app::stack(&ports));
    let desktop = Desktop::start(&home);
    let _app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    // Where there are several stacks, each change of one makes the whole menu anew.
    icon.click(&["New instance"]).await;
    healthy(&home, "default-2");
    let host = || {
        let is_host = |pid: &u32| processes::command_line(*pid).contains("libsystray");
        home.processes().into_iter().find(is_host)
    };
    let (before, socket) = (host().expect("the panel has a tray"), home.control_socket("default"));
    let until = Instant::now() + Extent::of_this_run().unrest;
    let restart = |service: &'static str, socket: PathBuf| {
        move || {
            let (body, mut restarts) = (format!("{{\"service\":\"{service}\"}}"), 0);
            while Instant::now() < until {
                // Of two requests that cross, one is refused.
                let _ = http::control(&socket, "POST", "/v1/restart", &body);
                restarts += 1;
            }
            restarts
        }
    };
    let unrest =
        ["backend", "ui", "admin"].map(|service| std::thread::spawn(restart(service, socket.clone())));
    let mut menus = 0;
    while Instant::now() < until {
        open_and_close_menu(&desktop);
        menus += 1;
        assert_eq!(host(), Some(before), "the desktop's tray has ended after {menus} menus");
    }
    let restarts: u32 = unrest.map(|thread| thread.join().expect("it does not panic")).iter().sum();
    tell(&format!(
        "{menus} menus and {restarts} restarts in {:.0} s",
        Extent::of_this_run().unrest.as_secs_f64()
    ));
    assert!(menus > 0 && restarts > 0, "{menus} menus, {restarts} restarts");
    healthy(&home, "default");
    icon.wait_menu(HEALTHY_WITHIN, "the menu still follows", |menu| {
        menu.labels()[0] == "2 stacks: all healthy"
    })
    .await;
    assert_eq!(host(), Some(before), "the desktop's tray has ended");
}

/// Opens the menu by the icon in the panel, and closes it.
fn open_and_close_menu(desktop: &Desktop<'_>) {
    let windows = || {
        let found = desktop.run(&["xdotool", "search", "--onlyvisible", "--class", "^wrapper-2.0$"]);
        found.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let icon = eventually_some(CLICK_WITHIN, "the menu is closed", || match &windows()[..] {
        [icon] => Some(icon.clone()),
        _ => {
            // Away from the icon, which has a tooltip.
            desktop.run(&["xdotool", "key", "Escape", "mousemove", "640", "400"]);
            None
        }
    });
    let mut clicked: Option<Instant> = None;
    eventually(CLICK_WITHIN, "the menu is open", || {
        // What the desktop had just taken away is clicked again.
        if clicked.is_none_or(|at| at.elapsed() > AGAIN) {
            desktop.run(&["xdotool", "mousemove", "--window", &icon, "14", "14", "click", "1"]);
            clicked = Some(Instant::now());
        }
        windows().len() > 1
    });
}

#[tokio::test]
async fn a_suspended_machine_finds_everything_as_it_was() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let desktop = Desktop::start(&home);
    let app = desktop.launch_app(&["--hidden"]);
    let icon = healthy_icon(&desktop).await;
    icon.click(&["Show port map"]).await;
    eventually(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).len() == 1);
    let before = healthy(&home, "default");
    let suspended = Extent::of_this_run().suspended;
    for _ in 0..2 {
        let all: Vec<u32> = std::iter::once(app.pid()).chain(processes::descendants(app.pid())).collect();
        all.iter().for_each(|pid| processes::signal(*pid, Signal::SIGSTOP));
        let until = Instant::now() + suspended;
        eventually(suspended * 2, "time passes", || Instant::now() >= until);
        all.iter().rev().for_each(|pid| processes::signal(*pid, Signal::SIGCONT));
        // Probed once more, and found well.
        let resumed = before.services.iter().map(|service| service.health.checked_at).max().flatten();
        eventually(HEALTHY_WITHIN, "every service was probed again and is well", || {
            status(&home, "default").is_some_and(|now| {
                let probed = now.services.iter().all(|service| service.health.checked_at > resumed);
                now.all_healthy() && probed
            })
        });
        assert_same_services(&before, &healthy(&home, "default"));
    }
    let icon = healthy_icon(&desktop).await;
    icon.click(&["Restart", "User UI"]).await;
    let old = before.service("ui").unwrap().pid;
    eventually(HEALTHY_WITHIN, "the menu still does what it says", || {
        status(&home, "default").is_some_and(|now| now.all_healthy() && now.service("ui").unwrap().pid != old)
    });
    assert_eq!(desktop.windows(PANEL).len(), 1);
    tell(&format!("suspended twice for {} s", suspended.as_secs()));
}

#[tokio::test]
async fn logging_out_leaves_nothing_behind() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    // A session that asks first, and one that is just gone.
    for asks in [true, false] {
        let desktop = Desktop::start(&home);
        let mut app = desktop.launch_app(&["--hidden"]);
        let icon = healthy_icon(&desktop).await;
        icon.click(&["Show port map"]).await;
        eventually(CLICK_WITHIN, "the panel is shown", || desktop.windows(PANEL).len() == 1);
        wait_for_rest(&home);
        let snapshot = healthy(&home, "default");
        if asks {
            for pid in app_processes(&home) {
                processes::signal(pid, Signal::SIGTERM);
            }
        }
        drop(desktop);
        let status = app.wait(HEALTHY_WITHIN);
        assert!(status.success(), "asked {asks}: {status}: {}", home.log_of("app"));
        assert_gone(&home, &snapshot);
        let left = files(&home);
        let of_an_instance =
            |path: &&PathBuf| path.ends_with("tray/default") || path.ends_with("default.sock");
        assert_eq!(left.iter().find(of_an_instance), None, "asked {asks}");
    }
}

/// Waits until the page of the panel has been drawn: WebKit ends the program when one of its processes
/// goes while it is being started.
#[track_caller]
fn wait_for_rest(home: &Home) {
    let used = || webview_processes(home).into_iter().filter_map(processes::cpu_seconds).sum::<f64>();
    eventually(HEALTHY_WITHIN, "the panel has come to rest", || {
        let (before, until) = (used(), Instant::now() + Duration::from_millis(500));
        eventually(SOON, "time passes", || Instant::now() >= until);
        webview_processes(home).len() >= 2 && used() - before < 0.05
    });
}

/// What a launcher has; of memory, what it has allocated.
struct Footprint {
    kilobytes: u64,
    descriptors: usize,
    threads: usize,
}

impl Footprint {
    /// Of all processes of the launcher, when what a closed panel leaves to be done has been done: the
    /// least of a few looks, since a probe under way has a descriptor and a task.
    async fn at_rest(pid: u32) -> Self {
        let mut least: Option<Self> = None;
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = Self::of(pid);
            least = Some(match least {
                None => now,
                Some(least) => Self {
                    kilobytes: least.kilobytes.min(now.kilobytes),
                    descriptors: least.descriptors.min(now.descriptors),
                    threads: least.threads.min(now.threads),
                },
            });
        }
        least.expect("it was looked at")
    }

    fn of(pid: u32) -> Self {
        let own = processes::own(pid);
        Self {
            kilobytes: own.iter().filter_map(|pid| processes::anonymous_kilobytes(*pid)).sum(),
            descriptors: own.iter().map(|pid| descriptors(*pid)).sum(),
            threads: own.iter().map(|pid| entries(*pid, "task").count()).sum(),
        }
    }

    fn megabytes(&self) -> f64 {
        self.kilobytes as f64 * 1024.0 / 1e6
    }
}

impl std::fmt::Display for Footprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { descriptors, threads, .. } = self;
        write!(f, "{:.1} MB, {descriptors} descriptors, {threads} threads", self.megabytes())
    }
}

/// But for the files of the kernel: a while after the first page WebKit opens seven of them, to see
/// whether memory becomes scarce, and keeps them.
fn descriptors(pid: u32) -> usize {
    let of_the_kernel = |path: &PathBuf| path.starts_with("/proc") || path.starts_with("/sys");
    let targets = entries(pid, "fd").filter_map(|path| std::fs::read_link(path).ok());
    targets.filter(|target| !of_the_kernel(target)).count()
}

fn entries(pid: u32, folder: &str) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/{folder}")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

/// In megabytes.
fn median(rests: &[Footprint]) -> f64 {
    let mut sorted: Vec<f64> = rests.iter().map(Footprint::megabytes).collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Every process of this home, but for what the session's buses started when somebody first asked for it. Those of
/// the session stay, whoever else is among them has been left.
fn session(home: &Home) -> BTreeSet<u32> {
    let is_of_a_bus =
        |pid: &u32| processes::variables(*pid).iter().any(|variable| variable == "DBUS_STARTER_ADDRESS");
    home.processes().into_iter().filter(|pid| !is_of_a_bus(pid)).collect()
}

/// The launcher, its services and its webview.
fn app_processes(home: &Home) -> Vec<u32> {
    let programs = [Programs::app(), Programs::skinai()].map(|path| path.display().to_string());
    let is_ours = |pid: &u32| {
        let line = processes::command_line(*pid);
        line.contains("WebKit") || programs.iter().any(|program| line.starts_with(program.as_str()))
    };
    home.processes().into_iter().filter(is_ours).collect()
}

/// Services, ports, and every process of the application.
#[track_caller]
fn assert_gone(home: &Home, snapshot: &Snapshot) {
    eventually(SOON, "no process of the application is left", || app_processes(home).is_empty());
    for service in &snapshot.services {
        let port = service.port.expect("it has one");
        eventually(SOON, "the port is free", || TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}

#[track_caller]
fn assert_same_services(before: &Snapshot, after: &Snapshot) {
    let who = |snapshot: &Snapshot| {
        let rows = snapshot.services.iter();
        rows.map(|service| (service.name.clone(), service.pid, service.port, service.restarts))
            .collect::<Vec<_>>()
    };
    assert_eq!(who(before), who(after), "the services are the same");
}

/// Every file and folder in the runtime and the temporary folder.
fn files(home: &Home) -> BTreeSet<PathBuf> {
    let folders = [home.runtime(), home.path().join("tmp")];
    let below = |folder| WalkDir::new(folder).min_depth(1).into_iter().flatten().map(DirEntry::into_path);
    folders.into_iter().flat_map(below).collect()
}

#[expect(clippy::print_stderr, reason = "the test's output is where one looks for the figures")]
fn tell(figures: &str) {
    eprintln!("soak: {figures}");
}
