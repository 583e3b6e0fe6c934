//! What was found, and how it is shown.

use std::process::ExitCode;

use userdirs::Dirs;

use super::finding::Verdict;
use super::{desktop, machine};
use crate::arguments::StackFile;
use crate::{FAILED, Outcome, output};

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
