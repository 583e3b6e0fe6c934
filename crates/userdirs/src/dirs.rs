//! Where things lie: the folders of the XDG base directory specification, each for one product alone.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use contract::Product;

use crate::os;

/// A product's folders. Each already ends in the name of its program; none need exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    /// Sockets and locks; gone after a restart of the machine.
    pub runtime: PathBuf,
    /// Settings and the user's stack file.
    pub config: PathBuf,
    /// What must last: measurements, the secret.
    pub data: PathBuf,
    /// Logs.
    pub state: PathBuf,
}

impl Dirs {
    /// The folders that the environment names, else the usual ones below the home folder, which is asked of the
    /// user database where the environment has none. Where there is no such folder and none can be made, as with
    /// users that are there for a service, one below a folder of this user's own in the temporary folder. Where
    /// there is no runtime folder, a private one inside the state folder.
    ///
    /// `sudo -E` leaves the caller's variables to root. What root made in the caller's folders would lock the
    /// caller out: it is made in root's own. The caller's configuration is read all the same.
    ///
    /// Whether they are to be trusted is asked where they are used: see [`crate::trust::found`].
    pub fn from_env(product: Product) -> Self {
        Self::from_lookup(
            product.program,
            |name| std::env::var_os(name),
            os::home_of_user,
            os::is_callers,
            std::env::temp_dir(),
        )
    }

    /// The folders of who called sudo, as far as the environment names them: instances that run there can be asked.
    /// `None` where this user is not root by sudo.
    pub fn of_caller(product: Product) -> Option<Self> {
        let dirs = Self::from_lookup(
            product.program,
            |name| std::env::var_os(name),
            os::home_of_user,
            |_| false,
            std::env::temp_dir(),
        );
        os::is_callers(&dirs.runtime).then_some(dirs)
    }

    fn from_lookup(
        program: &str,
        var: impl Fn(&str) -> Option<OsString>,
        home_of_user: impl Fn() -> Option<PathBuf>,
        is_callers: impl Fn(&Path) -> bool,
        temporary: PathBuf,
    ) -> Self {
        // The specification: a relative path is to be ignored.
        let absolute = |name: &str| var(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let of_user = || home_of_user().filter(|path| path.is_absolute());
        let home = absolute(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).or_else(of_user);
        let own_home = home.clone().filter(|path| !is_callers(path)).or_else(of_user);
        let [home, own_home] = [home, own_home].map(|home| home.filter(|path| path.is_dir()));
        let temporary = if temporary.is_absolute() { temporary } else { PathBuf::from("/tmp") };
        let own = temporary.join(os::own_name(program));
        let local = absolute("LOCALAPPDATA").filter(|_| cfg!(windows));
        let below =
            |named: Option<PathBuf>, home: &Option<PathBuf>, usual: &str, usable: fn(&Path) -> bool| {
                let at_home = || home.as_ref().map(|home| home.join(usual)).filter(|path| usable(path));
                let named = named.or_else(|| local.clone()).or_else(at_home);
                named.unwrap_or_else(|| own.join(usual)).join(program)
            };
        let written = |name: &str| absolute(name).filter(|path| !is_callers(path));
        let state = below(written("XDG_STATE_HOME"), &own_home, ".local/state", can_be_made);
        Self {
            runtime: written("XDG_RUNTIME_DIR").map_or_else(|| state.join("run"), |path| path.join(program)),
            // It is read: a home that cannot be written will do.
            config: below(absolute("XDG_CONFIG_HOME"), &home, ".config", |_| true),
            data: below(written("XDG_DATA_HOME"), &own_home, ".local/share", can_be_made),
            state,
        }
    }

    /// Where the logs of an instance lie.
    pub fn logs(&self, instance: &str) -> PathBuf {
        self.state.join(instance)
    }
}

/// Whether this user can make a folder, or write in it if it is there.
fn can_be_made(path: &Path) -> bool {
    path.ancestors().find(|path| path.exists()).is_some_and(os::can_write)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// The folders with these variables, with `home` from the user database, and `/temporary`.
    fn dirs(variables: &[(&str, &Path)], home: Option<&Path>) -> Dirs {
        let var = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        Dirs::from_lookup("skinai", var, || home.map(Path::to_owned), |_| false, "/temporary".into())
    }

    fn own() -> PathBuf {
        Path::new("/temporary").join(os::own_name("skinai"))
    }

    #[test]
    fn folders_follow_the_environment_and_relative_ones_are_ignored() {
        let home = tempfile::tempdir().unwrap();
        let variables = [
            ("HOME", home.path()),
            ("XDG_RUNTIME_DIR", Path::new("/run/user/7")),
            ("XDG_CONFIG_HOME", Path::new("relative")),
        ];
        let dirs = dirs(&variables, None);
        assert_eq!(dirs.runtime, Path::new("/run/user/7/skinai"));
        assert_eq!(dirs.config, home.path().join(".config/skinai"));
        assert_eq!(dirs.state, home.path().join(".local/state/skinai"));
    }

    #[test]
    fn without_a_runtime_folder_a_private_one_is_used() {
        let home = tempfile::tempdir().unwrap();
        let dirs = dirs(&[("HOME", home.path())], None);
        assert_eq!(dirs.runtime, home.path().join(".local/state/skinai/run"));
    }

    #[test]
    fn without_a_home_in_the_environment_the_user_database_has_it() {
        let home = tempfile::tempdir().unwrap();
        for value in [None, Some(""), Some("relative")] {
            let variables: Vec<_> = value.map(|value| ("HOME", Path::new(value))).into_iter().collect();
            let dirs = dirs(&variables, Some(home.path()));
            assert_eq!(dirs.config, home.path().join(".config/skinai"), "{value:?}");
            assert_eq!(dirs.data, home.path().join(".local/share/skinai"), "{value:?}");
        }
    }

    #[test]
    fn a_home_that_does_not_exist_is_replaced_by_a_folder_of_ones_own() {
        for home in [None, Some(Path::new("/nonexistent")), Some(Path::new("relative"))] {
            let dirs = dirs(&[], home);
            assert_eq!(dirs.config, own().join(".config/skinai"), "{home:?}");
            assert_eq!(dirs.data, own().join(".local/share/skinai"), "{home:?}");
            assert_eq!(dirs.runtime, own().join(".local/state/skinai/run"), "{home:?}");
        }
    }

    #[test]
    fn root_leaves_nothing_in_the_folders_of_who_called_sudo() {
        let [caller, root] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let variables = [("HOME", caller.path().to_owned()), ("XDG_RUNTIME_DIR", caller.path().join("run"))];
        let var = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone().into())
        };
        let is_callers = |path: &Path| path.starts_with(caller.path());
        let dirs = Dirs::from_lookup(
            "skinai",
            var,
            || Some(root.path().to_owned()),
            is_callers,
            "/temporary".into(),
        );
        assert_eq!(dirs.config, caller.path().join(".config/skinai"), "it is read alone");
        assert_eq!(dirs.data, root.path().join(".local/share/skinai"));
        assert_eq!(dirs.runtime, root.path().join(".local/state/skinai/run"));
    }

    #[test]
    fn a_home_that_cannot_be_written_still_has_the_configuration() {
        // Nobody can make a folder there, root neither.
        let dirs = dirs(&[("HOME", Path::new("/proc/self"))], None);
        assert_eq!(dirs.config, Path::new("/proc/self/.config/skinai"));
        if !nix::unistd::geteuid().is_root() {
            assert_eq!(dirs.data, own().join(".local/share/skinai"));
        }
    }
}
