//! What was found, and how it is shown.

use std::process::ExitCode;

use userdirs::Dirs;

use super::{desktop, machine};
use crate::arguments::StackFile;
use crate::{FAILED, Outcome, output};

/// What was found about one thing.
pub(super) struct Finding {
    about: &'static str,
    verdict: Verdict,
    /// What was found; where it is not good, also what to do.
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
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

    fn line(&self) -> String {
        let word = match self.verdict {
            Verdict::Good => "good",
            Verdict::Note => "note",
            Verdict::Bad => "FIX ",
        };
        format!("{word}  {:<16}{}", self.about, self.text)
    }
}

/// Exit code 0 where nothing has to be mended, else 1.
pub(crate) fn doctor(arguments: &StackFile) -> Outcome {
    let dirs = Dirs::from_env(product::SKINAI);
    let mut findings = crate::block_on(async { Ok(desktop::look().await) })?;
    findings.extend(machine::look(arguments, &dirs));
    let lines = findings.iter().map(|finding| contract::plain(finding.line()) + "\n");
    output::print(lines.collect::<String>())?;
    let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
    if bad > 0 {
        output::note(format_args!("{bad} to mend"));
        return Ok(ExitCode::from(FAILED));
    }
    Ok(ExitCode::SUCCESS)
}
