//! Values that stand in the file as texts: ranges, hosts, durations.

use std::net::IpAddr;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use ports::PortRange;

use super::checker::{Checker, Refused};
use crate::spanned::Spanned;

pub(super) const DURATION_MAX: Duration = Duration::from_secs(24 * 3600);

/// What cannot stand in a URL as it is. `%` can, in a path that was escaped by hand.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A path as it stands in a request: spaces, umlauts and the like are escaped.
pub(super) fn escaped(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED).to_string()
}

impl Checker<'_> {
    /// Makes sure that a path leads to the service itself: behind `//`, which `/\` is to a browser, stands another host.
    pub(super) fn check_path(&self, what: &str, path: &Spanned<String>) {
        let text = path.get_ref();
        let is_own = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
        if !is_own || text.chars().any(char::is_control) {
            let wanted = "begins with `/` and not with `//`, and has no `\\` and no line breaks";
            self.fault(path.span(), format!("{what} {wanted}"));
        }
    }

    pub(super) fn range(&self, text: &Spanned<String>) -> Result<PortRange, Refused> {
        text.get_ref()
            .parse()
            .or_else(|error: ports::PortRangeError| self.wrong(text.span(), error.to_string()))
    }

    pub(super) fn host(&self, text: &Spanned<String>) -> Result<IpAddr, Refused> {
        match text.get_ref().as_str() {
            "localhost" => Ok(IpAddr::from([127, 0, 0, 1])),
            other => other
                .parse()
                .or_else(|_| self.wrong(text.span(), "a host is an IP address, like 127.0.0.1 or ::1")),
        }
    }

    pub(super) fn duration_or(
        &self,
        text: Option<&Spanned<String>>,
        default: Duration,
    ) -> Result<Duration, Refused> {
        let Some(text) = text else { return Ok(default) };
        text.get_ref()
            .parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|duration| Duration::try_from(duration).ok())
            .filter(|duration| (Duration::from_millis(1)..=DURATION_MAX).contains(duration))
            .map_or_else(
                || self.wrong(text.span(), "a duration is written like 500ms, 5s or 2m (1 ms to 24 h)"),
                Ok,
            )
    }
}
