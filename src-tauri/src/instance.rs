//! Names of instances: which are possible, and which is free.

use contract::InstanceName;

/// The instance that a launch without a name becomes.
pub const DEFAULT: &str = "default";

/// Reads a name as the engine does.
pub fn parse(name: &str) -> Result<String, String> {
    let name: InstanceName = name.parse().map_err(|error: contract::BadInstanceName| error.to_string())?;
    Ok(name.to_string())
}

/// The first of `default`, `default-2`, `default-3`, … that is not among `running`.
pub fn next_free(running: &[String]) -> String {
    next_free_of(DEFAULT, |name| running.iter().any(|other| other == name))
}

/// The first of `usual`, `usual-2`, `usual-3`, … that is not taken.
pub fn next_free_of(usual: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(usual) {
        return usual.to_owned();
    }
    let numbered = (2_u32..).map(|number| format!("{usual}-{number}"));
    numbered.into_iter().find(|name| !taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_next_name_is_the_first_that_nobody_has() {
        assert_eq!(next_free(&[]), "default");
        assert_eq!(next_free(&names(&["default"])), "default-2");
        assert_eq!(next_free(&names(&["default", "default-3", "b"])), "default-2");
        assert_eq!(next_free(&names(&["default", "default-2", "default-3"])), "default-4");
    }
}
