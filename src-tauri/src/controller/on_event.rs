//! What the controller does with what came of what it set going.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use contract::{ApiError, ErrorCode, ServiceState, Snapshot};
use engine::Handle;
use tokio::task::JoinSet;

use super::event::{ControllerEvent, StackId};
use super::instance_link::InstanceLink;
use super::notices;
use super::notifications::{self, Change};
use super::reply::answer;
use super::stack_state::{StackPhase, StackState, is_own};
use super::{Controller, LaunchRefusal};
use crate::tray_host;

/// How long the desktop shows no tray icons before the panel says so: its own panel may be started anew.
const TRAY_GONE_FOR: Duration = Duration::from_secs(3);

impl Controller {
    pub(super) fn on_event(&mut self, event: ControllerEvent) -> ControlFlow<()> {
        match event {
            ControllerEvent::Launched(id, result) => return self.launched(id, result),
            ControllerEvent::Changed(id, snapshot) => self.observe(id, snapshot),
            ControllerEvent::Sampled(id, sample) => {
                if let Some(stack) = self.stack_mut(id) {
                    stack.take_in(sample);
                }
            }
            ControllerEvent::Finished(id) => {
                self.ended(id);
                return self.exit_if_over();
            }
            ControllerEvent::Silent(id, error) => self.silent(id, error),
            ControllerEvent::GivenUp => return self.exit(),
            ControllerEvent::Checked(settings, reply) => self.checked(settings, reply),
            ControllerEvent::Applied(settings, result, reply) => self.applied(settings, result, reply),
            ControllerEvent::TrayAtLaunch(there) => self.tray_at_launch(there),
            ControllerEvent::TrayAtClose(there) => {
                self.tray_is_there(there);
                if !there {
                    self.quit();
                }
            }
            ControllerEvent::TrayGone => self.tray_gone(),
            ControllerEvent::Found(running) => self.found(running),
            ControllerEvent::Entrance(entrance, reply) => self.enter(entrance, reply),
            ControllerEvent::Copy(text, reply) => answer(reply, self.copy_text(&text)),
            ControllerEvent::Dropped(question) => self.desktop.ask(&question),
            ControllerEvent::Agreed(file) => self.open_stack(&file),
            ControllerEvent::Refused(error) => self.report(Err(error)),
        }
        ControlFlow::Continue(())
    }

    fn silent(&mut self, id: StackId, error: ApiError) {
        let words = self.words();
        let Some(stack) = self.stack_mut(id) else { return };
        let Some(link) = stack.link().cloned() else { return };
        let message = match error.code {
            ErrorCode::NotAnswering => error.message,
            _ => words.silent_untold(&stack.name, error.message),
        };
        stack.phase = StackPhase::Silent { link, message };
    }

    fn exit(&mut self) -> ControlFlow<()> {
        self.subscription = JoinSet::new();
        self.desktop.exit();
        ControlFlow::Break(())
    }

    /// Ends the application where it is quitting and nothing of any engine is left.
    fn exit_if_over(&mut self) -> ControlFlow<()> {
        let over = self.quitting && self.stacks.iter().all(StackState::lets_go);
        if over { self.exit() } else { ControlFlow::Continue(()) }
    }

    fn launched(&mut self, id: StackId, result: Result<Handle, LaunchRefusal>) -> ControlFlow<()> {
        let (events, quitting) = (self.events.clone(), self.quitting);
        // Those that were not looked at meanwhile.
        self.look.notify_one();
        let Some(stack) = self.stack_mut(id) else { return ControlFlow::Continue(()) };
        // How it went is told to everybody.
        stack.launch_asked.drain(..).for_each(|reply| answer(reply, Ok(())));
        let ending = std::mem::take(&mut stack.ending) || quitting;
        match result {
            Ok(handle) => {
                handle.notices().iter().for_each(notices::log);
                let link = InstanceLink::Here(handle.clone());
                tokio::spawn(link.clone().tell(id, events));
                if ending {
                    handle.stop_all();
                }
                (stack.phase, stack.gave_way) = (StackPhase::Running(link), None);
                self.rename(id, handle.instance().to_owned());
            }
            Err(refusal) => {
                tracing::error!("{}", refusal.message);
                stack.title = refusal.title.clone().or_else(|| stack.title.take());
                stack.phase = StackPhase::Refused(refusal);
                let name = stack.name.clone();
                if !ending {
                    self.show_stack(&name);
                } else if !quitting {
                    self.ended(id);
                }
            }
        }
        self.exit_if_over()
    }

    pub(super) fn tray_at_launch(&mut self, there: bool) {
        self.tray_is_there(there);
        for reply in std::mem::take(&mut self.welcome_asked) {
            self.answer_welcome(reply);
        }
        if !there && self.hidden {
            self.desktop.show_panel();
        }
        if !there {
            // One that is started late still takes the icon.
            self.look_for_tray_for(Duration::MAX);
        } else {
            let events = self.events.clone();
            tokio::spawn(async move {
                tray_host::disappears(TRAY_GONE_FOR).await;
                events.send(ControllerEvent::TrayGone).await
            });
        }
    }

    /// From here on the panel is the application, and says so.
    fn tray_gone(&mut self) {
        self.tray_is_there(false);
        if self.quitting {
            return;
        }
        if self.subscription.is_empty() {
            self.desktop.show_panel();
        }
        self.look_for_tray_for(Duration::MAX);
    }

    fn tray_is_there(&mut self, there: bool) {
        self.tray_there = Some(there);
        self.tray_follower = self.tray_follower.take().filter(|follower| follower(there));
    }

    pub(super) fn observe(&mut self, id: StackId, snapshot: Arc<Snapshot>) {
        let (language, quitting) = (self.language, self.quitting);
        let Some(stack) = self.stack_mut(id) else { return };
        let of_another = stack.launcher.is_none();
        // What was there before it was found is no news.
        let changes = match &stack.snapshot {
            None if of_another => Vec::new(),
            before => notifications::changes(before.as_deref(), &snapshot, language),
        };
        let ready = snapshot.services.iter().find(|service| service.open_url.is_some());
        let ready = ready.filter(|service| service.state == ServiceState::Healthy);
        let ready = ready.map(|service| service.name.clone());
        stack.title = Some(snapshot.stack.clone());
        stack.snapshot = Some(snapshot);
        if let StackPhase::Silent { link, .. } = &stack.phase {
            stack.phase = StackPhase::Running(link.clone());
        }
        let opened = ready.filter(|_| stack.open_when_healthy && stack.link().is_some() && !quitting);
        if opened.is_some() {
            stack.open_when_healthy = false;
        }
        let (name, title) = (stack.name.clone(), stack.title.clone().filter(|_| !is_own(stack)));
        let mut notified = std::mem::take(&mut stack.notified);
        for change in changes {
            match change {
                Change::Raised(service, told) => {
                    let id = *notified.entry(service).or_insert_with(|| {
                        self.last_notification = self.last_notification.wrapping_add(1);
                        self.last_notification
                    });
                    self.desktop.notify(&told.of_stack(id, &name, title.as_deref()));
                }
                Change::Resolved(service) => {
                    if let Some(id) = notified.remove(&service) {
                        self.desktop.withdraw(id);
                    }
                }
            }
        }
        if let Some(stack) = self.stack_mut(id) {
            stack.notified = notified;
        }
        if let Some(service) = opened {
            let reply = self.reported();
            self.open(&name, &service, reply);
        }
    }
}
