//! The environment that services and the browser get: ours, without what a bundle put into it.
//!
//! An AppImage and a snap point libraries, GTK modules, schemas and translations at their own
//! folders. A program of the user's that inherits this loads the wrong libraries. What we set for our
//! own webview is nobody else's either.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};

/// Variables that only a bundle's start script sets, and that name the bundle itself.
const BUNDLE_ONLY: &[&str] =
    &["APPDIR", "APPIMAGE", "APPIMAGE_UUID", "ARGV0", "OWD", "APPDIR_LIBRARY_PATH", "BAMF_DESKTOP_FILE_HINT"];

/// The same variables without the traces of a bundle.
///
/// Whatever is a list of folders loses those inside the bundle (and the variable goes when nothing
/// is left); whatever is a single path into the bundle goes; what has nothing to do with a bundle
/// stays as it is. Outside a bundle nothing changes.
pub fn clean_environment<I>(variables: I) -> Vec<(OsString, OsString)>
where
    I: IntoIterator<Item = (OsString, OsString)>,
{
    let variables: Vec<_> = variables.into_iter().collect();
    let roots = bundle_roots(&variables);
    if roots.is_empty() {
        return variables;
    }
    variables
        .into_iter()
        .filter(|(name, _)| !names_the_bundle(name))
        .filter_map(|(name, value)| Some((name, outside(&value, &roots)?)))
        .collect()
}

/// The variable that is in our environment for ourselves alone.
static KEPT: OnceLock<&str> = OnceLock::new();

/// Keeps a variable, which we are about to set for ourselves, from every program that we start.
pub fn keep_to_ourselves(name: &'static str) {
    // There is one, and it is set once.
    let _ = KEPT.set(name);
}

/// Our own environment, cleaned: what the programs get that we start.
pub fn own() -> Vec<(OsString, OsString)> {
    let kept = |name: &OsStr| KEPT.get().is_some_and(|kept| name == *kept);
    clean_environment(std::env::vars_os().filter(|(name, _)| !kept(name)))
}

/// Whether we run from an AppImage or a snap.
fn in_bundle() -> bool {
    !bundle_roots(&std::env::vars_os().collect::<Vec<_>>()).is_empty()
}

/// Where this program can be started from, now and later.
///
/// # Errors
/// When the system does not say.
pub fn program() -> std::io::Result<PathBuf> {
    // Inside an AppImage our own path lies in a mount that ends with us; the image does not.
    if let Some(image) = std::env::var_os("APPIMAGE").filter(|_| in_bundle()) {
        return Ok(image.into());
    }
    let program = std::env::current_exe()?;
    // An upgrade has put another file in the place of the one that we run from.
    let path = program.to_string_lossy();
    Ok(path.strip_suffix(" (deleted)").map_or_else(|| program.clone(), PathBuf::from))
}

/// Starts a program in the user's own environment; it lives on its own from there. Returns where its end is told.
///
/// # Errors
/// When the system refuses.
pub fn start(command: &mut Command) -> std::io::Result<Receiver<ExitStatus>> {
    command.env_clear().envs(own());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let (ended, end) = channel();
    // Whoever started it may not wait for its end.
    std::thread::spawn(move || child.wait().map(|status| ended.send(status)));
    Ok(end)
}

/// The folders that the bundle we run from lies in; none outside a bundle.
fn bundle_roots(variables: &[(OsString, OsString)]) -> Vec<PathBuf> {
    variables
        .iter()
        .filter(|(name, value)| (name == "APPDIR" || name == "SNAP") && Path::new(value).is_absolute())
        .map(|(_, value)| PathBuf::from(value))
        .filter(|root| root.parent().is_some())
        .collect()
}

fn names_the_bundle(name: &OsStr) -> bool {
    BUNDLE_ONLY.iter().any(|only| name == *only)
        || name.to_str().is_some_and(|name| name == "SNAP" || name.starts_with("SNAP_"))
}

/// The value without the parts that lie in a root; `None` where nothing is left of it.
fn outside(value: &OsStr, roots: &[PathBuf]) -> Option<OsString> {
    let inside = |path: &Path| roots.iter().any(|root| path.starts_with(root));
    let parts: Vec<PathBuf> = std::env::split_paths(value).collect();
    if !parts.iter().any(|part| inside(part)) {
        return Some(value.to_owned());
    }
    // A bundle's script appends to a variable that was not set and leaves empty parts behind;
    // an empty part means the current folder, which nobody meant.
    let kept = parts.into_iter().filter(|part| !part.as_os_str().is_empty() && !inside(part));
    let kept = std::env::join_paths(kept).ok()?;
    (!kept.is_empty()).then_some(kept)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn clean(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let text = |text: OsString| text.into_string().expect("the tests' own text");
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        clean_environment(variables).into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    fn pairs(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn outside_a_bundle_nothing_changes() {
        let own =
            [("PATH", "/usr/bin::/bin"), ("LD_LIBRARY_PATH", "/opt/mine"), ("GTK_PATH", "/usr/lib/gtk")];
        assert_eq!(clean(&own), pairs(&own));
    }

    #[test]
    fn the_folders_of_an_appimage_are_taken_out_of_every_list() {
        let seen = clean(&[
            ("APPDIR", "/tmp/.mount_SkinAI"),
            ("APPIMAGE", "/home/u/SkinAI.AppImage"),
            ("ARGV0", "./SkinAI.AppImage"),
            ("OWD", "/home/u"),
            ("PATH", "/tmp/.mount_SkinAI/usr/bin:/usr/bin:/bin"),
            ("LD_LIBRARY_PATH", "/tmp/.mount_SkinAI/usr/lib:/opt/mine"),
            ("XDG_DATA_DIRS", "/tmp/.mount_SkinAI/usr/share:/usr/share"),
            ("HOME", "/home/u"),
        ]);
        assert_eq!(
            seen,
            pairs(&[
                ("PATH", "/usr/bin:/bin"),
                ("LD_LIBRARY_PATH", "/opt/mine"),
                ("XDG_DATA_DIRS", "/usr/share"),
                ("HOME", "/home/u"),
            ])
        );
    }

    #[test]
    fn a_variable_that_only_points_into_the_bundle_goes() {
        let seen = clean(&[
            ("APPDIR", "/tmp/.mount_x"),
            ("LD_LIBRARY_PATH", "/tmp/.mount_x/usr/lib:"),
            ("GTK_PATH", "/tmp/.mount_x/usr/lib/gtk-3.0"),
            ("GDK_PIXBUF_MODULE_FILE", "/tmp/.mount_x/usr/lib/loaders.cache"),
            ("GSETTINGS_SCHEMA_DIR", "/tmp/.mount_x/usr/share/schemas"),
            ("LANG", "de_DE.UTF-8"),
        ]);
        assert_eq!(seen, pairs(&[("LANG", "de_DE.UTF-8")]));
    }

    #[test]
    fn a_snap_leaves_nothing_behind() {
        let seen = clean(&[
            ("SNAP", "/snap/skinai/7"),
            ("SNAP_NAME", "skinai"),
            ("SNAP_USER_DATA", "/home/u/snap/skinai/7"),
            ("LD_LIBRARY_PATH", "/snap/skinai/7/usr/lib"),
            ("PATH", "/snap/skinai/7/bin:/usr/bin"),
        ]);
        assert_eq!(seen, pairs(&[("PATH", "/usr/bin")]));
    }

    #[test]
    fn a_folder_that_only_begins_alike_is_not_the_bundle() {
        let seen = clean(&[("APPDIR", "/tmp/app"), ("PATH", "/tmp/app-two/bin:/tmp/app/bin")]);
        assert_eq!(seen, pairs(&[("PATH", "/tmp/app-two/bin")]));
    }

    #[test]
    fn a_root_of_the_whole_system_takes_nothing_away() {
        let own = [("APPDIR", "/"), ("PATH", "/usr/bin")];
        assert_eq!(clean(&own), pairs(&own));
    }
}
