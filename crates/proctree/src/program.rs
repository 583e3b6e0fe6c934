//! Where a program lies.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Finds a program as a shell would that stands in `cwd`: a name without a slash along `path`. What it returns
/// is absolute, since exec takes a relative path from the folder that the process is in by then.
pub fn find_program(name: &OsStr, path: Option<&OsStr>, cwd: Option<&Path>) -> Option<PathBuf> {
    let cwd = std::path::absolute(cwd.unwrap_or(Path::new("."))).ok()?;
    which::which_in(name, path, cwd).ok()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{Permissions, create_dir_all, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A folder with these files, each with its mode.
    fn folder(files: &[(&str, u32)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, mode) in files {
            let file = folder.path().join(name);
            create_dir_all(file.parent().unwrap()).unwrap();
            write(&file, "").unwrap();
            set_permissions(&file, Permissions::from_mode(*mode)).unwrap();
        }
        folder
    }

    fn find(name: &str, path: Option<&str>, cwd: &Path) -> Option<PathBuf> {
        find_program(OsStr::new(name), path.map(OsStr::new), Some(cwd))
    }

    #[test]
    fn a_name_is_looked_for_along_the_path_and_only_programs_count() {
        let folder = folder(&[("a/web", 0o644), ("b/web", 0o755), ("c/web", 0o755)]);
        let at = |name: &str| folder.path().join(name);
        let path = format!("{}:{}:{}", at("a").display(), at("b").display(), at("c").display());
        assert_eq!(find("web", Some(&path), Path::new("/")), Some(at("b/web")));
        assert_eq!(find("absent", Some(&path), Path::new("/")), None);
        assert_eq!(find("web", None, folder.path()), None);
    }

    #[test]
    fn relative_names_and_folders_start_in_the_working_folder() {
        let folder = folder(&[("bin/web", 0o755)]);
        let program = Some(folder.path().join("bin/web"));
        assert_eq!(find("bin/web", None, folder.path()), program);
        assert_eq!(find("./bin/web", None, folder.path()), program);
        assert_eq!(find("web", Some("bin"), folder.path()), program);
        assert_eq!(find(program.as_ref().unwrap().to_str().unwrap(), None, Path::new("/")), program);
    }
}
