//! What is found about one thing, and how it is shown.

/// What was found about one thing.
pub(super) struct Finding {
    about: &'static str,
    pub(super) verdict: Verdict,
    /// What was found; where it is not good, also what to do.
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    /// It works without, in another way.
    Note,
    /// It has to be mended.
    Bad,
}

impl Finding {
    fn new(about: &'static str, verdict: Verdict, text: &str) -> Self {
        Self { about, verdict, text: contract::without_codes(text) }
    }

    pub(super) fn good(about: &'static str, text: impl Into<String>) -> Self {
        Self::new(about, Verdict::Good, &text.into())
    }

    pub(super) fn note(about: &'static str, text: impl Into<String>) -> Self {
        Self::new(about, Verdict::Note, &text.into())
    }

    pub(super) fn bad(about: &'static str, text: impl Into<String>) -> Self {
        Self::new(about, Verdict::Bad, &text.into())
    }

    pub(super) fn line(&self) -> String {
        let word = match self.verdict {
            Verdict::Good => "good",
            Verdict::Note => "note",
            Verdict::Bad => "FIX ",
        };
        format!("{word}  {:<16}{}", self.about, self.text)
    }
}
