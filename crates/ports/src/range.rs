//! A range of ports, both ends included.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A range of ports, both ends included and neither of them 0. Written `8000-9000`, in text and in
/// serde's formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PortRange {
    start: u16,
    end: u16,
}

/// Why something is not a range of ports, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PortRangeError {
    /// The ends stand the wrong way round.
    #[error("port range {start}-{end} starts above its end; did you mean {end}-{start}?")]
    Reversed {
        /// The first number.
        start: u16,
        /// The second number.
        end: u16,
    },
    /// An end is 0, which no service can be reached at.
    #[error("port range {range} contains port 0; ports go from 1 to 65535")]
    Zero {
        /// The range as it was given.
        range: String,
    },
    /// An end is above 65535.
    #[error("port {number} in range {range} is too high; ports go from 1 to 65535")]
    TooHigh {
        /// The range as it was given.
        range: String,
        /// The number in question.
        number: String,
    },
    /// An end is not a number.
    #[error("{text:?} in port range {range:?} is not a port number; write it as 8000-9000")]
    NotANumber {
        /// The range as it was given.
        range: String,
        /// The part in question.
        text: String,
    },
    /// It is not two numbers with a hyphen between them.
    #[error("{range:?} is not a port range; write it as 8000-9000")]
    NotARange {
        /// The range as it was given.
        range: String,
    },
}

impl PortRange {
    /// The range from `start` to `end`, both included.
    ///
    /// # Errors
    /// If `start` is above `end`, or 0.
    pub fn new(start: u16, end: u16) -> Result<Self, PortRangeError> {
        if start == 0 || end == 0 {
            return Err(PortRangeError::Zero { range: format!("{start}-{end}") });
        }
        if start > end {
            return Err(PortRangeError::Reversed { start, end });
        }
        Ok(Self { start, end })
    }

    /// The lowest port.
    pub fn start(self) -> u16 {
        self.start
    }

    /// The highest port.
    pub fn end(self) -> u16 {
        self.end
    }

    /// How many ports it has; at least one.
    #[expect(clippy::len_without_is_empty, reason = "a range of ports is never empty")]
    pub fn len(self) -> usize {
        usize::from(self.end - self.start) + 1
    }

    /// Whether `port` lies in it.
    pub fn contains(self, port: u16) -> bool {
        (self.start..=self.end).contains(&port)
    }

    /// Its ports, lowest first.
    pub fn iter(self) -> std::ops::RangeInclusive<u16> {
        self.start..=self.end
    }
}

impl IntoIterator for PortRange {
    type Item = u16;
    type IntoIter = std::ops::RangeInclusive<u16>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

impl FromStr for PortRange {
    type Err = PortRangeError;

    fn from_str(range: &str) -> Result<Self, Self::Err> {
        let (start, end) = range
            .split_once('-')
            .filter(|(start, _)| !start.trim().is_empty())
            .ok_or_else(|| PortRangeError::NotARange { range: range.to_owned() })?;
        Self::new(parse_end(range, start)?, parse_end(range, end)?)
    }
}

impl TryFrom<String> for PortRange {
    type Error = PortRangeError;

    fn try_from(range: String) -> Result<Self, Self::Error> {
        range.parse()
    }
}

impl From<PortRange> for String {
    fn from(range: PortRange) -> Self {
        range.to_string()
    }
}

fn parse_end(range: &str, text: &str) -> Result<u16, PortRangeError> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PortRangeError::NotANumber { range: range.to_owned(), text: text.to_owned() });
    }
    // Digits only, so that the one thing which can be wrong is that there are too many of them.
    match text.parse() {
        Ok(0) => Err(PortRangeError::Zero { range: range.to_owned() }),
        Ok(port) => Ok(port),
        Err(_) => Err(PortRangeError::TooHigh { range: range.to_owned(), number: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_reads_and_writes_the_same_text() {
        let range: PortRange = "8000-9000".parse().unwrap();
        assert_eq!((range.start(), range.end(), range.len()), (8000, 9000, 1001));
        assert_eq!(range.to_string(), "8000-9000");
        assert_eq!(" 80 - 81 ".parse::<PortRange>().unwrap().iter().collect::<Vec<_>>(), [80, 81]);
        assert_eq!(serde_json::to_string(&range).unwrap(), "\"8000-9000\"");
        assert_eq!(serde_json::from_str::<PortRange>("\"8000-9000\"").unwrap(), range);
        assert_eq!(PortRange::new(1, 65535).unwrap().len(), 65535);
    }

    #[test]
    fn every_wrong_range_says_what_would_be_right() {
        for (text, message) in [
            ("9000-8000", "port range 9000-8000 starts above its end; did you mean 8000-9000?"),
            ("0-10", "port range 0-10 contains port 0; ports go from 1 to 65535"),
            ("8000-65536", "port 65536 in range 8000-65536 is too high; ports go from 1 to 65535"),
            (
                "8000-99999999999",
                "port 99999999999 in range 8000-99999999999 is too high; ports go from 1 to 65535",
            ),
            ("abc-9000", "\"abc\" in port range \"abc-9000\" is not a port number; write it as 8000-9000"),
            ("8000-", "\"\" in port range \"8000-\" is not a port number; write it as 8000-9000"),
            ("8000--1", "\"-1\" in port range \"8000--1\" is not a port number; write it as 8000-9000"),
            (
                "+8000-9000",
                "\"+8000\" in port range \"+8000-9000\" is not a port number; write it as 8000-9000",
            ),
            ("8000", "\"8000\" is not a port range; write it as 8000-9000"),
            ("-5", "\"-5\" is not a port range; write it as 8000-9000"),
            ("", "\"\" is not a port range; write it as 8000-9000"),
        ] {
            assert_eq!(text.parse::<PortRange>().unwrap_err().to_string(), message);
        }
    }
}
