//! Which stack file a command is about, by the folder in which it is given.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use end_to_end::{Home, Outcome, PortBlock, Programs, StackFile};

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
