//! Which language the user's session is in.

/// The tag of the system's language, such as `de-AT` or `de_AT.UTF-8`.
#[cfg(not(target_os = "linux"))]
pub fn tag() -> String {
    sys_locale::get_locale().unwrap_or_else(|| "en".to_owned())
}

/// The tag of the system's language, such as `de-AT` or `de_AT.UTF-8`.
#[cfg(target_os = "linux")]
pub fn tag() -> String {
    messages(|name| std::env::var(name).ok())
}

/// The language of messages, after gettext: `LANGUAGE` lists several, the first is the preferred one,
/// and it counts only in a session that has a language at all.
#[cfg(target_os = "linux")]
fn messages(variable: impl Fn(&str) -> Option<String>) -> String {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default();
    if locale.is_empty() || locale == "POSIX" || locale == "C" || locale.starts_with("C.") {
        return "en".to_owned();
    }
    let preferred = set("LANGUAGE").and_then(|list| list.split(':').next().map(str::to_owned));
    preferred.filter(|tag| !tag.is_empty()).unwrap_or(locale)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> String {
        messages(|name| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_language_is_that_of_messages() {
        assert_eq!(with(&[("LANG", "de_DE.UTF-8")]), "de_DE.UTF-8");
        assert_eq!(with(&[("LANG", "de_DE.UTF-8"), ("LC_MESSAGES", "en_GB.UTF-8")]), "en_GB.UTF-8");
        assert_eq!(with(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "de_AT.UTF-8")]), "de_AT.UTF-8");
        assert_eq!(with(&[("LANG", "en_US.UTF-8"), ("LANGUAGE", "de:en")]), "de");
    }

    #[test]
    fn a_session_without_a_language_is_english() {
        assert_eq!(with(&[]), "en");
        assert_eq!(with(&[("LANG", "C.UTF-8"), ("LANGUAGE", "de")]), "en");
        assert_eq!(with(&[("LANG", ""), ("LC_ALL", "POSIX")]), "en");
    }
}
