//! Settings: checked, applied, and only then saved.

use std::collections::BTreeMap;

use client::is_same_file;
use contract::{ApiError, ErrorCode};

use super::event::ControllerEvent;
use super::reply::answer;
use super::stack_state::StackPhase;
use super::state::failed;
use super::{Controller, ReplyTo};
use crate::settings::{Saved, Settings, SettingsProblem, StackServices, check};
use crate::text::{self, Language, TrayWords};

impl Controller {
    /// Whether the application starts at login is the system's to say: the user may have changed
    /// it there.
    pub(crate) fn settings_now(&self) -> Settings {
        Settings { start_at_login: self.desktop.starts_at_login(), ..self.settings.clone() }
    }

    /// What is wrong with these settings. Stack files are read for it, and the system's processes.
    pub(crate) fn problems(&self, settings: Settings) -> impl Future<Output = Vec<SettingsProblem>> + use<> {
        let (launcher, language) = (self.launcher.clone(), self.language);
        let (before, own_ports) = (self.settings.fixed_ports.clone(), self.own_ports());
        let find = move || {
            let facts = launcher.stack(&settings).map(|stack| StackServices {
                services: stack
                    .services
                    .iter()
                    .map(|(name, service)| (name.clone(), service.label.clone()))
                    .collect(),
            });
            let read = |path: &std::path::Path| {
                let refused = |error: stackfile::StackFileError| error.said(language);
                launcher.read(Some(path)).map(drop).map_err(refused)
            };
            let mut problems = check(&settings, &facts.unwrap_or_default(), read, language);
            problems.extend(taken_ports(&settings, &before, &own_ports, language));
            problems
        };
        async { tokio::task::spawn_blocking(find).await.unwrap_or_default() }
    }

    /// Answers them.
    pub(crate) fn check_settings(&self, settings: Settings, reply: ReplyTo<Vec<SettingsProblem>>) {
        let problems = self.problems(settings);
        tokio::spawn(async { answer(reply, Ok(problems.await)) });
    }

    fn own_ports(&self) -> Vec<u16> {
        let rows = self.own().snapshot.iter().flat_map(|snapshot| &snapshot.services);
        rows.flat_map(|row| row.port.into_iter().chain(row.ports.values().map(|named| named.port))).collect()
    }

    /// Applies and saves; an engine that refuses leaves everything as it was.
    pub(crate) fn save(&self, settings: Settings, reply: ReplyTo<Saved>) {
        let (problems, events) = (self.problems(settings.clone()), self.events.clone());
        tokio::spawn(async move {
            match problems.await.into_iter().find(|problem| problem.blocks) {
                Some(problem) => answer(reply, Err(ApiError::new(ErrorCode::BadRequest, problem.message))),
                None => drop(events.send(ControllerEvent::Checked(settings, reply)).await),
            }
        });
    }

    /// Nothing is wrong with these settings.
    pub(super) fn checked(&mut self, settings: Settings, reply: ReplyTo<Saved>) {
        let moves =
            settings.ports() != self.settings.ports() || settings.on_conflict != self.settings.on_conflict;
        let Some(handle) = self.own().handle() else {
            return self.applied(settings, Ok(()), reply);
        };
        if !moves {
            return self.applied(settings, Ok(()), reply);
        }
        let (handle, events, language) = (handle.clone(), self.events.clone(), self.language);
        tokio::spawn(async move {
            let result = handle.apply(settings.ports(), settings.on_conflict()).await;
            let result = result.map_err(|error| text::request_refused(error, None, language));
            events.send(ControllerEvent::Applied(settings, result, reply)).await
        });
    }

    pub(super) fn applied(
        &mut self,
        mut settings: Settings,
        result: Result<(), ApiError>,
        reply: ReplyTo<Saved>,
    ) {
        // They have places of their own to be changed in, since the page read them or the engine was asked.
        settings.recent_stacks.clone_from(&self.settings.recent_stacks);
        settings.stacks_at_login.clone_from(&self.settings.stacks_at_login);
        let saved = result
            .and_then(|()| self.store_start_at_login(settings.start_at_login))
            .and_then(|()| self.store(settings));
        let stored = saved.is_ok();
        answer(reply, saved.map(|()| Saved { restart_needed: self.restart_needed() }));
        // What could not be launched with the settings before may be launched with these.
        if stored && matches!(self.own().phase, StackPhase::Refused(_)) {
            self.launch(self.own().id);
        }
    }

    /// Whether the stack file of the settings takes effect only at the next launch of the application's own stack.
    pub(crate) fn restart_needed(&self) -> bool {
        let own = self.own();
        let (runs, launched) = (own.file(), own.launched_with.as_deref());
        own.handle().is_some()
            && match &self.settings.stack_file {
                Some(set) => [runs.as_deref(), launched].iter().flatten().all(|it| !is_same_file(it, set)),
                None => launched.is_some(),
            }
    }

    pub(super) fn store_start_at_login(&mut self, on: bool) -> Result<(), ApiError> {
        if on != self.desktop.starts_at_login() {
            self.desktop.start_at_login(on).map_err(|why| ApiError::new(ErrorCode::Internal, why))?;
        }
        self.start_at_login = on;
        Ok(())
    }

    pub(super) fn store(&mut self, settings: Settings) -> Result<(), ApiError> {
        let refused = |error: std::io::Error| failed(self.words().refused_not_saved(error.to_string()));
        self.settings_file.save(&settings).map_err(refused)?;
        self.settings = settings;
        Ok(())
    }
}

/// The fixed ports that somebody else has. One that was set before may stay: it is taken when it is free.
fn taken_ports(
    settings: &Settings,
    before: &BTreeMap<String, i64>,
    own: &[u16],
    language: Language,
) -> Vec<SettingsProblem> {
    let taken = |(name, number): (&String, &i64)| {
        let port = u16::try_from(*number).ok().filter(|port| *port != 0 && !own.contains(port))?;
        let holder = ports::holder(port).filter(|holder| holder.pid != Some(std::process::id()))?;
        Some(SettingsProblem {
            field: format!("fixed_ports.{name}"),
            message: TrayWords::of(language).settings_taken(port, holder.said(language)),
            blocks: before.get(name) != Some(number),
        })
    };
    settings.fixed_ports.iter().filter_map(taken).collect()
}
