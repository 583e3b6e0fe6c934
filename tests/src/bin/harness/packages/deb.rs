//! The .deb: installed, launched, upgraded while it runs, removed while it runs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use contract::Snapshot;
use end_to_end::{HEALTHY_WITHIN, Home, PortBlock, eventually, eventually_some};
use nix::sys::signal::Signal;

use super::desktop_file::DesktopFile;
use super::machine::{self, PACKAGE, run, step};
use super::session::{Session, assert_runs, program_of, runs, services};

const APPLICATION: &str = "/usr/bin/skin-ai-assistant";
const SKINAI: &str = "/usr/bin/skinai";
const DESKTOP_FILE: &str = "/usr/share/applications/skin-ai-assistant.desktop";
const METAINFO: &str = "/usr/share/metainfo/app.skinai.Assistant.metainfo.xml";

/// Tries it all.
pub fn try_it(deb: &Path) {
    let paths = contents(deb);
    let there_before: BTreeSet<&PathBuf> = paths.iter().filter(|path| path.exists()).collect();
    step("installing");
    machine::install(deb);
    is_complete(&paths);
    let desktop_file = desktop_file();

    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let session = Session::start(&home);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        step("launching it as a double-click does");
        launches(&session, &desktop_file).await;
        step("its desktop file's actions");
        actions(&session, &desktop_file).await;
        step("upgrading while it runs");
        upgrades(&session, deb).await;
        step("quitting, and launching the new one");
        quits(&session, &desktop_file).await;
        step("removing while it runs");
        removes(&session, &home).await;
    });
    step("looking for what is left");
    let ours = |pid: &u32| [APPLICATION, SKINAI].iter().any(|program| runs(*pid, program));
    eventually(HEALTHY_WITHIN, "no process is left", || !home.processes().iter().any(ours));
    machine::purge();
    assert_eq!(machine::version(), None);
    let left = paths.iter().filter(|path| path.exists() && !there_before.contains(path));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<&PathBuf>::new());
}

/// Every file and folder that the package brings.
fn contents(deb: &Path) -> Vec<PathBuf> {
    let listing = run(Command::new("dpkg-deb").arg("--contents").arg(deb));
    let path = |line: &str| line.split_whitespace().last().map(|path| Path::new("/").join(path));
    listing.lines().filter_map(path).collect()
}

fn is_complete(paths: &[PathBuf]) {
    let missing: Vec<&PathBuf> = paths.iter().filter(|path| !path.exists()).collect();
    assert_eq!(missing, Vec::<&PathBuf>::new());
    assert_eq!(run(Command::new("dpkg").args(["--verify", PACKAGE])), "", "what was packed is what is there");

    let version = run(Command::new(SKINAI).arg("--version"));
    assert_eq!(version.trim(), format!("skinai {}", env!("CARGO_PKG_VERSION")));
    let completion = "source /usr/share/bash-completion/completions/skinai && complete -p skinai";
    run(Command::new("bash").args(["-c", completion]));
    for (file, word) in [
        ("/usr/share/zsh/vendor-completions/_skinai", "#compdef skinai"),
        ("/usr/share/fish/vendor_completions.d/skinai.fish", "complete -c skinai"),
        ("/usr/share/man/man1/skinai.1", ".TH skinai 1"),
        ("/usr/share/man/man1/skinai-run.1", ".TH skinai-run 1"),
        ("/usr/share/doc/skin-ai-assistant/copyright", "Apache-2.0"),
    ] {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(word), "{file} has no {word:?}");
    }
}

/// The desktop file, after every check of it and of what it names.
fn desktop_file() -> DesktopFile {
    assert_eq!(run(Command::new("desktop-file-validate").arg(DESKTOP_FILE)), "");
    run(Command::new("appstreamcli").args(["validate", "--no-net", METAINFO]));
    let file = DesktopFile::read(&fs::read_to_string(DESKTOP_FILE).expect("it was just validated"));
    let id = Path::new(DESKTOP_FILE).file_name().unwrap_or_default().display();
    let launchable = format!("<launchable type=\"desktop-id\">{id}</launchable>");
    let metainfo = fs::read_to_string(METAINFO).expect("it was just validated");
    assert!(metainfo.contains(&launchable), "{metainfo}");
    assert_eq!(file.value("Name"), "Skin AI Assistant");
    assert_eq!(file.value("Exec"), PACKAGE);
    for size in ["16x16", "24x24", "32x32", "48x48", "64x64", "128x128", "256x256", "512x512", "scalable"] {
        let folder = Path::new("/usr/share/icons/hicolor").join(size).join("apps");
        let extension = if size == "scalable" { "svg" } else { "png" };
        let icon = folder.join(file.value("Icon")).with_extension(extension);
        assert!(icon.is_file(), "there is no {}", icon.display());
    }
    file
}

async fn launches(session: &Session<'_>, desktop_file: &DesktopFile) {
    session.double_click();
    session.healthy_icon().await;
    let snapshot = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    assert_runs(snapshot.pid, APPLICATION);
    for pid in services(&snapshot) {
        assert_runs(pid, SKINAI);
    }
    // The first launch shows the panel by itself.
    let class = session.class_of(&session.panel());
    assert!(class.contains(&format!("{:?}", desktop_file.value("StartupWMClass"))), "{class}");

    let _other = session.another_window();
    session.double_click();
    session.panel_is_in_front();
    session.icons(1).await;
    let outcome = session.run(&[SKINAI, "status"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

async fn actions(session: &Session<'_>, desktop_file: &DesktopFile) {
    assert_eq!(desktop_file.actions(), ["open-user-ui", "new-instance", "quit"]);
    let outcome = session.run(&desktop_file.action("open-user-ui"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let snapshot = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    let (opened, ui) = (session.opened(1).pop(), snapshot.service("ui").and_then(|ui| ui.open_url.clone()));
    assert!(Home::led_to(&opened.unwrap_or_default()).starts_with(&ui.expect("it is offered")));

    let _second = session.spawn(&desktop_file.action("new-instance"));
    let second = session.wait("default-2", "the new instance is healthy", Snapshot::all_healthy);
    assert!(second.services.iter().all(|new| snapshot.services.iter().all(|old| old.port != new.port)));
    assert_eq!(second.pid, snapshot.pid, "both are in one application");
    session.icons(1).await;
    let outcome = session.run(&[APPLICATION, "--instance", "default-2", "--quit"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    session.wait_ended(&second);
}

async fn upgrades(session: &Session<'_>, deb: &Path) {
    let before = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    let newer = newer(deb);
    machine::install(&newer);
    assert!(machine::version().is_some_and(|version| version.ends_with("+test.2")));
    assert_ne!(program_of(before.pid), Some(APPLICATION.into()), "the program on disk is another");

    // Nothing noticed.
    let upgraded = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    assert_eq!((upgraded.pid, services(&upgraded)), (before.pid, services(&before)));
    // What is started from now on is the new one, by hand or after a crash.
    let outcome = session.run(&[SKINAI, "restart"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let restarted = session.wait("default", "every service runs anew", |now| {
        now.all_healthy() && services(now).iter().all(|pid| !services(&before).contains(pid))
    });
    assert_eq!(ports(&restarted), ports(&before));
    let crashed = restarted.service("backend").and_then(|backend| backend.pid).expect("it is healthy");
    end_to_end::processes::signal(crashed, Signal::SIGKILL);
    let mended = session.wait("default", "the backend runs again", |now| {
        now.all_healthy() && !services(now).contains(&crashed)
    });
    for pid in services(&mended) {
        assert_runs(pid, SKINAI);
    }
    let icon = session.healthy_icon().await;
    icon.click(&["New instance"]).await;
    let second = session.wait("default-2", "the new instance is healthy", Snapshot::all_healthy);
    // The application that runs opens it, and starts its services by the program that is there now.
    assert_eq!(second.pid, before.pid);
    for pid in services(&second) {
        assert_runs(pid, SKINAI);
    }
    let outcome = session.run(&[APPLICATION, "--instance", "default-2", "--quit"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    session.wait_ended(&second);
    let _other = session.another_window();
    session.double_click();
    session.panel_is_in_front();
}

async fn quits(session: &Session<'_>, desktop_file: &DesktopFile) {
    let before = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    let outcome = session.run(&desktop_file.action("quit"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    session.wait_gone(&before);
    session.icons(0).await;
    session.double_click();
    session.healthy_icon().await;
    let snapshot = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    assert_runs(snapshot.pid, APPLICATION);
}

async fn removes(session: &Session<'_>, home: &Home) {
    let before = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    let icon = session.healthy_icon().await;
    icon.click(&["Start at login"]).await;
    let at_login = home.path().join("config/autostart/skin-ai-assistant.desktop");
    let entry = eventually_some(HEALTHY_WITHIN, "the session will start it", || {
        fs::read_to_string(&at_login).ok().filter(|text| text.contains("--hidden"))
    });
    assert_eq!(run(Command::new("desktop-file-validate").arg(&at_login)), "");
    let entry = DesktopFile::read(&entry);
    assert_eq!(entry.value("TryExec"), APPLICATION, "a session passes over it once that is gone");
    let kept = [home.config().join("stack.toml"), home.state(), home.data(), at_login];
    machine::remove();
    assert!(!Path::new(APPLICATION).exists() && !Path::new(SKINAI).exists());
    assert!(!session.launch_desktop_file(), "there is nothing to launch any more");

    let removed = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    assert_eq!(services(&removed), services(&before), "what runs goes on");
    // There is no program to start it by, and that is no reason to end what runs.
    let answer = session.restart("default", "ui");
    assert!(answer.status >= 400 && answer.text().contains("skinai"), "{answer:?}");
    let refused = session.wait("default", "every service is healthy", Snapshot::all_healthy);
    assert_eq!(services(&refused), services(&before));
    icon.click(&["Quit"]).await;
    session.wait_gone(&before);
    for path in kept {
        assert!(path.exists(), "{} is the user's", path.display());
    }
}

/// The same package under a higher version.
fn newer(deb: &Path) -> PathBuf {
    let folder = machine::scratch();
    let (content, newer) = (folder.join("newer"), folder.join("newer.deb"));
    run(Command::new("dpkg-deb").arg("--raw-extract").arg(deb).arg(&content));
    let control = content.join("DEBIAN/control");
    let text = fs::read_to_string(&control).expect("it was just extracted");
    assert!(text.contains("+test.1\n"), "{text}");
    fs::write(&control, text.replace("+test.1\n", "+test.2\n")).expect("own folder");
    let build = ["--root-owner-group", "-Zgzip", "-z1", "--build"];
    run(Command::new("dpkg-deb").args(build).arg(&content).arg(&newer));
    newer
}

fn ports(snapshot: &Snapshot) -> Vec<Option<u16>> {
    snapshot.services.iter().map(|service| service.port).collect()
}
