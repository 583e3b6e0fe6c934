//! Variables of an environment.

use std::ffi::{OsStr, OsString};

use stackfile::is_same_variable;

/// What a variable is set to in an environment, where the last of several counts.
pub(crate) fn variable<'a>(environment: &'a [(OsString, OsString)], name: &str) -> Option<&'a OsStr> {
    let set = environment.iter().rev().find(|(key, _)| is_same_variable(key, name));
    set.map(|(_, value)| value.as_os_str())
}

/// Where programs are looked for.
pub(crate) fn search_path(environment: &[(OsString, OsString)]) -> Option<&OsStr> {
    variable(environment, "PATH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_looked_for_along_the_path_however_the_system_writes_it() {
        let environment = [("A", "1"), ("Path", "2")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(search_path(&environment), cfg!(windows).then_some(OsStr::new("2")));
    }
}
