//! A folder with a small site for each program, and stack files that serve it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::Snapshot;
use end_to_end::{HEALTHY_WITHIN, Home, Launch, PortBlock, SOON, http};
use tempfile::TempDir;

/// More than any program here takes to end on a busy machine: who needs it would have been killed.
const GRACE: Duration = Duration::from_secs(20);

/// A home, ports, and the site.
pub(super) struct Site {
    pub(super) home: Home,
    pub(super) ports: PortBlock,
    folder: TempDir,
}

/// Where the installed programs are.
fn installed() -> PathBuf {
    let path = std::env::var_os("SKINAI_TEST_PROGRAMS").map(PathBuf::from);
    path.expect(
        "SKINAI_TEST_PROGRAMS names the installed programs: run `cargo xtask test`, which installs them",
    )
}

/// The sources of the tests' services.
pub(super) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

impl Site {
    pub(super) fn new() -> Self {
        // Beside node_modules, where Node.js finds them.
        let folder =
            tempfile::Builder::new().prefix("site-").tempdir_in(installed()).expect("a build folder");
        let source = sources().join("app");
        for entry in walkdir::WalkDir::new(&source).min_depth(1).into_iter().flatten() {
            let to = folder.path().join(entry.path().strip_prefix(&source).expect("it is below"));
            if entry.file_type().is_dir() {
                fs::create_dir(to).expect("own folder");
            } else {
                fs::copy(entry.path(), to).expect("own folder");
            }
        }
        Self { home: Home::new(), ports: PortBlock::lock(), folder }
    }

    /// A file of the site.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The service `web` with these lines of a stack file.
    pub(super) fn launch(&self, lines: &str) -> Launch {
        let health = if lines.contains("health =") { "" } else { "health = { http = \"/\" }" };
        let text = format!(
            "name = \"Programs\"\nports = \"{}\"\n[service.web]\nport = {{ env = \"WEB_PORT\" }}\n\
             cwd = {:?}\nstart_timeout = \"60s\"\nstop_grace = \"{}s\"\n{health}\n{lines}\n",
            self.ports.range(),
            self.folder.path(),
            GRACE.as_secs()
        );
        Launch::stack(&self.home, &text).env("PATH", self.path())
    }

    /// PATH with the scripts of the home first, then the installed programs.
    fn path(&self) -> OsString {
        let own = [
            self.home.path().join("bin"),
            installed().join("venv/bin"),
            installed().join("node_modules/.bin"),
        ];
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(own.into_iter().chain(std::env::split_paths(&inherited)))
            .expect("folders of PATH")
    }

    /// Whether `GET /` at the service's port is answered with a body that contains `says`.
    pub(super) fn says(&self, says: &str) -> bool {
        http::get(self.ports.nth(0), "/").is_ok_and(|answer| answer.text().contains(says))
    }

    /// Launches the lines, and expects of the program what is expected of every service: it is healthy where it was
    /// told to be, also after a restart, and ends by itself when it is told to.
    #[track_caller]
    pub(super) fn lives(&self, lines: &str, answers: impl Fn() -> bool) {
        let mut launcher = self.launch(lines).start();
        let at_its_port = |snapshot: &Snapshot| {
            let service = &snapshot.services[0];
            assert_eq!((service.port, service.restarts), (Some(self.ports.nth(0)), 0), "{service:#?}");
            assert!(answers(), "another answer at {:?}", service.url);
            service.pid
        };
        let first = at_its_port(&launcher.healthy());
        let outcome = self.home.skinai(["restart", "web"]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let restarted = launcher.wait(HEALTHY_WITHIN, "another process is healthy", |snapshot| {
            snapshot.all_healthy() && snapshot.services[0].pid != first
        });
        at_its_port(&restarted);
        let begun = Instant::now();
        assert_eq!(launcher.stop().code(), Some(0));
        assert!(begun.elapsed() < GRACE, "it had to be killed: {}", self.home.skinai(["logs", "web"]).stdout);
        self.home.assert_nothing_left(SOON);
    }
}
