//! The .rpm: looked through, and run from a folder that it was installed into.

use std::fs;
use std::path::Path;
use std::process::Command;

use contract::Snapshot;
use end_to_end::{HEALTHY_WITHIN, Home, PortBlock, eventually_some};

use super::machine::{self, PACKAGE, as_root, run, step};

/// What it cannot do without, as Fedora calls it.
const NEEDED: &[&str] = &[
    "libwebkit2gtk-4.1.so.0()(64bit)",
    "libgtk-3.so.0()(64bit)",
    "libayatana-appindicator-gtk3",
    "xdg-utils",
];

/// What must be in it besides what the .deb is asked for.
const FILES: &[&str] = &[
    "/usr/bin/skin-ai-assistant",
    "/usr/bin/skinai",
    "/usr/share/applications/skin-ai-assistant.desktop",
    "/usr/share/bash-completion/completions/skinai",
    "/usr/share/fish/vendor_completions.d/skinai.fish",
    "/usr/share/icons/hicolor/scalable/apps/skin-ai-assistant.svg",
    "/usr/share/licenses/skin-ai-assistant/LICENSE-APACHE",
    "/usr/share/licenses/skin-ai-assistant/LICENSE-MIT",
    "/usr/share/man/man1/skinai.1",
    "/usr/share/metainfo/app.skinai.Assistant.metainfo.xml",
    "/usr/share/zsh/site-functions/_skinai",
];

/// Tries it all.
pub fn try_it(rpm: &Path) {
    step("looking through it");
    let query = |what: &[&str]| run(Command::new("rpm").arg("-qp").args(what).arg(rpm));
    let digests = run(Command::new("rpm").args(["-K", "--nosignature"]).arg(rpm));
    assert!(digests.contains("digests OK"), "{digests}");
    let needed = query(&["--requires"]);
    for one in NEEDED {
        assert!(needed.lines().any(|line| line == *one), "it does not need {one}:\n{needed}");
    }
    assert_eq!(query(&["--scripts"]), "", "nothing of it runs when it is installed");
    let listing = query(&["--list"]);
    let files: Vec<&str> = listing.lines().collect();
    for file in FILES {
        assert!(files.contains(file), "it has no {file}:\n{listing}");
    }

    step("installing it into a folder");
    let root = machine::scratch();
    let mut rpm_there = as_root("rpm");
    rpm_there.arg("--root").arg(&root).args(["--nodeps", "--noscripts", "--nosignature", "--install"]);
    run(rpm_there.arg(rpm));
    let there = |file: &str| root.join(file.trim_start_matches('/'));
    assert!(files.iter().all(|file| there(file).is_file()));
    assert_eq!(run(Command::new("desktop-file-validate").arg(there(FILES[2]))), "");
    runs(&there("/usr/bin/skinai"));

    step("erasing it");
    run(as_root("rpm").arg("--root").arg(&root).args(["--noscripts", "--erase", PACKAGE]));
    assert!(files.iter().all(|file| !there(file).exists()));
}

/// The program as it was packed launches its stack and ends it.
fn runs(skinai: &Path) {
    step("running it without a desktop");
    let version = run(Command::new(skinai).arg("--version"));
    assert_eq!(version.trim(), format!("skinai {}", env!("CARGO_PKG_VERSION")));
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&ports.builtin_stack());
    let mut launcher = home.spawn("run", home.command(skinai).arg("run"));
    let snapshot: Snapshot = eventually_some(HEALTHY_WITHIN, "every service is healthy", || {
        let outcome = home.run(home.command(skinai).args(["status", "--json"]));
        serde_json::from_str(&outcome.stdout).ok().filter(Snapshot::all_healthy)
    });
    for service in &snapshot.services {
        let exe = format!("/proc/{}/exe", service.pid.expect("it is healthy"));
        assert_eq!(fs::read_link(exe).expect("it is healthy"), skinai);
    }
    let outcome = home.run(home.command(skinai).arg("stop"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(launcher.wait(HEALTHY_WITHIN).success(), "{}", home.log_of("run"));
    home.assert_nothing_left(HEALTHY_WITHIN);
}
