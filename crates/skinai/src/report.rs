//! What is wrong with a stack file, with its lines: drawn on a terminal, in ASCII everywhere else.

use std::io::IsTerminal;
use std::ops::Range;

use contract::plain;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report,
};
use stackfile::{Fault, StackFileError};

/// Several lines for stderr, where there are lines to show.
pub(crate) fn of(error: &StackFileError) -> Option<String> {
    let (file, text, faults) = match error {
        StackFileError::Wrong { file, text, faults } => (file, text, faults),
        StackFileError::Several(errors) => {
            return errors.iter().map(of).collect::<Option<Vec<_>>>().map(|reports| reports.join("\n"));
        }
        _ => return None,
    };
    let text = shown(text);
    let handler = GraphicalReportHandler::new_themed(theme()).with_context_lines(1).with_wrap_lines(false);
    let reports = faults.iter().map(|fault| {
        let mut drawn = String::new();
        let report = report(file, text.clone(), fault);
        let diagnostic: &dyn Diagnostic = report.as_ref();
        match handler.render_report(&mut drawn, diagnostic) {
            Ok(()) => drawn.trim().to_owned(),
            Err(std::fmt::Error) => format!("skinai: {}", fault.said(file, contract::Language::English)),
        }
    });
    Some(reports.collect::<Vec<_>>().join("\n"))
}

fn report(file: &str, text: String, fault: &Fault) -> Report {
    let Fault { line, column, message, help, .. } = fault;
    let file = plain(file);
    let mut diagnostic = MietteDiagnostic::new(format!("{file}:{line}:{column}: {message}"));
    diagnostic.help.clone_from(help);
    let label = LabeledSpan::underline(first_line(&text, fault.span.clone()));
    Report::new(diagnostic.with_label(label)).with_source_code(NamedSource::new(file, text))
}

/// Of what goes on for several lines, the first tells where it is.
fn first_line(text: &str, span: Range<usize>) -> Range<usize> {
    let length = text[span.clone()].lines().next().map_or(0, str::len);
    span.start..span.start + length
}

/// The text, without anything that could change the terminal, and each character where it was.
fn shown(text: &str) -> String {
    let shown = |c: char| {
        let mut bytes = [0; 4];
        let stays = c == '\n' || c == '\t' || plain(&*c.encode_utf8(&mut bytes)).len() == c.len_utf8();
        if stays { c.to_string() } else { "?".repeat(c.len_utf8()) }
    };
    text.chars().map(shown).collect()
}

fn theme() -> GraphicalTheme {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let mut theme = match std::io::stderr().is_terminal() {
        true if no_colour => GraphicalTheme::unicode_nocolor(),
        true => GraphicalTheme::unicode(),
        false => GraphicalTheme::none(),
    };
    // Begins as every other error does.
    "skinai:".clone_into(&mut theme.characters.error);
    theme
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str) -> String {
        of(&stackfile::Stack::parse(text, None).expect_err("it is wrong")).expect("it has lines")
    }

    #[test]
    fn a_fault_is_shown_with_its_line_a_caret_and_a_suggestion() {
        let text = "name = \"s\"\n[service.a]\ncomand = [\"x\"]\n[service.b]\n\tcommand = [\n1,\n]\n";
        let expected = r#"skinai: built-in stack:3:1: unknown key `comand`
   ,-[built-in stack:3:1]
 2 | [service.a]
 3 | comand = ["x"]
   : ^^^^^^
 4 | [service.b]
   `----
  help: did you mean `command`?
skinai: built-in stack:6:1: invalid type: integer `1`, expected a text in quotes, as "5s"
   ,-[built-in stack:6:1]
 5 |     command = [
 6 | 1,
   : ^
 7 | ]
   `----"#;
        assert_eq!(drawn(text), expected);
    }

    #[test]
    fn what_stands_in_a_file_cannot_change_the_terminal() {
        let text = drawn("name = \"s\" # \u{1b}[2Jä\u{202e}x\u{9b}1mü\u{7f}\r\n[service]\n");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{text:?}");
        assert!(text.contains('ä') && text.contains('ü'), "{text:?}");
    }
}
