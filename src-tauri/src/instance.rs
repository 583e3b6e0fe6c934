//! Names of instances: which are possible, and which is free.

use std::path::Path;

use contract::InstanceName;

/// The instance that a launch without a name becomes.
pub const DEFAULT: &str = "default";

/// What an instance of this stack file is called: after the folder of a project, else after the file.
pub fn after_file(file: &Path) -> String {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let of_project = stackfile::is_project(&file, product::SKINAI);
    let named = if of_project { file.parent().and_then(Path::file_name) } else { file.file_stem() };
    InstanceName::after(&named.unwrap_or_default().to_string_lossy()).to_string()
}

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

    #[test]
    fn an_instance_is_called_after_the_folder_of_a_project_or_else_after_the_file() {
        assert_eq!(after_file(Path::new("/home/me/my shop/skinai.toml")), "my-shop");
        assert_eq!(after_file(Path::new("/home/me/my shop/staging.toml")), "staging");
    }
}
