//! What is found in a folder or file that somebody else can write is neither run nor trusted.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::{
    Home, Launch, Outcome, PortBlock, Programs, SOON, StackFile, eventually, eventually_some, http,
};
use nix::unistd::geteuid;
use socket2::{Domain, SockAddr, Socket, Type};

/// The user `nobody`, whom nothing belongs to.
const SOMEBODY: u32 = 65534;

/// `skinai` with these arguments in an environment that names no folder but the temporary one.
fn without_folders(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(Programs::skinai());
    for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

fn temporary(home: &Home) -> PathBuf {
    home.path().join("tmp")
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A stack whose only service leaves a file behind when it is run; and that file.
fn trap(home: &Home) -> (String, PathBuf) {
    let mark = home.path().join("was-run");
    let text = format!("name = \"Trap\"\n[service.trap]\ncommand = [\"touch\", \"{}\"]\n", mark.display());
    (text, mark)
}

#[track_caller]
fn assert_refused(outcome: &Outcome, parts: &[&str]) {
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    for part in parts {
        assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
    }
}

/// Makes it another user's, which is root's privilege. For everybody else it says that the rest of the test is
/// left out, where nextest shows it; continuous integration has to be root. That the owner decides, the unit
/// tests of the engine show as any user.
#[expect(clippy::print_stderr, reason = "nothing is left out in silence")]
fn give_away(path: &Path) -> bool {
    match lchown(path, Some(SOMEBODY), None) {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            assert!(std::env::var_os("CI").is_none(), "continuous integration runs these tests as root");
            eprintln!("left out: what {} of another user leads to; that takes root", path.display());
            false
        }
    }
}

#[test]
fn without_home_a_stack_file_in_the_shared_temporary_folder_is_not_run() {
    let home = Home::new();
    let (text, _) = trap(&home);
    let folder = temporary(&home).join(".config/skinai");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("stack.toml"), &text).unwrap();
    for value in [None, Some(""), Some("tmp")] {
        let mut command = without_folders(&home, &["check"]);
        command.envs(value.map(|value| ("HOME", value)));
        let outcome = home.run(&mut command);
        assert!(!format!("{outcome:?}").contains(folder.to_str().unwrap()), "{value:?}: {outcome:?}");
    }
}

#[test]
fn a_folder_of_the_same_name_that_somebody_else_made_is_refused() {
    let home = Home::new();
    let (text, mark) = trap(&home);
    let shared = temporary(&home);
    set_mode(&shared, 0o1777);
    let folder = shared.join(format!("skinai-{}", geteuid()));
    fs::create_dir_all(folder.join(".config/skinai")).unwrap();
    let stack_file = folder.join(".config/skinai/stack.toml");
    let skinai = |arguments: &[&str]| home.run(without_folders(&home, arguments).env("HOME", "/nonexistent"));
    if !give_away(&folder) {
        fs::write(&stack_file, text).unwrap();
        let outcome = skinai(&["check"]);
        assert_eq!(outcome.code, Some(0), "one's own is no stranger's: {outcome:?}");
        return;
    }
    let named = folder.display().to_string();
    // Even while there is no stack file in it: data, secret and sockets would lie there.
    assert_refused(&skinai(&["run"]), &[&named, "belongs to nobody", "HOME"]);
    assert_refused(&skinai(&["status"]), &[&named, "belongs to nobody"]);
    assert_refused(&skinai(&["backend"]), &[&named, "belongs to nobody"]);
    fs::write(stack_file, text).unwrap();
    assert_refused(&skinai(&["run"]), &["stack.toml", &named, "belongs to nobody", "--stack"]);
    // A link to a folder of one's own is no better.
    fs::remove_dir_all(&folder).unwrap();
    symlink(home.path().join("data"), &folder).unwrap();
    assert!(give_away(&folder));
    assert_refused(&skinai(&["run"]), &[&named, "belongs to nobody"]);
    assert!(!mark.exists());
    assert_eq!(fs::read_dir(home.path().join("data")).unwrap().count(), 0);
}

#[test]
fn a_folder_or_file_that_everybody_may_write_is_refused() {
    let home = Home::new();
    let (text, mark) = trap(&home);
    let file = home.write_stack(&text);
    for path in [home.config(), file.clone()] {
        let mode = fs::metadata(&path).unwrap().mode();
        set_mode(&path, mode | 0o002);
        let said = format!("everybody may write to {}", path.display());
        assert_refused(&home.skinai(["run"]), &["stack.toml", &said, "chmod o-w"]);
        set_mode(&path, mode);
    }
    set_mode(&file, 0o666);
    let mut command = home.command(Programs::skinai());
    assert_refused(&home.run(command.arg("run").env("SKINAI_STACK", &file)), &["everybody may write"]);
    let named = home.skinai(["run", "--stack", file.to_str().unwrap()]);
    assert_refused(&named, &["everybody may write"]);
    set_mode(&file, 0o600);
    for (folder, variable) in [("data", "XDG_DATA_HOME"), ("state", "XDG_STATE_HOME")] {
        let folder = home.path().join(folder);
        set_mode(&folder, 0o777);
        assert_refused(&home.skinai(["run"]), &[&folder.display().to_string(), "everybody may write"]);
        set_mode(&folder, 0o755);
        assert!(!folder.join("skinai").exists(), "{variable}: nothing was made");
    }
    assert!(!mark.exists());
}

#[test]
fn a_folder_or_file_that_a_group_of_others_may_write_is_refused() {
    let home = Home::new();
    let (text, mark) = trap(&home);
    let file = home.write_stack(&text);
    for path in [home.config(), file, home.path().join("data"), home.path().join("state")] {
        if let Err(error) = chown(&path, None, Some(SOMEBODY)) {
            // A user in no such group cannot show it; the unit tests of `userdirs` do.
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            return;
        }
        let mode = fs::metadata(&path).unwrap().mode();
        set_mode(&path, mode | 0o020);
        let mend = format!("may write to {0}; forbid it by `chmod g-w {0}`", path.display());
        assert_refused(&home.skinai(["run"]), &["the members of group", &mend]);
        set_mode(&path, mode);
    }
    assert!(!mark.exists());
}

#[test]
fn a_named_file_in_a_folder_where_everybody_may_replace_it_is_refused() {
    let home = Home::new();
    let (text, mark) = trap(&home);
    let folder = home.path().join("shared");
    let file = folder.join("named.toml");
    fs::create_dir(&folder).unwrap();
    fs::write(&file, text).unwrap();
    set_mode(&folder, 0o777);
    let named = ["check", "--stack", file.to_str().unwrap()];
    assert_refused(&home.skinai(named), &[folder.to_str().unwrap(), "everybody may write"]);
    // As the temporary folder is: everybody may make a file, nobody may replace another's.
    set_mode(&folder, 0o1777);
    let outcome = home.skinai(named);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(!mark.exists());
}

#[test]
fn measurements_in_a_folder_that_others_can_read_are_private() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.path().join("shown");
    fs::create_dir(&folder).unwrap();
    set_mode(&folder, 0o755);
    let serve = |round: &str| {
        let port = ports.spare();
        let mut command = home.command(Programs::skinai());
        command.arg("backend").env("BACKEND_PORT", port.to_string()).env("SKINAI_DATA", &folder);
        let backend = home.spawn(round, &mut command);
        let token = home.skinai(["token"]).stdout.trim().to_owned();
        let asked = || http::get_with_token(port, "/v1/measurements", &token).map(|answer| answer.status);
        (backend, eventually_some(SOON, "it answers", || asked().ok()))
    };
    let files = ["", "-wal", "-shm"].map(|suffix| folder.join(format!("measurements.db{suffix}")));
    let are_private = || files.iter().all(|file| fs::metadata(file).unwrap().mode() & 0o777 == 0o600);
    let (backend, status) = serve("first");
    assert!(status == 200 && are_private());
    // As if they had been made by a program that leaves them to everybody, and killed.
    files.iter().for_each(|file| set_mode(file, 0o644));
    drop(backend);
    files.iter().filter(|file| file.exists()).for_each(|file| set_mode(file, 0o644));
    let (backend, status) = serve("second");
    assert!(status == 200 && are_private());
    drop(backend);
    // Whatever a link leads to is left as it is.
    let other = home.path().join("other");
    fs::write(&other, "").unwrap();
    set_mode(&other, 0o644);
    files.iter().for_each(|file| drop(fs::remove_file(file)));
    symlink(&other, &files[0]).unwrap();
    let (_backend, status) = serve("third");
    assert_eq!((status, fs::metadata(&other).unwrap().mode() & 0o777), (503, 0o644));
    assert!(home.log_of("third").contains("it is a link"), "{}", home.log_of("third"));
}

#[test]
fn measurements_are_not_kept_where_everybody_may_write_or_a_link_of_others_leads() {
    let home = Home::new();
    let (shared, own) = (home.path().join("shared"), home.path().join("own"));
    fs::create_dir(&shared).unwrap();
    fs::create_dir(&own).unwrap();
    let backend =
        |folder: &Path| home.run(home.command(Programs::skinai()).arg("backend").env("SKINAI_DATA", folder));
    set_mode(&shared, 0o777);
    for folder in [shared.clone(), shared.join("missing")] {
        assert_refused(&backend(&folder), &[folder.to_str().unwrap(), "everybody may write", "chmod o-w"]);
    }
    set_mode(&shared, 0o1777);
    let link = shared.join("link");
    symlink(&own, &link).unwrap();
    if give_away(&link) {
        assert_refused(&backend(&link), &[link.to_str().unwrap(), "belongs to nobody"]);
    }
    assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
}

#[test]
fn whoever_listens_at_a_socket_of_ones_own_has_to_be_ones_own() {
    let home = Home::new();
    let path = home.control_socket("default");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    set_mode(path.parent().unwrap(), 0o700);
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    socket.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    let status = || home.skinai(["status", "--instance", "default"]);
    // The kernel keeps who listened. All tests have processes of their own, so that nothing else is somebody's.
    let is_somebody = nix::unistd::seteuid(SOMEBODY.into()).is_ok();
    socket.listen(8).unwrap();
    if !is_somebody {
        assert!(std::env::var_os("CI").is_none(), "continuous integration runs these tests as root");
        return;
    }
    nix::unistd::seteuid(0.into()).unwrap();
    let outcome = status();
    assert!(outcome.stderr.contains("65534 listens at the socket"), "{outcome:?}");
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert_eq!(home.skinai(["stop"]).code, Some(3), "without a name it is not seen");
    socket.set_nonblocking(true).unwrap();
    while let Ok((mut connection, _)) = socket.accept() {
        let mut text = String::new();
        drop(connection.read_to_string(&mut text));
        assert_eq!(text, "", "it was told something");
    }
}

#[test]
fn a_stack_file_of_somebody_else_is_refused_where_it_is_found_and_run_where_it_is_named() {
    let home = Home::new();
    let (text, mark) = trap(&home);
    let file = home.write_stack(&text);
    set_mode(&file, 0o644);
    let outcome = home.skinai(["check"]);
    assert_eq!(outcome.code, Some(0), "one's own is no stranger's: {outcome:?}");
    if !give_away(&file) {
        return;
    }
    let named = file.to_str().unwrap();
    assert_refused(&home.skinai(["run"]), &[named, "belongs to nobody", "--stack"]);
    assert_refused(&home.skinai(["check"]), &[named, "belongs to nobody"]);
    // Who called sudo is oneself.
    let mut command = home.command(Programs::skinai());
    let under_sudo = home.run(command.arg("check").env("SUDO_UID", SOMEBODY.to_string()));
    assert_eq!(under_sudo.code, Some(0), "{under_sudo:?}");
    assert!(!mark.exists());
    let mut command = home.command(Programs::skinai());
    let launcher = home.spawn("named", command.args(["run", "--stack", named]));
    eventually(SOON, "the named one is run", || mark.exists());
    drop(launcher);
}

#[test]
fn a_stack_file_that_somebody_else_put_above_does_not_say_what_is_meant() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let above = home.path().join("above");
    let (file, folder) = (above.join("skinai.toml"), above.join("own"));
    fs::create_dir_all(&folder).unwrap();
    fs::write(&file, trap(&home).0).unwrap();
    let mut launcher = Launch::stack(&home, StackFile::new(&ports).service("a", &[], "").text()).start();
    launcher.healthy();
    let here =
        |arguments: &[&str]| home.run(home.command(Programs::skinai()).args(arguments).current_dir(&folder));
    let outcome = here(&["restart"]);
    assert_eq!(outcome.code, Some(2), "one's own says what is meant: {outcome:?}");
    if !give_away(&file) {
        return;
    }
    for arguments in [&["wait"][..], &["exec", "--", "true"], &["restart"], &["status"], &["stop"]] {
        let outcome = here(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:?}");
        for part in [file.to_str().unwrap(), "belongs to nobody", "--instance"] {
            assert!(outcome.stderr.contains(part), "{part}: {outcome:?}");
        }
    }
    launcher.ended(SOON);
    let logs = here(&["logs"]);
    assert_eq!(
        logs.code,
        Some(0),
        "what `default` printed, not an instance named after the folder: {logs:?}"
    );
}

#[test]
fn a_user_without_a_home_has_a_private_folder() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("a", &[], "");
    let named = home.path().join("named.toml");
    fs::write(&named, stack.text()).unwrap();
    let mut command = without_folders(&home, &["run", "--stack"]);
    let launcher = home.spawn("run", command.arg(&named).env("HOME", "/nonexistent"));
    let status = || home.run(without_folders(&home, &["status"]).env("HOME", "/nonexistent"));
    eventually(SOON, "it runs and is found", || status().code == Some(0));
    let folder = temporary(&home).join(format!("skinai-{}", geteuid()));
    let found = fs::symlink_metadata(&folder).unwrap();
    assert!(found.is_dir());
    assert_eq!((found.mode() & 0o7777, found.uid()), (0o700, geteuid().as_raw()));
    assert!(folder.join(".local/share/skinai/token").exists());
    let stopped = home.run(without_folders(&home, &["stop"]).env("HOME", "/nonexistent"));
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    drop(launcher);
}
