//! What the controller does when it is told to.

use std::sync::Arc;
use std::time::Duration;

use contract::{ApiError, ErrorCode, LogLine, Request, ServiceSnapshot, Target};

use super::command::answer;
use super::event::Event;
use super::stack_state::StackState;
use super::state::failed;
use super::{Command, Controller, PanelEvent, ReplyTo, Sink, panel_feed};
use crate::args::Forwarded;
use crate::view::MenuAction;
use crate::{instance, text, tray_host};

/// The name by which the application's own stack is found.
const OWN: &str = "";
/// How long a launch waits for the desktop's tray before the panel is shown in its place.
const TRAY_WAIT: Duration = Duration::from_secs(5);
/// The same for a launch at login, when the tray itself is still being started.
const TRAY_WAIT_AT_LOGIN: Duration = Duration::from_secs(60);
/// How long to look for a tray when the panel was closed.
const TRAY_WAIT_AT_CLOSE: Duration = Duration::from_secs(1);

impl Controller {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Menu(action) | Command::Notification(action) => self.on_menu(action),
            Command::SecondLaunch(Forwarded::ShowPanel) => self.desktop.show_panel(),
            Command::SecondLaunch(Forwarded::OpenUserUi) => self.open_user_ui(),
            Command::SecondLaunch(Forwarded::Quit) | Command::Quit => self.quit(),
            Command::SecondLaunch(Forwarded::Nothing) => {}
            Command::SessionEnds if self.quitting => {}
            Command::SessionEnds => self.quit(),
            Command::PanelClosed => self.panel_closed(),
            Command::Call(call) => call(self),
        }
    }

    fn on_menu(&mut self, action: MenuAction) {
        match action {
            MenuAction::Open(service) => self.report(self.open(OWN, &service)),
            MenuAction::ShowPanel => self.desktop.show_panel(),
            MenuAction::Restart(target) => self.request_and_report(Request::Restart(target)),
            MenuAction::Reallocate(target) => self.request_and_report(Request::Reallocate(target)),
            MenuAction::ToggleStartAtLogin => self.toggle_start_at_login(),
            MenuAction::OpenLogFolder => self.report(self.open_log_folder(OWN)),
            MenuAction::NewInstance => self.new_instance(),
            MenuAction::Quit => self.quit(),
        }
    }

    /// Where nothing runs, restarting all is launching again.
    pub(crate) fn request(&mut self, stack: &str, request: Request, reply: ReplyTo<()>) {
        let (language, words) = (self.language, self.words());
        let stack = match self.find_mut(stack) {
            Ok(stack) => stack,
            Err(error) => return answer(reply, Err(error)),
        };
        if stack.is_over() && request == Request::Restart(Target::ALL) {
            stack.launch_asked.push(reply);
            let id = stack.id;
            return self.launch_again(id);
        }
        let row = meant(stack, &request);
        match stack.running(words).cloned() {
            Ok(handle) => drop(tokio::spawn(async move {
                let result = handle.request(request).await;
                answer(reply, result.map_err(|error| text::request_refused(error, row.as_deref(), language)));
            })),
            Err(error) => answer(reply, Err(error)),
        }
    }

    fn request_and_report(&mut self, request: Request) {
        let (reply, result) = tokio::sync::oneshot::channel();
        self.request(OWN, request, reply);
        let events = self.events.clone();
        tokio::spawn(async move {
            if let Ok(Err(error)) = result.await
                && error.code != ErrorCode::Superseded
            {
                let _ = events.send(Event::Refused(error)).await;
            }
        });
    }

    /// A new page: whatever served the one before ends. One that is seen again keeps the logs it follows.
    ///
    /// # Errors
    /// That there is no such stack.
    pub(crate) fn subscribe(&mut self, stack: &str, sink: Sink<PanelEvent>) -> Result<(), ApiError> {
        self.subscription.abort_all();
        if !std::mem::take(&mut self.unseen) {
            self.log_subscriptions.end_all();
        }
        let stack = self.find(stack)?;
        let (events, samples) = (stack.panel.subscribe(), stack.samples.subscribe());
        self.subscription.spawn(panel_feed::feed(self.listed.subscribe(), events, samples, sink));
        Ok(())
    }

    /// Nobody sees the panel's page for now.
    pub(crate) fn unsubscribe(&mut self) {
        self.subscription.abort_all();
        self.unseen = true;
    }

    /// The newest lines of a service.
    pub(crate) fn logs(&self, stack: &str, service: &str, lines: usize) -> Result<Vec<LogLine>, ApiError> {
        self.find(stack)?.running(self.words())?.logs(service, lines)
    }

    /// Pushes a service's lines as they come; returns the id by which that ends.
    pub(crate) fn follow_logs(
        &mut self,
        stack: &str,
        service: &str,
        sink: Sink<Vec<LogLine>>,
    ) -> Result<u32, ApiError> {
        let lines = self.find(stack)?.running(self.words())?.follow(service)?;
        Ok(self.log_subscriptions.begin(lines, sink, self.language))
    }

    /// Pushes no more lines to the follower of that id.
    pub(crate) fn unfollow_logs(&mut self, id: u32) {
        self.log_subscriptions.end(id);
    }

    /// The newest probe latencies of a service.
    pub(crate) fn latencies(&self, stack: &str, service: &str) -> Result<Vec<Option<u64>>, ApiError> {
        Ok(self.find(stack)?.latencies.of(service))
    }

    /// The panel says no more where the icon lives.
    pub(crate) fn dismiss_welcome(&mut self) {
        self.welcome = false;
    }

    fn panel_closed(&mut self) {
        self.subscription.abort_all();
        self.unseen = false;
        self.log_subscriptions.end_all();
        if self.quitting {
            return;
        }
        let events = self.events.clone();
        tokio::spawn(async move {
            events.send(Event::TrayAtClose(tray_host::appears(TRAY_WAIT_AT_CLOSE).await)).await
        });
    }

    fn open_user_ui(&mut self) {
        let own = &mut self.stacks[0];
        own.open_when_healthy = true;
        if let (id, Some(snapshot)) = (own.id, own.snapshot.clone()) {
            self.observe(id, snapshot);
        }
    }

    /// Whether the panel says where the icon lives: on the first day, and where there is a place for icons.
    pub(crate) fn answer_welcome(&mut self, reply: ReplyTo<bool>) {
        match self.tray_there {
            None if self.welcome => self.welcome_asked.push(reply),
            there => answer(reply, Ok(self.welcome && there == Some(true))),
        }
    }

    fn new_instance(&self) {
        let (dirs, events) = (self.launcher.dirs.clone(), self.events.clone());
        tokio::spawn(async move {
            let running = client::instances(&dirs).await;
            events.send(Event::InstancesListed(running)).await
        });
    }

    /// Starts the next instance beside those that run.
    pub(super) fn start_instance(&self, mut running: Vec<String>) {
        // Ours may have nothing running just now and still be there.
        running.push(self.own().name.clone());
        let started = self.desktop.start_instance(&instance::next_free(&running));
        self.report(started.map_err(|error| failed(self.words().refused_no_new_instance(error))));
    }

    fn toggle_start_at_login(&mut self) {
        let mut settings = self.settings_now();
        settings.start_at_login = !settings.start_at_login;
        let result = self.store_start_at_login(settings.start_at_login).and_then(|()| self.store(settings));
        // The click has changed the mark in the menu already; it is set to the actual state.
        self.shown = None;
        self.report(result);
    }

    /// Where the desktop shows no tray icons, the panel is the application.
    pub(super) fn look_for_tray(&self) {
        let (events, wait) = (self.events.clone(), if self.hidden { TRAY_WAIT_AT_LOGIN } else { TRAY_WAIT });
        tokio::spawn(async move { events.send(Event::TrayAtLaunch(tray_host::appears(wait).await)).await });
    }

    /// The first time everything ends in order; the second time at once.
    pub(super) fn quit(&mut self) {
        let again = std::mem::replace(&mut self.quitting, true);
        let mut running = false;
        for handle in self.stacks.iter().filter_map(StackState::handle) {
            running = true;
            if again {
                handle.kill_all();
            } else {
                handle.stop_all();
            }
        }
        // A launch cannot be broken off; what it started is ended as soon as it is known.
        if again || self.stacks.iter().all(StackState::is_over) {
            // The system may not answer; the watchdog kills what is left.
            let wait = if running { engine::KILLED_WITHIN } else { Duration::ZERO };
            let events = self.events.clone();
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                events.send(Event::GivenUp).await
            });
        }
    }
}

/// The service that a request is about; `None` where it is about all.
fn meant(stack: &StackState, request: &Request) -> Option<Arc<ServiceSnapshot>> {
    let name = request.service()?;
    stack.snapshot.as_ref()?.services.iter().find(|row| row.name == name).cloned()
}
