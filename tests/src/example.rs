//! The projects in `examples/`, as a person copies them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use contract::Snapshot;

use crate::home::{Home, Outcome};
use crate::ports::PortBlock;
use crate::site::{copy_folder, installed, path};

/// A copy of an example, or another checkout of it.
pub struct Example<'a> {
    /// Whose it is.
    pub home: &'a Home,
    folder: PathBuf,
}

impl<'a> Example<'a> {
    /// Copies `examples/NAME` to a folder of the same name below `parent`, a folder in the home. Its services listen
    /// in the block.
    pub fn copy(home: &'a Home, ports: &PortBlock, name: &str, parent: &str) -> Self {
        let folder = home.path().join(parent).join(name);
        copy_folder(&format!("examples/{name}"), &folder);
        Self::at(home, ports, folder)
    }

    /// One that is there already.
    pub fn at(home: &'a Home, ports: &PortBlock, folder: PathBuf) -> Self {
        let example = Self { home, folder };
        for stack in ["skinai", "launchers"] {
            let ports = format!("ports = \"{}\"\n", ports.range());
            fs::write(example.file(&format!("{stack}.local.toml")), ports).expect("own folder");
        }
        if example.file("package.json").exists() {
            example.install_node_modules();
        }
        example
    }

    /// A folder of its own, since Vite writes into it.
    fn install_node_modules(&self) {
        let to = self.file("node_modules");
        fs::create_dir_all(&to).expect("own folder");
        for entry in fs::read_dir(installed().join("node_modules")).expect("it is installed").flatten() {
            symlink(entry.path(), to.join(entry.file_name())).expect("own folder");
        }
    }

    /// A file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A command in its folder; `skinai` and the installed programs are in PATH.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.home.command(program);
        command.env("PATH", path(self.home)).current_dir(&self.folder);
        command
    }

    /// Runs a line of shell in its folder.
    #[track_caller]
    pub fn run(&self, line: &str) -> Outcome {
        self.home.run(self.command("sh").args(["-c", line]))
    }

    /// What runs in it.
    ///
    /// # Panics
    /// When nothing does.
    #[track_caller]
    pub fn status(&self) -> Snapshot {
        let outcome = self.run("skinai status --json");
        serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("no snapshot ({error}): {outcome:?}"))
    }
}
