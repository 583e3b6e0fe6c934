//! Variables of whoever launches, and those of an env file.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use userdirs::Untrusted;

use crate::env_file;
use crate::read_bounded::read_bounded;
use crate::variable_name::find;

/// Makes sure that what lies beside a stack file can be trusted as much as the file itself.
pub(crate) type Trust = fn(&Path) -> Result<(), Untrusted>;

/// The environment of whoever launches: that of this process, and `.env` beside the stack file for what is not set
/// there. That is read when it is asked about what is not set, so that a folder may have any other file of that name.
pub(super) struct LauncherEnvironment {
    pub(super) folder: Option<PathBuf>,
    trust: Trust,
    beside: OnceCell<BTreeMap<String, String>>,
}

impl LauncherEnvironment {
    pub(super) fn new(stack_file: Option<&Path>, trust: Trust) -> Self {
        let folder = stack_file.map(|path| path.parent().unwrap_or(Path::new("")).to_owned());
        Self { folder, trust, beside: OnceCell::new() }
    }

    pub(super) fn get(&self, name: &str) -> Result<Option<String>, String> {
        let set = of_process(name)?;
        if set.is_some() { Ok(set) } else { Ok(find(self.beside()?, name).cloned()) }
    }

    fn beside(&self) -> Result<&BTreeMap<String, String>, String> {
        if let Some(known) = self.beside.get() {
            return Ok(known);
        }
        let path = self.folder.as_ref().map(|folder| folder.join(".env")).filter(|path| path.is_file());
        let variables = path.map(|path| read(&path, self.trust, &of_process)).transpose()?;
        Ok(self.beside.get_or_init(|| variables.into_iter().flatten().collect()))
    }
}

fn of_process(name: &str) -> Result<Option<String>, String> {
    Ok(std::env::var(name).ok())
}

/// The variables of an env file.
pub(super) fn read(
    path: &Path,
    trust: Trust,
    look_up: &env_file::LookUp<'_>,
) -> Result<Vec<(String, String)>, String> {
    trust(path).map_err(|error| error.to_string())?;
    let text = read_bounded(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    env_file::parse(&text, path, look_up)
}
