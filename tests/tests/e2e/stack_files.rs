//! Which stack file a command is about, by the folder in which it is given.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use contract::{ServiceSnapshot, Snapshot};
use end_to_end::{
    Guarded, HEALTHY_WITHIN, Home, Launch, Outcome, PortBlock, Programs, StackFile, eventually,
};

/// `skinai` in a folder.
fn skinai<A: AsRef<OsStr>>(home: &Home, folder: &Path, args: impl IntoIterator<Item = A>) -> Outcome {
    home.run(home.command(Programs::skinai()).args(args).current_dir(folder))
}

/// A folder with a stack file and a folder below.
fn project(home: &Home, ports: &PortBlock, name: &str) -> PathBuf {
    let folder = home.path().join(name);
    fs::create_dir_all(folder.join("below")).unwrap();
    fs::write(folder.join("skinai.toml"), StackFile::new(ports).service(name, &[], "").text()).unwrap();
    folder
}

#[test]
fn the_stack_file_of_a_folder_goes_before_that_of_the_user_and_after_one_that_is_named() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let own = home.write_stack(StackFile::new(&ports).service("own", &[], "").text());
    let a = project(&home, &ports, "a");
    let file = a.join("skinai.toml");
    for (folder, args, expected) in [
        (home.path(), &["check"][..], &own),
        (&a, &["check"], &file),
        (&a.join("below"), &["check"], &file),
        (&a, &["check", "--stack", own.to_str().unwrap()], &own),
    ] {
        let outcome = skinai(&home, folder, args);
        let right = format!("{} is right", expected.display());
        assert!(outcome.stdout.starts_with(&right), "{args:?} in {}: {outcome:?}", folder.display());
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let outcome = skinai(&home, &a.join("below"), ["run"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains(file.to_str().unwrap()), "{outcome:?}");
}

#[test]
fn a_stack_file_may_come_from_a_shell_and_nobody_is_waited_for() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let file = project(&home, &ports, "a").join("skinai.toml");
    let bash = |script: &str| {
        let mut command = home.command("bash");
        home.run(command.args(["-c", script, Programs::skinai().to_str().unwrap(), file.to_str().unwrap()]))
    };
    for script in [
        r#""$0" check --stack <(cat "$1")"#,
        r#"cat "$1" | "$0" check --stack /dev/stdin"#,
        r#""$0" check --stack /dev/stdin < "$1""#,
    ] {
        let outcome = bash(script);
        assert_eq!(outcome.code, Some(0), "{script}: {outcome:?}");
    }
    let outcome = bash(r#"rm "$1"; mkfifo "$1"; timeout 5 "$0" check --stack "$1""#);
    assert_eq!((outcome.code, outcome.stderr.lines().count()), (Some(2), 1), "{outcome:?}");
    assert!(outcome.stderr.contains("it is not a regular file"), "{outcome:?}");
}

#[test]
fn a_local_file_goes_before_the_stack_file_beside_it_and_is_trusted_no_further() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = project(&home, &ports, "a");
    let local = folder.join("skinai.local.toml");
    fs::write(&local, "[service.a]\nlabel = \"Mine\"\n").unwrap();
    let checked = skinai(&home, &folder.join("below"), ["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.stdout.contains(&format!("{} was read too", local.display())), "{checked:?}");
    let mut launcher = launch(&home, &folder, "a");
    assert_eq!(home.status().services[0].label, "Mine");
    assert_eq!(skinai(&home, &folder, ["stop"]).code, Some(0), "the instance is that of the stack file");
    launcher.wait(HEALTHY_WITHIN);
    fs::write(&local, "[service.a]\nlabel = 5\n").unwrap();
    let refused = skinai(&home, &folder, ["run"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains(&format!("{}:2:9: ", local.display())), "{refused:?}");
    fs::write(&local, "").unwrap();
    fs::set_permissions(&local, fs::Permissions::from_mode(0o666)).unwrap();
    for args in [&["run"][..], &["run", "--stack", "skinai.toml"]] {
        let refused = skinai(&home, &folder, args);
        assert_eq!((refused.code, refused.stderr.lines().count()), (Some(2), 1), "{refused:?}");
        assert!(refused.stderr.contains("skinai.local.toml"), "{refused:?}");
    }
}

/// Launches the stack of a folder, and waits for it to be healthy.
fn launch(home: &Home, folder: &Path, instance: &str) -> Guarded {
    let launcher = home.spawn(instance, home.command(Programs::skinai()).args(["run"]).current_dir(folder));
    eventually(HEALTHY_WITHIN, "it is healthy", || {
        skinai(home, folder, ["status", "--instance", instance]).code == Some(0)
    });
    launcher
}

/// Asserts which instance answers in a folder, and whether it is said that it is another stack's.
#[track_caller]
fn assert_answers(home: &Home, folder: &Path, args: &[&str], instance: &str, other: Option<&Path>) {
    let outcome = skinai(home, folder, [&["status", "--json"], args].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let snapshot: Snapshot = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(snapshot.instance, instance, "{outcome:?}");
    match other {
        None => assert_eq!(outcome.stderr, ""),
        Some(other) => {
            assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
            for part in [&format!("instance {instance} "), other.to_str().unwrap()] {
                assert!(outcome.stderr.contains(part), "{outcome:?}");
            }
        }
    }
}

#[test]
fn a_command_is_about_the_stack_of_its_folder_and_another_one_has_to_be_named() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (a, b) = (project(&home, &ports, "a"), project(&home, &ports, "b"));
    let of_a = a.join("skinai.toml");
    let mut first = launch(&home, &a, "a");
    symlink(&a, home.path().join("link")).unwrap();
    for folder in [&a, &a.join("below"), &home.path().join("link"), home.path()] {
        assert_answers(&home, folder, &[], "a", None);
    }

    // Nobody launched the stack of this folder.
    assert_answers(&home, &b, &[], "a", Some(&of_a));
    for args in [&["logs", "a"][..], &["url", "a"], &["status"]] {
        let outcome = skinai(&home, &b, args);
        assert_eq!((outcome.code, outcome.stderr.lines().count()), (Some(0), 1), "{args:?}: {outcome:?}");
    }
    let before = home.status();
    for args in [&["stop"][..], &["stop", "a"], &["restart"], &["restart", "a"], &["reallocate"]] {
        let outcome = skinai(&home, &b, args);
        assert_eq!((outcome.code, outcome.stderr.lines().count()), (Some(2), 1), "{args:?}: {outcome:?}");
        for part in ["--instance a", of_a.to_str().unwrap(), b.to_str().unwrap()] {
            assert!(outcome.stderr.contains(part), "{args:?}: {outcome:?}");
        }
    }
    assert_eq!(home.status().services[0].pid, before.services[0].pid, "nothing was restarted");
    let named = skinai(&home, &b, ["restart", "--instance", "a"]);
    assert_eq!((named.code, named.stderr.as_str()), (Some(0), ""));

    // What is named counts as found here.
    assert_answers(&home, &b, &["--stack", of_a.to_str().unwrap()], "a", None);
    let mut by_variable = home.command(Programs::skinai());
    let restarted = home.run(by_variable.arg("restart").env("SKINAI_STACK", &of_a).current_dir(&b));
    assert_eq!((restarted.code, restarted.stderr.as_str()), (Some(0), ""));
    let none = skinai(&home, &a, ["status", "--stack", b.join("skinai.toml").to_str().unwrap()]);
    assert_eq!(none.code, Some(3), "{none:?}");

    // Now somebody does.
    let mut second = launch(&home, &b, "b");
    assert_answers(&home, &b, &[], "b", None);
    assert_answers(&home, &a, &[], "a", None);
    assert_eq!(skinai(&home, &b.join("below"), ["stop"]).code, Some(0));
    assert_eq!(second.wait(HEALTHY_WITHIN).code(), Some(0));
    assert!(first.ended().is_none(), "the other stack goes on");
    // A folder without a stack file is about whatever runs.
    assert_eq!(skinai(&home, home.path(), ["stop"]).code, Some(0));
    assert_eq!(first.wait(HEALTHY_WITHIN).code(), Some(0));
}

#[test]
fn every_checkout_has_an_instance_of_its_own_named_after_its_folder() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let (here, there) = (project(&home, &ports, "shop"), home.path().join("worktrees/shop"));
    fs::create_dir_all(&there).unwrap();
    fs::copy(here.join("skinai.toml"), there.join("skinai.toml")).unwrap();
    let (_first, mut second) = (launch(&home, &here, "shop"), launch(&home, &there, "shop-2"));
    assert_answers(&home, &here, &[], "shop", None);
    assert_answers(&home, &there, &[], "shop-2", None);
    let before = skinai(&home, &here, ["status", "--json"]).stdout;
    assert_eq!(skinai(&home, &there, ["stop"]).code, Some(0));
    assert_eq!(second.wait(HEALTHY_WITHIN).code(), Some(0));
    let (before, now) = (before, skinai(&home, &here, ["status", "--json"]).stdout);
    let pid = |text: &str| serde_json::from_str::<Snapshot>(text).unwrap().services[0].pid;
    assert_eq!(pid(&before), pid(&now), "the other one goes on");
}

#[test]
fn a_stack_that_runs_is_launched_a_second_time_only_by_another_name() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let shop = project(&home, &ports, "shop");
    // Of many at the same moment, one runs.
    let mut launchers: Vec<Guarded> = (0..5)
        .map(|number| {
            let mut command = home.command(Programs::skinai());
            home.spawn(&format!("run-{number}"), command.arg("run").current_dir(&shop))
        })
        .collect();
    eventually(HEALTHY_WITHIN, "one is healthy", || {
        skinai(&home, &shop, ["status", "--instance", "shop"]).code == Some(0)
    });
    eventually(HEALTHY_WITHIN, "the others are refused", || {
        launchers.iter_mut().filter_map(Guarded::ended).count() == 4
    });
    // An editor replaces the file.
    let file = shop.join("skinai.toml");
    fs::copy(&file, shop.join("new")).unwrap();
    fs::rename(shop.join("new"), &file).unwrap();
    let again = skinai(&home, &shop, ["run"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""), "{again:?}");
    for part in ["runs already, as instance shop (process ", "skinai stop", "--instance NAME"] {
        assert!(again.stderr.contains(part), "{again:?}");
    }
    let mut command = home.command(Programs::skinai());
    let other = home.spawn("other", command.args(["run", "--instance", "other"]).current_dir(&shop));
    eventually(HEALTHY_WITHIN, "it runs by another name", || {
        skinai(&home, &shop, ["status", "--instance", "other"]).code == Some(0)
    });
    drop(other);
}

/// Launches the stack of a folder and stops it; the port that its one service had.
fn port_of_a_launch(home: &Home, folder: &Path, instance: &str) -> u16 {
    let mut launcher = launch(home, folder, instance);
    let status = skinai(home, folder, ["status", "--json"]).stdout;
    assert_eq!(skinai(home, folder, ["stop"]).code, Some(0));
    assert_eq!(launcher.wait(HEALTHY_WITHIN).code(), Some(0));
    serde_json::from_str::<Snapshot>(&status).unwrap().services[0].port.unwrap()
}

#[test]
fn a_projects_stack_gets_its_last_ports_again_where_they_are_free() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let shop = project(&home, &ports, "shop");
    let launched = || port_of_a_launch(&home, &shop, "shop");
    let first = ports.occupy(ports.nth(0));
    assert_eq!(launched(), ports.nth(1));
    drop(first);
    assert_eq!(launched(), ports.nth(1), "the first one is free again");
    // Another checkout has no ports of its own yet.
    let other = project(&home, &ports, "other/shop");
    fs::copy(shop.join("skinai.toml"), other.join("skinai.toml")).unwrap();
    assert_eq!(port_of_a_launch(&home, &other, "shop"), ports.nth(0));
    assert_eq!(launched(), ports.nth(1));
    let taken = ports.occupy(ports.nth(1));
    assert_eq!(launched(), ports.nth(0));
    drop(taken);
    assert_eq!(launched(), ports.nth(0), "the newest is what counts");
    // What is set wins, and is not remembered.
    let mut command = home.command(Programs::skinai());
    command.arg("run").env("SHOP_PORT", ports.nth(5).to_string()).current_dir(&shop);
    let mut launcher = home.spawn("set", &mut command);
    eventually(HEALTHY_WITHIN, "it is at the port that was set", || {
        skinai(&home, &shop, ["url", "shop"]).stdout.trim().ends_with(&format!(":{}", ports.nth(5)))
    });
    assert_eq!(skinai(&home, &shop, ["stop"]).code, Some(0));
    assert_eq!(launcher.wait(HEALTHY_WITHIN).code(), Some(0));
    assert_eq!(launched(), ports.nth(0));

    let file = shop.join("skinai.toml");
    let first = ports.occupy(ports.nth(0));
    assert_eq!(launched(), ports.nth(1));
    drop(first);
    fs::write(&file, format!("sticky = false\n{}", fs::read_to_string(&file).unwrap())).unwrap();
    assert_eq!(launched(), ports.nth(0));
}

#[test]
fn a_port_that_changed_over_a_launch_is_told_with_who_has_it() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let shop = project(&home, &ports, "shop");
    let first = port_of_a_launch(&home, &shop, "shop");
    let taken = ports.occupy(first);
    let mut launcher = launch(&home, &shop, "shop");
    let row = |instance: &str| {
        let status = skinai(&home, &shop, ["status", "--json", "--instance", instance]).stdout;
        let snapshot: Snapshot = serde_json::from_str(&status).unwrap();
        ServiceSnapshot::clone(&snapshot.services[0])
    };
    let moved = row("shop");
    let to = moved.port.unwrap();
    assert_eq!((moved.moved_from, to != first), (Some(first), true));
    let told = skinai(&home, &shop, ["events", "shop"]).stdout;
    let expected = format!("moved from {first} to {to}: port {first} is used by ");
    assert!(told.contains(&expected) && told.contains(&std::process::id().to_string()), "{told}");

    // Once it is free, the service goes back to where it was.
    drop(taken);
    let undone = skinai(&home, &shop, ["reallocate", "shop", "--port", &first.to_string()]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    let back = row("shop");
    assert_eq!((back.port, back.moved_from), (Some(first), None));
    // Another instance beside it never had that port.
    let mut command = home.command(Programs::skinai());
    let other = home.spawn("other", command.args(["run", "--instance", "other"]).current_dir(&shop));
    eventually(HEALTHY_WITHIN, "it runs by another name", || {
        skinai(&home, &shop, ["status", "--instance", "other"]).code == Some(0)
    });
    assert_eq!(row("other").moved_from, None);
    drop(other);
    assert_eq!(skinai(&home, &shop, ["stop", "--instance", "shop"]).code, Some(0));
    assert_eq!(launcher.wait(HEALTHY_WITHIN).code(), Some(0));
}

#[test]
fn a_port_that_connections_of_the_last_run_keep_is_told_as_that() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let shop = project(&home, &ports, "shop");
    let file = shop.join("skinai.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\nhandoff = \"number\"\n")).unwrap();
    let mut launcher = launch(&home, &shop, "shop");
    let status = skinai(&home, &shop, ["status", "--json"]).stdout;
    let first = serde_json::from_str::<Snapshot>(&status).unwrap().services[0].port.unwrap();
    // Whoever closes first waits; that is the service, since it ends.
    let open = std::net::TcpStream::connect(("127.0.0.1", first)).unwrap();
    assert_eq!(skinai(&home, &shop, ["stop"]).code, Some(0));
    assert_eq!(launcher.wait(HEALTHY_WITHIN).code(), Some(0));
    drop(open);
    let mut again = launch(&home, &shop, "shop");
    let told = skinai(&home, &shop, ["events", "shop"]).stdout;
    let expected = format!(": connections of the last run to port {first} are still closing\n");
    assert!(told.contains(&expected), "{told}");
    assert_eq!(skinai(&home, &shop, ["stop"]).code, Some(0));
    assert_eq!(again.wait(HEALTHY_WITHIN).code(), Some(0));
}

#[test]
fn the_users_own_stack_is_another_one_than_a_folders() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let a = project(&home, &ports, "a");
    let launcher = Launch::builtin(&home, &ports).start();
    launcher.healthy();
    assert_answers(&home, home.path(), &[], "default", None);
    let outcome = skinai(&home, &a, ["stop"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert_eq!(home.skinai(["stop"]).code, Some(0));
}
