//! What services printed, in the order of time and as far back as memory and files go: a part of it, a search
//! in all of it, and all of it written down.
//!
//! Lines of files have no numbers, so that a place among lines is a time and a count of lines that have it. Times
//! are those of the files, in whole milliseconds.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use contract::{LogLine, LogStream};
use jiff::Timestamp;
use regex::{Regex, RegexBuilder};

use super::{file, saved};

/// A place between two lines.
#[derive(Debug, Clone, Copy)]
pub struct LinePlace {
    /// When the line was printed that is nearest to it on the far side.
    pub at: Timestamp,
    /// How many lines of this time lie on the far side.
    pub same: usize,
}

/// Which lines are asked for.
#[derive(Debug, Clone, Copy)]
pub enum LogPart {
    /// The newest.
    End,
    /// Those next before a place.
    Before(LinePlace),
    /// Those next after it.
    After(LinePlace),
}

/// A line that a search has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineMatch {
    /// When it was printed.
    pub at: Timestamp,
    /// How many lines of this time come after it.
    pub later: usize,
}

/// What a search has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineMatches {
    /// How many lines match.
    pub total: usize,
    /// The newest of them, oldest first.
    pub newest: Vec<LineMatch>,
}

/// The history of some services. Reading it blocks.
#[derive(Debug, Clone)]
pub struct LogHistory {
    /// Where the files lie.
    pub folder: PathBuf,
    /// The names of the services, each with its lines in memory, oldest first.
    pub services: Vec<(String, Vec<LogLine>)>,
}

/// A line, and the position of its service.
pub type ServiceLine = (usize, LogLine);

/// What finds a text, or what a regular expression matches, whatever its case.
#[derive(Debug, Clone)]
pub struct LogPattern(Regex);

impl LogPattern {
    /// Of a text, or of a regular expression.
    ///
    /// # Errors
    /// What is wrong with the expression, in a few words.
    pub fn new(text: &str, regular: bool) -> Result<Self, String> {
        let pattern = if regular { text.to_owned() } else { regex::escape(text) };
        let built = RegexBuilder::new(&pattern).case_insensitive(true).build();
        built.map(Self).map_err(|error| {
            let said = error.to_string();
            // Above it, the expression is shown with marks below what is wrong.
            let last = said.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        })
    }

    fn matches(&self, line: &LogLine) -> bool {
        self.0.is_match(&line.text)
    }
}

impl LogHistory {
    /// So many lines of a part, oldest first.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn part(self, part: LogPart, count: usize) -> io::Result<Vec<ServiceLine>> {
        let lines = self.backwards()?;
        let mut found: VecDeque<ServiceLine> = VecDeque::new();
        match part {
            LogPart::End => found.extend(lines.take(count)),
            LogPart::Before(place) => {
                found.extend(before(lines, Some(place), |(_, line)| line.at).take(count))
            }
            LogPart::After(place) => {
                for line in lines.take_while(|(_, line)| line.at >= place.at) {
                    if found.len() == count + place.same {
                        found.pop_front();
                    }
                    found.push_back(line);
                }
                found.truncate(found.len().saturating_sub(place.same));
            }
        }
        Ok(found.into_iter().rev().collect())
    }

    /// The lines that match, of which the newest `max` are told one by one. Ends early when it is cancelled.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn search(self, pattern: &LogPattern, max: usize, cancelled: &AtomicBool) -> io::Result<LineMatches> {
        let mut found = LineMatches::default();
        let mut of_this_time = (Timestamp::MAX, 0);
        for (_, line) in self.backwards()? {
            if cancelled.load(Ordering::Relaxed) {
                break;
            }
            if line.at == of_this_time.0 {
                of_this_time.1 += 1;
            } else {
                of_this_time = (line.at, 0);
            }
            if pattern.matches(&line) {
                found.total += 1;
                if found.newest.len() < max {
                    found.newest.push(LineMatch { at: line.at, later: of_this_time.1 });
                }
            }
        }
        found.newest.reverse();
        Ok(found)
    }

    /// Writes what the files have, or those lines that match. Where there is more than one service, each line has
    /// the name of its own.
    ///
    /// # Errors
    /// If a file cannot be read, or this cannot be written.
    pub fn save(self, pattern: Option<&LogPattern>, to: &mut impl Write) -> io::Result<()> {
        let mut lines = Vec::new();
        for (service, _) in &self.services {
            lines.push(saved::forwards(&self.folder, service)?.peekable());
        }
        let one = lines.len() == 1;
        // Of an error it is not known when it was: it comes at once.
        let earliest = |next: Option<&io::Result<LogLine>>| {
            next.map(|line| line.as_ref().map_or(Timestamp::MIN, |line| line.at))
        };
        while let Some((_, index)) =
            (0..lines.len()).filter_map(|index| earliest(lines[index].peek()).map(|at| (at, index))).min()
        {
            let Some(line) = lines[index].next().transpose()? else { continue };
            if pattern.is_none_or(|pattern| pattern.matches(&line)) {
                let service = if one { "" } else { &format!("{} ", self.services[index].0) };
                writeln!(to, "{:.3} {service}{} {}", line.at, file::mark(line.stream), line.text)?;
            }
        }
        to.flush()
    }

    /// All lines, newest first.
    fn backwards(self) -> io::Result<impl Iterator<Item = ServiceLine>> {
        let mut services = Vec::new();
        for (service, mut recent) in self.services {
            for line in &mut recent {
                line.at = whole_milliseconds(line.at);
            }
            // One that has not ended is in no file.
            let written = || recent.iter().filter(|line| !line.unfinished);
            let edge = written().next().map(|first| LinePlace {
                at: first.at,
                same: written().take_while(|line| line.at == first.at).count(),
            });
            let saved = saved::backwards(&self.folder, &service)?.map(readable);
            let saved = before(saved, edge, |line| line.at);
            services.push(recent.into_iter().rev().chain(saved).peekable());
        }
        Ok(std::iter::from_fn(move || {
            let latest =
                (0..services.len()).filter_map(|index| services[index].peek().map(|line| (line.at, index)));
            let (_, index) = latest.max()?;
            services[index].next().map(|line| (index, line))
        }))
    }
}

/// Those of lines from the newest back that lie before a place.
fn before<T>(
    lines: impl Iterator<Item = T>,
    place: Option<LinePlace>,
    at: impl Fn(&T) -> Timestamp,
) -> impl Iterator<Item = T> {
    let mut same = place.map_or(0, |place| place.same);
    lines.skip_while(move |line| {
        let Some(place) = place else { return false };
        let of_this_time = at(line) == place.at && same > 0;
        same -= usize::from(of_this_time);
        of_this_time || at(line) > place.at
    })
}

fn whole_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// A file that cannot be read on is said where its lines would be.
fn readable(line: io::Result<LogLine>) -> LogLine {
    line.unwrap_or_else(|error| LogLine {
        number: 0,
        at: Timestamp::MIN,
        stream: LogStream::Launcher,
        text: contract::without_codes(&format!("[earlier lines cannot be read: {error}]")),
        coloured: None,
        unfinished: false,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    fn line(second: i64, text: impl Into<String>) -> LogLine {
        // Files have no more than milliseconds.
        let at = Timestamp::new(second, 123_456).unwrap();
        let (stream, text) = (LogStream::Stdout, text.into());
        LogLine { number: 1, at, stream, text, coloured: None, unfinished: false }
    }

    fn write(folder: &Path, service: &str, lines: &[LogLine]) {
        let lines: Vec<_> = lines.iter().cloned().map(Arc::new).collect();
        assert_eq!(file::LogFile::new(folder, service).write(&lines, 0), None);
    }

    fn history(folder: &Path, services: &[(&str, &[LogLine])]) -> LogHistory {
        let services = services.iter().map(|(name, recent)| ((*name).to_owned(), recent.to_vec())).collect();
        LogHistory { folder: folder.to_owned(), services }
    }

    fn texts(lines: &[ServiceLine]) -> Vec<&str> {
        lines.iter().map(|(_, line)| line.text.as_str()).collect()
    }

    fn place(second: i64, same: usize) -> LinePlace {
        LinePlace { at: Timestamp::from_second(second).unwrap(), same }
    }

    #[test]
    fn lines_go_on_in_the_files_where_memory_ends_and_none_comes_twice() {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<LogLine> = (0..100).map(|number| line(number / 5, format!("line {number}"))).collect();
        write(folder.path(), "ui", &lines);
        // The file lags behind; a line in memory has not ended.
        let mut recent = lines[48..].to_vec();
        recent.push(line(30, "unwritten"));
        recent.push(LogLine { unfinished: true, ..line(31, "50 %") });
        let history = history(folder.path(), &[("ui", &recent)]);
        let mut expected: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        expected.extend(["unwritten", "50 %"]);
        assert_eq!(texts(&history.clone().part(LogPart::End, 1000).unwrap()), expected);
        assert_eq!(texts(&history.clone().part(LogPart::End, 3).unwrap()), ["line 99", "unwritten", "50 %"]);

        // Each page begins where the one before ends, amid lines of one time too.
        let part = |part| history.clone().part(part, 3).unwrap();
        let earlier = part(LogPart::Before(place(10, 3)));
        assert_eq!(texts(&earlier), ["line 49", "line 50", "line 51"]);
        assert_eq!(texts(&part(LogPart::Before(place(9, 1)))), ["line 46", "line 47", "line 48"]);
        assert_eq!(texts(&part(LogPart::After(place(10, 2)))), ["line 52", "line 53", "line 54"]);
        assert_eq!(texts(&part(LogPart::After(place(31, 1)))), [""; 0]);
    }

    #[test]
    fn services_are_merged_in_the_order_of_time() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a", &[line(1, "a1"), line(3, "a3"), line(5, "a5")]);
        write(folder.path(), "b", &[line(2, "b2"), line(3, "b3"), line(4, "b4")]);
        let history = history(folder.path(), &[("a", &[]), ("b", &[line(6, "b6")])]);
        let all = history.clone().part(LogPart::End, 10).unwrap();
        assert_eq!(texts(&all), ["a1", "b2", "a3", "b3", "b4", "a5", "b6"]);
        assert_eq!(all[1].0, 1);
        assert_eq!(
            texts(&history.clone().part(LogPart::Before(place(3, 1)), 10).unwrap()),
            ["a1", "b2", "a3"]
        );
        let mut saved = Vec::new();
        history.save(Some(&LogPattern::new("3", false).unwrap()), &mut saved).unwrap();
        let expected = "1970-01-01T00:00:03.000Z a out a3\n1970-01-01T00:00:03.000Z b out b3\n";
        assert_eq!(String::from_utf8(saved).unwrap(), expected);
    }

    #[test]
    fn a_search_finds_what_a_rotated_file_alone_has() {
        let folder = tempfile::tempdir().unwrap();
        let mut written = file::LogFile::new(folder.path(), "ui");
        let mut lines = vec![line(1, "needle one"), line(1, "needle two"), line(1, "hay")];
        lines.extend((2..602).map(|number| line(2 + number / 100, "x".repeat(8192))));
        for line in lines {
            assert_eq!(written.write(&[Arc::new(line)], 0), None);
        }
        let newest = std::fs::read_to_string(folder.path().join("ui.log")).unwrap();
        assert!(!newest.contains("needle"));
        let history = history(folder.path(), &[("ui", &[line(9, "the last needle")])]);
        let search = |text, max, cancelled: bool| {
            let pattern = LogPattern::new(text, false).unwrap();
            history.clone().search(&pattern, max, &AtomicBool::new(cancelled)).unwrap()
        };
        let found = |second, later| LineMatch { at: Timestamp::from_second(second).unwrap(), later };
        let all = search("needle", 10, false);
        assert_eq!(all, LineMatches { total: 3, newest: vec![found(1, 2), found(1, 1), found(9, 0)] });
        assert_eq!(search("needle", 1, false), LineMatches { total: 3, newest: vec![found(9, 0)] });
        assert_eq!(search("needle", 10, true), LineMatches::default());
        let part = history.clone().part(LogPart::After(place(1, 0)), 2).unwrap();
        assert_eq!(texts(&part), ["needle one", "needle two"]);
    }

    #[test]
    fn a_pattern_is_a_text_or_an_expression_and_says_in_a_line_what_is_wrong() {
        let matches =
            |text, regular, line_text| LogPattern::new(text, regular).unwrap().matches(&line(1, line_text));
        assert!(
            matches("a.b", false, "xA.Bx") && !matches("a.b", false, "acb") && matches("a.b", true, "ACB")
        );
        assert_eq!(LogPattern::new("(", true).unwrap_err(), "unclosed group");
    }

    #[test]
    fn a_service_that_has_written_nothing_has_no_lines() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(history(folder.path(), &[("ui", &[])]).part(LogPart::End, 10).unwrap(), []);
    }
}
