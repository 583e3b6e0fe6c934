//! Where things lie: the folders of the XDG base directory specification, each for this program alone.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The program's folders. Each already ends in the program's own name; none need exist yet.
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
    /// The folders that the environment names, else the usual ones below the home folder. Where there is
    /// no runtime folder, a private one inside the state folder.
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    fn from_lookup(var: impl Fn(&str) -> Option<OsString>) -> Self {
        // The specification: a relative path is to be ignored.
        let absolute = |name: &str| var(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home =
            absolute(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).unwrap_or_else(std::env::temp_dir);
        let local = absolute("LOCALAPPDATA").filter(|_| cfg!(windows));
        let below = |name: &str, usual: &str| {
            absolute(name).or_else(|| local.clone()).unwrap_or_else(|| home.join(usual)).join("skinai")
        };
        let state = below("XDG_STATE_HOME", ".local/state");
        Self {
            runtime: absolute("XDG_RUNTIME_DIR")
                .map_or_else(|| state.join("run"), |path| path.join("skinai")),
            config: below("XDG_CONFIG_HOME", ".config"),
            data: below("XDG_DATA_HOME", ".local/share"),
            state,
        }
    }

    /// Where the logs of an instance lie.
    pub fn logs(&self, instance: &str) -> PathBuf {
        self.state.join(instance)
    }
}

/// Makes a folder that only its user can enter, or makes sure that an existing one is such.
///
/// # Errors
/// If it cannot be made, or is another user's.
pub fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)?;
    crate::os::make_private(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn folders_follow_the_environment_and_relative_ones_are_ignored() {
        let dirs = Dirs::from_lookup(|name| {
            Some(OsString::from(match name {
                "HOME" => "/home/ada",
                "XDG_RUNTIME_DIR" => "/run/user/7",
                "XDG_CONFIG_HOME" => "relative",
                _ => return None,
            }))
        });
        assert_eq!(dirs.runtime, Path::new("/run/user/7/skinai"));
        assert_eq!(dirs.config, Path::new("/home/ada/.config/skinai"));
        assert_eq!(dirs.state, Path::new("/home/ada/.local/state/skinai"));
    }

    #[cfg(unix)]
    #[test]
    fn without_a_runtime_folder_a_private_one_is_used() {
        let dirs = Dirs::from_lookup(|name| (name == "HOME").then(|| OsString::from("/home/ada")));
        assert_eq!(dirs.runtime, Path::new("/home/ada/.local/state/skinai/run"));
    }
}
