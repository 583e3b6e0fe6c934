//! What came of what the controller set going.

use std::ops::ControlFlow;
use std::sync::Arc;

use contract::{ApiError, Sample, ServiceState, Snapshot};
use engine::Handle;

use super::command::answer;
use super::notices;
use super::notifications::{self, Change};
use super::state::AppState;
use super::{Controller, LaunchRefusal, ReplyTo};
use crate::settings::{Saved, Settings};

/// Events that wait for the controller at most; each task that it starts sends one.
pub(super) const QUEUE_MAX: usize = 1024;

/// Something that came of what the controller set going.
pub(super) enum Event {
    /// The launch of the engine came to an end.
    Launched(Result<Handle, LaunchRefusal>),
    /// The engine has ended, and nothing of it is left.
    Finished,
    /// The engine has applied settings, or not.
    Applied(Settings, Result<(), ApiError>, ReplyTo<Saved>),
    /// Whether the desktop shows tray icons: at the launch, and when the panel was closed.
    TrayAtLaunch(bool),
    /// See above.
    TrayAtClose(bool),
    /// The names of the instances that run, for another one beside them.
    InstancesListed(Vec<String>),
    /// Something that was chosen in the menu did not work.
    Refused(ApiError),
}

impl Controller {
    pub(super) fn on_event(&mut self, event: Event) -> ControlFlow<()> {
        if matches!(event, Event::Launched(_)) {
            // How it went is told to everybody.
            self.launch_asked.drain(..).for_each(|reply| answer(reply, Ok(())));
        }
        match event {
            Event::Launched(Ok(handle)) => self.launched(handle),
            Event::Launched(Err(refusal)) => {
                if matches!(self.state, AppState::Quitting(_)) {
                    return self.exit();
                }
                tracing::error!("{}", refusal.message);
                self.state = AppState::Refused(refusal);
                self.desktop.show_panel();
            }
            Event::Finished => {
                if matches!(self.state, AppState::Quitting(_)) {
                    return self.exit();
                }
                self.log_subscriptions.end_all();
                self.snapshot = None;
                self.state = AppState::Ended { message: self.words().refused_ended() };
            }
            Event::Applied(settings, result, reply) => self.applied(settings, result, reply),
            Event::TrayAtLaunch(there) => self.tray_at_launch(there),
            Event::TrayAtClose(there) => {
                self.tray_there = Some(there);
                if !there {
                    self.quit();
                }
            }
            Event::InstancesListed(running) => self.start_instance(running),
            Event::Refused(error) => self.report(Err(error)),
        }
        ControlFlow::Continue(())
    }

    fn exit(&mut self) -> ControlFlow<()> {
        self.subscription.abort_all();
        self.desktop.exit();
        ControlFlow::Break(())
    }

    fn launched(&mut self, handle: Handle) {
        let (events, engine) = (self.events.clone(), handle.clone());
        tokio::spawn(async move {
            engine.finished().await;
            events.send(Event::Finished).await
        });
        handle.notices().iter().for_each(notices::log);
        if matches!(self.state, AppState::Quitting(_)) {
            handle.stop_all();
            self.state = AppState::Quitting(Some(handle));
        } else {
            self.state = AppState::Running(handle);
        }
    }

    pub(super) fn tray_at_launch(&mut self, there: bool) {
        self.tray_there = Some(there);
        for reply in std::mem::take(&mut self.welcome_asked) {
            self.answer_welcome(reply);
        }
        if !there && self.hidden {
            self.desktop.show_panel();
        }
    }

    pub(super) fn take_in(&mut self, sample: Sample) {
        self.latencies.take_in(&sample);
        // Nobody may be looking.
        let _ = self.samples.send(sample);
    }

    pub(super) fn observe(&mut self, snapshot: Arc<Snapshot>) {
        for change in notifications::changes(self.snapshot.as_deref(), &snapshot, self.language) {
            match change {
                Change::Raised(notification) => self.desktop.notify(&notification),
                Change::Resolved(id) => self.desktop.withdraw(id),
            }
        }
        let ready = snapshot.services.iter().find(|service| service.open_url.is_some());
        let ready = ready.filter(|service| service.state == ServiceState::Healthy).cloned();
        self.snapshot = Some(snapshot);
        if let Some(service) =
            ready.filter(|_| self.open_when_healthy && matches!(self.state, AppState::Running(_)))
        {
            self.open_when_healthy = false;
            self.report(self.open(&service.name));
        }
    }
}
