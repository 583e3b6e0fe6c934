//! Stack files that were dropped on the panel. They may come from anywhere: one that was never opened is launched only
//! when the user has seen what it runs.

use std::path::{Path, PathBuf};

use client::is_same_file;
use contract::{ApiError, ErrorCode};
use stackfile::{ProbeKind, Stack, Template};

use super::event::ControllerEvent;
use super::{Controller, Question};
use crate::text::{Language, TrayWords};

/// How many programs are shown one by one.
const PROGRAMS_MAX: usize = 12;
/// How much of a command is shown.
const COMMAND_CHARS_MAX: usize = 160;

impl Controller {
    /// A file was dropped.
    pub(super) fn dropped(&self, file: &Path) {
        match self.stack_file(file) {
            Ok(file) => self.look_into(file, None),
            Err(error) => self.report(Err(error)),
        }
    }

    /// The user has agreed. What the file runs by now may be something else.
    pub(super) fn agreed(&self, question: Question) {
        self.look_into(question.file.clone(), Some(question));
    }

    fn look_into(&self, file: PathBuf, agreed: Option<Question>) {
        let runs = self.stacks.iter().filter_map(|stack| stack.file());
        let known: Vec<_> = runs.chain(self.settings.recent_stacks.iter().cloned()).collect();
        let (launcher, language, events) = (self.launcher.clone(), self.language, self.events.clone());
        // It may wait for a disk.
        tokio::task::spawn_blocking(move || {
            let event = if known.iter().any(|known| is_same_file(known, &file)) {
                ControllerEvent::Agreed(file)
            } else {
                match launcher.read(Some(&file)).map(|stack| question(&file, &stack, language)) {
                    Ok(question) if agreed.as_ref() == Some(&question) => ControllerEvent::Agreed(file),
                    Ok(question) => ControllerEvent::Dropped(question),
                    Err(error) => {
                        let first = error.said(language).lines().next().unwrap_or_default().to_owned();
                        ControllerEvent::Refused(ApiError::new(ErrorCode::BadRequest, first))
                    }
                }
            };
            // The controller only goes when the application does.
            let _ = events.blocking_send(event);
        });
    }
}

fn question(file: &Path, stack: &Stack, language: Language) -> Question {
    let words = TrayWords::of(language);
    let programs = stack.services.iter().flat_map(|(name, service)| {
        let check = match &service.health.probe {
            ProbeKind::Command(command) => Some(command),
            _ => None,
        };
        std::iter::once(&service.command).chain(check).map(move |command| line(name, command))
    });
    let mut lines: Vec<String> = programs.collect();
    let left_out = lines.len().saturating_sub(PROGRAMS_MAX);
    lines.truncate(PROGRAMS_MAX);
    if left_out > 0 {
        lines.push(words.dropped_more(left_out));
    }
    let path = contract::plain(file.display().to_string());
    Question {
        file: file.to_owned(),
        title: words.dropped_title(),
        text: format!("{}\n\n{}\n\n{}", words.dropped_runs(path), lines.join("\n"), words.dropped_sure()),
        yes: words.dropped_yes(),
        no: words.dropped_no(),
    }
}

/// What a service runs; nothing in it moves the text around it.
fn line(name: &str, command: &[Template]) -> String {
    let words: Vec<String> = command.iter().map(Template::show_whole).collect();
    let whole = contract::plain(words.join(" ")).into_owned();
    let shown: String = whole.chars().take(COMMAND_CHARS_MAX).collect();
    format!("{name}: {shown}{}", if shown.len() < whole.len() { "…" } else { "" })
}
