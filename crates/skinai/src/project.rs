//! The stack file of a project, `skinai.toml` in its folder: what its instance is called, and that it runs once.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use client::Client;
use contract::InstanceName;
use stackfile::Stack;
use userdirs::Dirs;

use crate::arguments::InstanceArguments;
use crate::{BAD_INPUT, FAILED, Failure};

/// How long a launcher that has begun may take until it can be asked.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The launch of a project's stack, as long as this lives.
#[derive(Debug)]
pub(crate) struct Project {
    /// What the instance is called: as the folder is.
    pub(crate) instance: InstanceName,
    /// The stack file, locked: of two launches at the same moment one is refused. Where an editor has replaced the file
    /// since, the instance that runs it is found by its path.
    _lock: Option<File>,
}

impl Project {
    /// The project that a stack belongs to; `None` for a stack that is no project's.
    ///
    /// # Errors
    /// If it runs already.
    pub(crate) fn launch(stack: &Stack, dirs: &Dirs) -> Result<Option<Self>, Failure> {
        let Some(file) = stack.of_project(product::SKINAI) else { return Ok(None) };
        let lock = lock(file);
        let begun = Instant::now();
        loop {
            if let Some(failure) = runs(file, dirs)? {
                return Err(failure);
            }
            match lock {
                Lock::Ours(lock) => {
                    let instance = stackfile::instance_name(file, product::SKINAI);
                    return Ok(Some(Self { instance, _lock: lock }));
                }
                Lock::Anothers if begun.elapsed() > ANSWERS_WITHIN => {
                    let message = format!("another launch of {} has begun; wait for it", file.display());
                    return Err(Failure::new(FAILED, message));
                }
                Lock::Anothers => std::thread::sleep(LOOK_EVERY),
            }
        }
    }
}

/// Where what is saved of an instance lies that has ended.
///
/// # Errors
/// If somebody else can have written there.
pub(crate) fn saved_logs(meant: &InstanceArguments) -> Result<PathBuf, Failure> {
    let folder = Dirs::from_env(product::SKINAI).logs(&usual_instance(meant));
    let untrusted = |error| Failure::new(BAD_INPUT, format!("the folder {error}"));
    userdirs::trust::found(&folder).map_err(untrusted)?;
    Ok(folder)
}

/// What an instance that is meant is called, as long as nothing else had its name.
fn usual_instance(meant: &InstanceArguments) -> String {
    if let Some(name) = &meant.instance {
        return name.clone();
    }
    let own = |file: &PathBuf| stackfile::is_project(file, product::SKINAI) && meant.stranger(file).is_none();
    let named = |file: PathBuf| stackfile::instance_name(&file, product::SKINAI);
    meant.stack_file().filter(own).map(named).unwrap_or_default().to_string()
}

enum Lock {
    /// `None` where a lock would keep others from reading it, or the file system has none.
    Ours(Option<File>),
    Anothers,
}

fn lock(file: &Path) -> Lock {
    let Some(file) = userdirs::open_regular(file).ok().filter(|_| cfg!(unix)) else {
        return Lock::Ours(None);
    };
    match file.try_lock() {
        Ok(()) => Lock::Ours(Some(file)),
        Err(TryLockError::WouldBlock) => Lock::Anothers,
        Err(TryLockError::Error(_)) => Lock::Ours(None),
    }
}

/// Why it is not launched, if an instance runs it.
fn runs(file: &Path, dirs: &Dirs) -> Result<Option<Failure>, Failure> {
    crate::block_on(async {
        let Some(client) = Client::of_stack_file(dirs, file).await? else { return Ok(None) };
        let snapshot = client.status().await?;
        let message = format!(
            "{} runs already, as instance {} (process {}): `skinai status` shows it, `skinai stop` ends it, \
             `skinai run --instance NAME` runs it a second time",
            file.display(),
            snapshot.instance,
            snapshot.pid
        );
        Ok(Some(Failure::new(FAILED, message)))
    })
}
