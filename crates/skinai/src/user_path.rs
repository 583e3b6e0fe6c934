//! The user's `Path`, as Windows keeps it in the registry, for the installer: the folder of this program is put on it
//! and taken off it, and all else stays as it is, references such as `%APPDATA%` too.

use std::path::Path;
use std::process::ExitCode;

use windows_registry::{CURRENT_USER, Type, Value};

use crate::arguments::UserPath;
use crate::{FAILED, Failure, Outcome};

const NAME: &str = "Path";

/// Changes it. Who reads it has to be told afterwards: `WM_SETTINGCHANGE`.
pub(crate) fn run(what: UserPath) -> Outcome {
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let folder = program.parent().unwrap_or(&program);
    let change = match what {
        UserPath::Add => with,
        UserPath::Remove => without,
    };
    let environment = CURRENT_USER.create("Environment").map_err(|error| failed(&error))?;
    let (kind, before) = match environment.get_value(NAME) {
        Ok(value) => (value.ty(), String::try_from(value).map_err(|error| failed(&error))?),
        // There is none.
        Err(_) => (Type::ExpandString, String::new()),
    };
    let after = change(&before, folder);
    let done = if after.is_empty() {
        if before.is_empty() { Ok(()) } else { environment.remove_value(NAME) }
    } else {
        let mut value = Value::from(after.as_str());
        value.set_ty(kind);
        environment.set_value(NAME, &value)
    };
    done.map(|()| ExitCode::SUCCESS).map_err(|error| failed(&error))
}

fn failed(why: &dyn std::error::Error) -> Failure {
    Failure::new(FAILED, format!("the user's Path cannot be changed: {why}"))
}

fn with(path: &str, folder: &Path) -> String {
    let mut entries: Vec<&str> = path.split(';').filter(|_| !path.is_empty()).collect();
    if entries.iter().any(|entry| is_same(entry, folder)) {
        return path.to_owned();
    }
    let folder = folder.to_string_lossy();
    // One that ends in a separator goes on ending so.
    let end = entries.len() - usize::from(entries.last().is_some_and(|last| last.is_empty()));
    entries.insert(end, &folder);
    entries.join(";")
}

fn without(path: &str, folder: &Path) -> String {
    path.split(';').filter(|entry| !is_same(entry, folder)).collect::<Vec<_>>().join(";")
}

fn is_same(entry: &str, folder: &Path) -> bool {
    let plain = |path: &str| path.trim_matches('"').trim_end_matches('\\').to_lowercase();
    plain(entry) == plain(&folder.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r"C:\Users\me\Programs\Skin AI";

    #[test]
    fn a_folder_is_put_on_the_path_once_and_taken_off_exactly() {
        for before in ["", r"C:\one", r"%APPDATA%\npm;C:\two;", r#""C:\three";;C:\four"#] {
            let added = with(before, Path::new(OWN));
            assert!(added.contains(OWN));
            assert_eq!(with(&added, Path::new(&OWN.to_uppercase())), added);
            assert_eq!(without(&added, Path::new(OWN)), before);
        }
    }

    #[test]
    fn what_only_begins_like_it_stays() {
        let other = format!("{OWN}2");
        assert_eq!(without(&other, Path::new(OWN)), other);
        assert_eq!(without(&format!(r"{OWN}\;{other}"), Path::new(OWN)), other);
    }
}
