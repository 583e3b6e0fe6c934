//! PostgreSQL, which refuses to run as root.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use end_to_end::Home;

/// Puts the newest version's programs first in PATH. As root they become another user, who may look into the home, and
/// gets the data folder that `initdb -D FOLDER` is to fill.
pub(crate) fn install(home: &Home) {
    let versions =
        fs::read_dir("/usr/lib/postgresql").expect("`cargo xtask test` installs postgresql").flatten();
    let newest = versions.max_by_key(|entry| entry.file_name().to_string_lossy().parse::<u32>().unwrap_or(0));
    let programs = newest.expect("a version of it").path().join("bin");
    let become_user = if nix::unistd::geteuid().is_root() {
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        "setpriv --reuid=postgres --regid=postgres --clear-groups "
    } else {
        ""
    };
    for name in ["postgres", "initdb", "psql", "pg_isready"] {
        let program = programs.join(name);
        let make = match name {
            "initdb" if !become_user.is_empty() => "install -d -m 700 -o postgres \"$2\" || exit\n",
            _ => "",
        };
        home.write_script(name, &format!("{make}exec {become_user}{} \"$@\"", program.display()));
    }
}
