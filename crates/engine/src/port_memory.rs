//! The ports that a project's stack had when it last ran: it gets them again, where they are free.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::{PortSource, Snapshot};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// In the state folder, a file for each stack file. No instance has such a name.
const FOLDER: &str = ".ports";
/// The oldest files above this number are removed.
const FILES_MAX: usize = 200;
/// Of 500 services with long names. What is larger was not written here.
const BYTES_MAX: u64 = 64 << 10;

/// What is remembered of a stack file.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    stack_file: PathBuf,
    /// The instance that had these ports.
    #[serde(default)]
    pub(crate) instance: String,
    /// The last ports of its services, by their [keys](key).
    pub(crate) ports: BTreeMap<String, u16>,
}

/// By what a port is remembered: `SERVICE`, or `SERVICE.PORT`.
pub(crate) fn key(service: &str, port: Option<&str>) -> String {
    port.map_or_else(|| service.to_owned(), |port| format!("{service}.{port}"))
}

/// What is remembered of a stack file. What cannot be read is forgotten.
pub(crate) fn recall(state: &Path, stack_file: &Path) -> Remembered {
    let remembered = read(&place(state, stack_file)).ok();
    remembered.filter(|remembered| remembered.stack_file == stack_file).unwrap_or_default()
}

/// Where they are remembered. Of two files with one place the newer one is; the name inside tells which.
fn place(state: &Path, stack_file: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    stack_file.hash(&mut hasher);
    state.join(FOLDER).join(format!("{:016x}.json", hasher.finish()))
}

fn read(path: &Path) -> io::Result<Remembered> {
    let mut text = String::new();
    userdirs::open_regular(path)?.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}

/// Remembers the ports of an instance whenever they change, on a thread that nobody waits for: the disk may not answer.
pub(crate) fn keep(state: PathBuf, stack_file: PathBuf, mut snapshots: watch::Receiver<Arc<Snapshot>>) {
    let keep = move || {
        let Ok(waiting) = tokio::runtime::Builder::new_current_thread().build() else { return };
        let mut kept = BTreeMap::new();
        while waiting.block_on(snapshots.changed()).is_ok() {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            let ports = given(&snapshot);
            if ports == kept || ports.is_empty() {
                continue;
            }
            let (stack_file, instance) = (stack_file.clone(), snapshot.instance.clone());
            let remembered = Remembered { stack_file, instance, ports: ports.clone() };
            if let Err(error) = write(&state, &remembered) {
                tracing::warn!("the ports cannot be remembered in {}: {error}", state.display());
                return;
            }
            kept = ports;
        }
    };
    // Without it the ports of the launch before are remembered.
    let _ = std::thread::Builder::new().name("ports".to_owned()).spawn(keep);
}

/// The ports that the launcher chose. What somebody set, or a service chose by itself, is theirs to choose again.
fn given(snapshot: &Snapshot) -> BTreeMap<String, u16> {
    let chosen = |source| matches!(source, PortSource::Range | PortSource::Fallback);
    let mut given = BTreeMap::new();
    for service in &snapshot.services {
        let main = service.port.filter(|_| chosen(service.port_source));
        given.extend(main.map(|port| (key(&service.name, None), port)));
        let named = service.ports.iter().filter(|(_, port)| chosen(port.port_source));
        given.extend(named.map(|(name, port)| (key(&service.name, Some(name)), port.port)));
    }
    given
}

fn write(state: &Path, remembered: &Remembered) -> io::Result<()> {
    let place = place(state, &remembered.stack_file);
    let folder = state.join(FOLDER);
    userdirs::private_folder(&folder)?;
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    serde_json::to_writer(&mut file, remembered)?;
    file.flush()?;
    file.persist(place).map_err(|error| error.error)?;
    remove_oldest(&folder)
}

fn remove_oldest(folder: &Path) -> io::Result<()> {
    let files = std::fs::read_dir(folder)?.flatten();
    let mut files: Vec<_> =
        files.filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path()))).collect();
    files.sort();
    for (_, file) in files.iter().take(files.len().saturating_sub(FILES_MAX)) {
        // Another launcher may have removed it.
        let _ = std::fs::remove_file(file);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remember(state: &Path, file: &str, port: u16) {
        let ports = BTreeMap::from([("web".to_owned(), port)]);
        let instance = "default".to_owned();
        write(state, &Remembered { stack_file: file.into(), instance, ports }).unwrap();
    }

    fn recalled(state: &Path, file: &str) -> Option<u16> {
        recall(state, Path::new(file)).ports.get("web").copied()
    }

    #[test]
    fn the_newest_ports_of_a_stack_file_are_recalled_and_rubbish_is_forgotten() {
        let state = tempfile::tempdir().unwrap();
        let state = state.path();
        assert_eq!(recalled(state, "/a/skinai.toml"), None);
        remember(state, "/a/skinai.toml", 8001);
        remember(state, "/b/skinai.toml", 8002);
        remember(state, "/a/skinai.toml", 8003);
        assert_eq!(
            (recalled(state, "/a/skinai.toml"), recalled(state, "/b/skinai.toml")),
            (Some(8003), Some(8002))
        );
        std::fs::write(place(state, Path::new("/a/skinai.toml")), "{\"stack_file\":").unwrap();
        assert_eq!(
            (recalled(state, "/a/skinai.toml"), recalled(state, "/b/skinai.toml")),
            (None, Some(8002))
        );
    }

    #[test]
    fn only_so_many_are_kept() {
        let state = tempfile::tempdir().unwrap();
        let count = || std::fs::read_dir(state.path().join(FOLDER)).unwrap().count();
        for number in 0..=FILES_MAX {
            remember(state.path(), &format!("/{number}/skinai.toml"), 8000);
            assert_eq!(count(), (number + 1).min(FILES_MAX));
        }
        assert_eq!(recalled(state.path(), &format!("/{FILES_MAX}/skinai.toml")), Some(8000));
    }
}
