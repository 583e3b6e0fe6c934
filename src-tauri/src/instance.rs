//! Names of instances: which are possible, which is free, and what the session bus calls them.

use std::fmt::Write as _;

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
    let taken = |name: &str| running.iter().any(|other| other == name);
    if !taken(DEFAULT) {
        return DEFAULT.to_owned();
    }
    let mut number = 2_u32;
    loop {
        let name = format!("{DEFAULT}-{number}");
        if !taken(&name) {
            return name;
        }
        number += 1;
    }
}

/// The bus name under which an instance is found by its second launch. A bus name has fewer
/// letters than an instance, so what is neither letter nor digit is written by its number.
pub fn bus_name(identifier: &str, instance: Option<&str>) -> String {
    let Some(name) = instance.filter(|name| *name != DEFAULT) else { return identifier.to_owned() };
    let mut bus_name = format!("{identifier}.Instance_");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() {
            bus_name.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(bus_name, "_{byte:02x}");
        }
    }
    bus_name
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

    #[test]
    fn the_default_instance_is_found_with_and_without_its_name() {
        assert_eq!(bus_name("app.x", None), bus_name("app.x", Some("default")));
        assert_ne!(bus_name("app.x", None), bus_name("app.x", Some("b")));
    }

    #[test]
    fn two_instances_never_share_a_bus_name() {
        assert_eq!(bus_name("app.x", Some("2b")), "app.x.Instance_2b");
        assert_eq!(bus_name("app.x", Some("a-b")), "app.x.Instance_a_2db");
        assert_eq!(bus_name("app.x", Some("a.b")), "app.x.Instance_a_2eb");
        assert_eq!(bus_name("app.x", Some("a_2eb")), "app.x.Instance_a_5f2eb");
    }
}
