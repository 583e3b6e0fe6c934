//! What services printed: for pages to read, follow and search, and to be saved.

use std::path::{Path, PathBuf};

use contract::{ApiError, ErrorCode, LogLine, LogWindow};
use engine::{LogHistory, LogPart, LogPattern, ServiceLine};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::instance_link::InstanceLink;
use super::reply::answer;
use super::state::failed;
use super::{Controller, ReplyTo, Sink};
use crate::text::TrayWords;

/// A line, and who printed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct LogEntry {
    /// The service's name.
    pub service: String,
    /// What it printed. The number is 0 where the line is known from a file alone.
    // The path that ts-rs would find starts from another folder.
    #[ts(type = "import('../LogLine').LogLine")]
    pub line: LogLine,
}

/// A place between two lines.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct LogPlace {
    /// When the nearest line was printed that is known already, in whole milliseconds.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// How many lines of this time are known already.
    #[ts(type = "number")]
    pub same: usize,
}

/// Which lines are looked for, whatever their case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct LogQuery {
    /// A text that they contain.
    pub text: String,
    /// Whether the text is a regular expression.
    pub regular: bool,
}

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct LogMatches {
    /// How many lines match.
    #[ts(type = "number")]
    pub total: usize,
    /// The newest of them, oldest first: when each was printed, and how many lines of this time come after it.
    #[ts(type = "{ at: string, later: number }[]")]
    pub newest: Vec<LogMatch>,
}

/// A line that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogMatch {
    at: Timestamp,
    later: usize,
}

/// A service that has a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../ui/src/lib/generated/desktop/")]
pub struct LogService {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
}

impl From<engine::LineMatches> for LogMatches {
    fn from(found: engine::LineMatches) -> Self {
        let newest = found.newest.into_iter().map(|found| LogMatch { at: found.at, later: found.later });
        Self { total: found.total, newest: newest.collect() }
    }
}

impl From<LogPlace> for engine::LinePlace {
    fn from(place: LogPlace) -> Self {
        Self { at: place.at, same: place.same }
    }
}

/// What is needed to read logs elsewhere, since that takes its time.
pub(crate) struct LogReader {
    folder: PathBuf,
    services: Vec<String>,
    /// Where the newest lines are in memory; `None` when nothing runs.
    link: Option<InstanceLink>,
    words: &'static TrayWords,
}

impl LogReader {
    /// So many lines of a part, oldest first, each with the position of its service. Of those in memory no more are
    /// fetched than it can have.
    pub(crate) async fn part(self, part: LogPart, lines: usize) -> Result<Vec<ServiceLine>, ApiError> {
        let bound = |place: engine::LinePlace| Some(place.at.as_millisecond());
        let window = match part {
            LogPart::End => lines.into(),
            LogPart::Before(place) => {
                LogWindow { until: bound(place), ..lines.saturating_add(place.same).into() }
            }
            // Of these the oldest are wanted, and not in part those of one time.
            LogPart::After(place) => LogWindow { since: bound(place), ..usize::MAX.into() },
        };
        self.read(window, move |history| history.part(part, lines)).await
    }

    /// Reads on a thread on which that may wait for a disk, with these lines of those in memory.
    pub(crate) async fn read<T: Send + 'static>(
        self,
        window: impl Into<LogWindow>,
        read: impl FnOnce(LogHistory) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let window = window.into();
        let recent = self.services.iter().map(async |name| match &self.link {
            Some(link) if window.lines > 0 => link.logs(name, window).await,
            _ => Ok(Vec::new()),
        });
        let recent = try_join_all(recent).await?;
        let services = self.services.into_iter().zip(recent).collect();
        let history = LogHistory { folder: self.folder, services };
        let result = tokio::task::spawn_blocking(move || read(history)).await;
        let result = result.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        result.map_err(|error| failed(self.words.refused_logs(error.to_string())))
    }

    pub(crate) fn pattern(&self, query: &LogQuery) -> Result<LogPattern, ApiError> {
        LogPattern::new(&query.text, query.regular)
            .map_err(|error| ApiError::new(ErrorCode::BadRequest, self.words.refused_pattern(error)))
    }
}

impl Controller {
    /// The services of a stack that have logs; of one that has ended, those that have log files.
    pub(crate) fn log_services(&self, stack: &str, reply: ReplyTo<Vec<LogService>>) {
        let folder = match self.log_folder(stack) {
            Ok(folder) => folder,
            Err(error) => return answer(reply, Err(error)),
        };
        let known = self.find(stack).ok();
        if let Some(snapshot) = known.and_then(|stack| stack.snapshot.as_ref()) {
            let services = snapshot.services.iter();
            let services =
                services.map(|row| LogService { name: row.name.clone(), label: row.label.clone() });
            return answer(reply, Ok(services.collect()));
        }
        let words = self.words();
        // It may wait for a disk.
        tokio::task::spawn_blocking(move || {
            let services = match engine::saved_services(&folder) {
                // Nothing of it was launched yet.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
                saved => saved.map_err(|error| failed(words.refused_logs(error.to_string()))),
            };
            let services = services.map(|names| {
                names.into_iter().map(|name| LogService { label: name.clone(), name }).collect()
            });
            answer(reply, services);
        });
    }

    /// What is needed to read the logs of these services, also after their end.
    pub(crate) fn log_reader(&self, stack: &str, services: Vec<String>) -> Result<LogReader, ApiError> {
        // A name that leads out of the folder is none of a service.
        let leads_out = |name: &&String| Path::new(name).file_name() != Some(name.as_ref());
        if let Some(name) = services.iter().find(leads_out) {
            return Err(ApiError::new(ErrorCode::UnknownService, self.words().unknown_service(name)));
        }
        let (folder, link) = (self.log_folder(stack)?, self.running(stack).ok());
        Ok(LogReader { folder, services, link, words: self.words() })
    }

    /// Pushes a service's lines to a window as they come; answers the id by which that ends.
    pub(crate) fn follow_logs(
        &mut self,
        window: String,
        stack: &str,
        service: String,
        sink: Sink<Vec<LogLine>>,
        reply: ReplyTo<u32>,
    ) {
        match self.running(stack) {
            Ok(link) => {
                let lines = async move { link.follow(&service).await };
                self.log_subscriptions.begin(window, lines, sink, self.language, reply);
            }
            Err(error) => answer(reply, Err(error)),
        }
    }

    /// Pushes no more lines to the follower of that id.
    pub(crate) fn unfollow_logs(&mut self, id: u32) {
        self.log_subscriptions.end(id);
    }

    /// The name of a stack's instance, and what a window with the log of this service of it is called, or of all.
    pub(crate) fn log_title(&self, stack: &str, service: Option<&str>) -> Result<(String, String), ApiError> {
        self.log_folder(stack)?;
        let (known, words) = (self.find(stack).ok().or(self.gone.as_ref()), self.words());
        let known = known.filter(|known| stack.is_empty() || known.name == stack);
        let title = match service {
            Some(service) => {
                let row = known.and_then(|known| known.row(service, words).ok());
                words.window_log(row.map_or(service, |row| &row.label))
            }
            None => words.window_logs(),
        };
        let name = known.map_or(stack, |known| &known.name);
        let of = known.and_then(|known| known.title.as_deref()).unwrap_or(name);
        Ok((name.to_owned(), format!("{title} – {of}")))
    }
}
