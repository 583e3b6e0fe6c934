//! The names of environment variables.

use std::collections::BTreeMap;
use std::ffi::OsStr;

/// Whether two names mean the same variable. On Windows case does not count: it writes `Path`.
pub fn is_same_variable(one: impl AsRef<OsStr>, other: impl AsRef<OsStr>) -> bool {
    let (one, other) = (one.as_ref(), other.as_ref());
    if cfg!(windows) { one.eq_ignore_ascii_case(other) } else { one == other }
}

/// What all names of a variable have in common.
pub(crate) fn key(name: &str) -> String {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() }
}

/// What a variable is set to.
pub(crate) fn find<'a, T>(variables: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    variables.iter().find(|(variable, _)| is_same_variable(variable, name)).map(|(_, value)| value)
}

/// Sets variables, in place of those that are there.
pub(crate) fn set<T>(variables: &mut BTreeMap<String, T>, more: BTreeMap<String, T>) {
    variables.retain(|variable, _| !more.keys().any(|other| is_same_variable(variable, other)));
    variables.extend(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_counts_where_the_system_says_so() {
        assert!(is_same_variable("PATH", "PATH"));
        assert!(!is_same_variable("PATH", "PATHEXT"));
        assert_eq!(is_same_variable("PATH", "Path"), cfg!(windows));
    }

    #[test]
    fn what_is_set_again_takes_the_place_of_what_was() {
        let variables =
            |all: &[(&str, u8)]| BTreeMap::from_iter(all.iter().map(|(k, v)| ((*k).to_owned(), *v)));
        let mut set_twice = variables(&[("Path", 1), ("A", 1)]);
        set(&mut set_twice, variables(&[("PATH", 2)]));
        assert_eq!(find(&set_twice, "PATH"), Some(&2));
        assert_eq!(find(&set_twice, "Path"), Some(if cfg!(windows) { &2 } else { &1 }));
        assert_eq!(find(&set_twice, "A"), Some(&1));
    }
}
