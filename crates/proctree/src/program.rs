//! Where a program lies, and whether it can run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use contract::{Cause, ProgramFault, plain};

use crate::os;

/// Finds a program as a shell would that stands in `cwd`: a name without a slash along `path`. What it returns
/// is absolute, since exec takes a relative path from the folder that the process is in by then.
///
/// # Errors
/// If there is none, the folder neither, or it may not be executed.
pub fn find_program(name: &OsStr, path: Option<&OsStr>, cwd: Option<&Path>) -> Result<PathBuf, Cause> {
    let no_program = || Cause::NoProgram { program: shown(name) };
    let cwd = std::path::absolute(cwd.unwrap_or(Path::new("."))).map_err(|_| no_program())?;
    if !cwd.is_dir() {
        return Err(Cause::NoFolder { folder: shown(&cwd) });
    }
    which::which_in(name, path, &cwd).map_err(|_| {
        let named = Path::new(name).components().count() > 1 || Path::new(name).is_absolute();
        let folders = path.filter(|_| !named).into_iter().flat_map(std::env::split_paths);
        let mut candidates =
            named.then(PathBuf::new).into_iter().chain(folders).map(|folder| cwd.join(folder).join(name));
        let candidate = candidates.find(|file| if named { file.exists() } else { file.is_file() });
        let fault = candidate.and_then(|file| Some((os::not_executable(&file)?, file)));
        fault.map_or_else(no_program, |(fault, file)| cannot_run(&file, fault, String::new()))
    })
}

/// Why a program that was found cannot run, as far as that is certain before it is tried.
pub fn program_fault(program: &Path, path: Option<&OsStr>, cwd: Option<&Path>) -> Option<Cause> {
    os::fault(program, path, cwd).map(|(fault, lacks)| cannot_run(program, fault, lacks))
}

/// That a program was made for another kind of processor. An emulator may run it all the same.
pub fn other_machine(program: &Path) -> Option<Cause> {
    os::other_machine(program).map(|machine| cannot_run(program, ProgramFault::OtherMachine, machine))
}

/// Why a program could not be started in `cwd`.
pub fn start_failure(
    program: &Path,
    path: Option<&OsStr>,
    cwd: Option<&Path>,
    error: &std::io::Error,
) -> Cause {
    let unknown = || match os::is_no_program(error) {
        true => cannot_run(program, ProgramFault::NoProgram, String::new()),
        false => {
            Cause::CannotStart { program: shown(program), error: contract::without_codes(&error.to_string()) }
        }
    };
    program_fault(program, path, cwd).or_else(|| other_machine(program)).unwrap_or_else(unknown)
}

fn shown(name: impl AsRef<OsStr>) -> String {
    plain(name.as_ref().to_string_lossy()).into_owned()
}

fn cannot_run(program: &Path, fault: ProgramFault, lacks: String) -> Cause {
    Cause::CannotRun { program: shown(program), fault, lacks: plain(lacks).into_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};

    use super::*;

    /// A folder with these files.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in files {
            let file = folder.path().join(name);
            create_dir_all(file.parent().unwrap()).unwrap();
            write(&file, "").unwrap();
            #[cfg(unix)]
            set_mode(&file, if name.ends_with(".txt") { 0o644 } else { 0o755 });
        }
        folder
    }

    #[cfg(unix)]
    fn set_mode(file: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn find(name: &str, path: Option<&OsStr>, cwd: &Path) -> Option<PathBuf> {
        find_program(OsStr::new(name), path, Some(cwd)).ok()
    }

    /// As its file is called.
    fn called(program: &str) -> String {
        if cfg!(windows) { format!("{program}.exe") } else { program.to_owned() }
    }

    #[test]
    fn a_name_is_looked_for_along_the_path() {
        let (web, python) = (called("web"), called("python3.12"));
        let folder = folder(&[&format!("b/{web}"), &format!("c/{web}"), &format!("c/{python}")]);
        let at = |name: &str| folder.path().join(name);
        let path = std::env::join_paths(["a", "b", "c"].map(at)).unwrap();
        let find = |name: &str| find(name, Some(&path), folder.path());
        assert_eq!(find("web"), Some(at("b").join(&web)));
        assert_eq!(find(&web), Some(at("b").join(&web)));
        assert_eq!(find("python3.12"), Some(at("c").join(&python)), "a name with a dot");
        assert_eq!(find("absent"), None);
        assert_eq!(super::find_program(OsStr::new("web"), None, Some(&at("b"))).ok(), None);
    }

    #[test]
    fn relative_names_and_folders_start_in_the_working_folder() {
        let web = called("web");
        let folder = folder(&[&format!("bin/{web}")]);
        let program = Some(folder.path().join("bin").join(web));
        let find = |name: &str, path: Option<&str>| find(name, path.map(OsStr::new), folder.path());
        assert_eq!(find("bin/web", None), program);
        assert_eq!(find("./bin/web", None), program);
        assert_eq!(find("web", Some("bin")), program);
        let root = folder.path().ancestors().last().unwrap();
        assert_eq!(super::tests::find(program.as_ref().unwrap().to_str().unwrap(), None, root), program);
    }

    #[test]
    fn a_folder_is_no_program_and_a_program_needs_its_folder() {
        let folder = folder(&["web/main.txt"]);
        let said = |name: &str, cwd: &Path| find_program(OsStr::new(name), None, Some(cwd)).unwrap_err();
        assert!(said("./web", folder.path()).to_string().contains("is a folder"));
        let own = std::env::current_exe().unwrap();
        let gone = said(own.to_str().unwrap(), &folder.path().join("gone")).to_string();
        assert!(gone.contains("gone is not there"), "{gone}");
        let absent = Cause::NoProgram { program: "./absent".to_owned() };
        assert_eq!(said("./absent", folder.path()), absent);
    }

    #[cfg(windows)]
    #[test]
    fn scripts_of_the_system_are_programs_and_those_of_a_shell_beside_them_are_none() {
        let folder = folder(&["npm", "npm.cmd", "run.bat", "both.cmd", "both.exe"]);
        let find = |name: &str| find(name, Some(folder.path().as_os_str()), folder.path());
        for (name, file) in
            [("npm", "npm.cmd"), ("NPM.CMD", "npm.cmd"), ("run", "run.bat"), ("both", "both.exe")]
        {
            assert_eq!(find(name), Some(folder.path().join(file)), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_what_may_be_executed_is_a_program() {
        let folder = folder(&["a/web.txt", "b/web.txt"]);
        let at = |name: &str| folder.path().join(name);
        set_mode(&at("b/web.txt"), 0o755);
        let path = std::env::join_paths(["a", "b"].map(at)).unwrap();
        assert_eq!(find("web.txt", Some(&path), Path::new("/")), Some(at("b/web.txt")));
    }

    /// What is said of the program `web` with this content and mode, in its folder.
    #[cfg(unix)]
    fn said(content: &[u8], mode: u32) -> Option<String> {
        let folder = folder(&["web"]);
        write(folder.path().join("web"), content).unwrap();
        set_mode(&folder.path().join("web"), mode);
        let (cwd, path) = (Some(folder.path()), Some(OsStr::new("/usr/bin:/bin")));
        let fault = match find_program(OsStr::new("./web"), path, cwd) {
            Ok(program) => program_fault(&program, path, cwd).or_else(|| other_machine(&program)),
            Err(cause) => Some(cause),
        };
        fault.map(|cause| cause.to_string())
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_run_is_known_before_and_it_is_said_what_to_do() {
        let shell = std::fs::read("/bin/sh").unwrap();
        // e_machine of elf(5): something that no machine with tests is.
        let foreign = [&shell[..18], &[21, 0], &shell[20..]].concat();
        let loader = shell.windows(5).position(|bytes| bytes == b"/lib6" || bytes == b"/lib/").unwrap();
        let lost = [&shell[..loader], b"/LOST", &shell[loader + 5..]].concat();
        for (content, mode, part) in [
            (b"#!/bin/sh\n".as_slice(), 0o644, "chmod +x"),
            (b"echo hello\n", 0o755, "begin it with a line like #!/bin/sh"),
            (b"", 0o755, "begin it with a line like #!/bin/sh"),
            (b"#!\n", 0o755, "begin it with a line like #!/bin/sh"),
            (b"#!/bin/sh\r\necho hello\r\n", 0o755, "as on Windows"),
            (b"#!/usr/bin/env python3\r\n", 0o755, "as on Windows"),
            (b"#!/moved/venv/bin/python\n", 0o755, "needs /moved/venv/bin/python"),
            (b"#!python3\n", 0o755, "needs ./python3"),
            (b"#! /usr/bin/env -S no-such-program -u\n", 0o755, "needs no-such-program"),
            (&foreign, 0o755, "(64-bit PowerPC)"),
            (&lost, 0o755, "needs /LOST"),
        ] {
            let said = said(content, mode).unwrap_or_else(|| panic!("nothing, and not {part}"));
            assert!(said.contains(part), "{said}");
        }
        for content in [
            b"#!/bin/sh\n".as_slice(),
            b"#! /usr/bin/env sh\n",
            b"#!/usr/bin/env -S A=b sh -u\n",
            b"#!/usr/bin/env -i no-such-program\n",
            b"PK\x03\x04\0 for who knows whom",
            &shell,
        ] {
            assert_eq!(
                said(content, 0o755),
                None,
                "{}",
                String::from_utf8_lossy(&content[..20.min(content.len())])
            );
        }
    }
}
