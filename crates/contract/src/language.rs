//! The languages that there are messages for.

/// A language that there are messages for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Also of everybody whose language there are no messages for.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language of a tag such as `de-AT` or `de_AT.UTF-8`.
    pub fn of_tag(tag: &str) -> Self {
        match tag.split(['-', '_', '.', '@']).next() {
            Some(language) if language.eq_ignore_ascii_case("de") => Self::German,
            _ => Self::English,
        }
    }

    /// Its own tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_as_systems_write_it() {
        for tag in ["de", "de-DE", "de_AT.UTF-8", "DE", "de@euro"] {
            assert_eq!(Language::of_tag(tag), Language::German, "{tag}");
        }
        for tag in ["en", "C", "C.UTF-8", "POSIX", "", "den", "fr_FR.UTF-8"] {
            assert_eq!(Language::of_tag(tag), Language::English, "{tag}");
        }
        for language in Language::ALL {
            assert_eq!(Language::of_tag(language.tag()), language);
        }
    }
}
