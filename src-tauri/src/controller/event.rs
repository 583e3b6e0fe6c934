//! What came of what the controller set going.

use std::ops::ControlFlow;
use std::sync::Arc;

use contract::{ApiError, Sample, ServiceState, Snapshot};
use engine::Handle;

use super::command::answer;
use super::notices;
use super::notifications::{self, Change};
use super::stack_state::{Phase, StackId, StackState};
use super::task::follow;
use super::{Controller, LaunchRefusal, ReplyTo};
use crate::settings::{Saved, Settings};

/// Events that wait for the controller at most; each task that it starts sends one.
pub(super) const QUEUE_MAX: usize = 1024;

/// Something that came of what the controller set going.
pub(super) enum Event {
    /// The launch of an engine came to an end.
    Launched(StackId, Result<Handle, LaunchRefusal>),
    /// A stack has changed.
    Changed(StackId, Arc<Snapshot>),
    /// A service of it was probed.
    Sampled(StackId, Sample),
    /// Its engine has ended, and nothing of it is left.
    Finished(StackId),
    /// Killing everything has taken too long, or there was nothing to end.
    GivenUp,
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
        match event {
            Event::Launched(id, result) => return self.launched(id, result),
            Event::Changed(id, snapshot) => self.observe(id, snapshot),
            Event::Sampled(id, sample) => {
                if let Some(stack) = self.stack_mut(id) {
                    stack.take_in(sample);
                }
            }
            Event::Finished(id) => {
                let message = self.words().refused_ended();
                if let Some(stack) = self.stack_mut(id) {
                    stack.snapshot = None;
                    stack.phase = Phase::Ended { message };
                }
                return self.exit_if_over();
            }
            Event::GivenUp => return self.exit(),
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

    /// Ends the application where it is quitting and nothing of any engine is left.
    fn exit_if_over(&mut self) -> ControlFlow<()> {
        let over = self.quitting && self.stacks.iter().all(StackState::is_over);
        if over { self.exit() } else { ControlFlow::Continue(()) }
    }

    fn launched(&mut self, id: StackId, result: Result<Handle, LaunchRefusal>) -> ControlFlow<()> {
        let (events, quitting) = (self.events.clone(), self.quitting);
        let Some(stack) = self.stack_mut(id) else { return ControlFlow::Continue(()) };
        // How it went is told to everybody.
        stack.launch_asked.drain(..).for_each(|reply| answer(reply, Ok(())));
        match result {
            Ok(handle) => {
                handle.notices().iter().for_each(notices::log);
                handle.instance().clone_into(&mut stack.name);
                tokio::spawn(follow(id, handle.clone(), events));
                if quitting {
                    handle.stop_all();
                }
                stack.phase = Phase::Running(handle);
            }
            Err(refusal) => {
                tracing::error!("{}", refusal.message);
                stack.phase = Phase::Refused(refusal);
                if !quitting {
                    self.desktop.show_panel();
                }
            }
        }
        self.exit_if_over()
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

    pub(super) fn observe(&mut self, id: StackId, snapshot: Arc<Snapshot>) {
        let (language, quitting) = (self.language, self.quitting);
        let Some(stack) = self.stack_mut(id) else { return };
        let changes = notifications::changes(stack.snapshot.as_deref(), &snapshot, language);
        let ready = snapshot.services.iter().find(|service| service.open_url.is_some());
        let ready = ready.filter(|service| service.state == ServiceState::Healthy);
        let ready = ready.map(|service| service.name.clone());
        stack.snapshot = Some(snapshot);
        let opened = ready.filter(|_| stack.open_when_healthy && stack.handle().is_some() && !quitting);
        if opened.is_some() {
            stack.open_when_healthy = false;
        }
        let name = stack.name.clone();
        for change in changes {
            match change {
                Change::Raised(notification) => self.desktop.notify(&notification),
                Change::Resolved(id) => self.desktop.withdraw(id),
            }
        }
        if let Some(service) = opened {
            self.report(self.open(&name, &service));
        }
    }
}
