//! What the controller does when it is told to.

use std::sync::Arc;
use std::time::Duration;

use contract::{ApiError, ErrorCode, Happening, Request, Resources, ServiceSnapshot, Target};
use tokio::task::JoinSet;

use super::event::ControllerEvent;
use super::instance_link::{InstanceLink, tell_samples};
use super::reply::answer;
use super::stack_state::StackState;
use super::{Command, Controller, PanelEvent, ReplyTo, Sink, panel_feed};
use crate::view::{MenuAction, StackAction};
use crate::{text, tray_host};

/// The label of the panel's window.
pub const PANEL: &str = "panel";
/// How long a launch waits for the desktop's tray before the panel says that there is none.
const TRAY_WAIT: Duration = Duration::from_secs(1);
/// The same for a launch at login, when the tray itself is still being started.
const TRAY_WAIT_AT_LOGIN: Duration = Duration::from_secs(60);
/// How long to look for a tray when the panel was closed.
const TRAY_WAIT_AT_CLOSE: Duration = Duration::from_secs(1);

impl Controller {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Menu(action) | Command::Notification(action) => self.on_menu(action),
            Command::SecondLaunch(args) => self.second_launch(args),
            Command::OpenStack(file) => self.open_stack(&file),
            Command::Dropped(files) => files.iter().for_each(|file| self.dropped(file)),
            Command::Agreed(question) => self.agreed(question),
            Command::Quit => self.quit(),
            Command::SessionEnds if self.quitting => {}
            Command::SessionEnds => self.quit(),
            Command::PanelClosed => self.panel_closed(),
            Command::LogWindowClosed(window) => self.log_subscriptions.end_all(&window),
            Command::Call(call) => call(self),
        }
    }

    fn on_menu(&mut self, action: MenuAction) {
        match action {
            MenuAction::Stack(stack, action) => self.on_stack_menu(&stack, action),
            MenuAction::ShowPanel => self.desktop.show_panel(),
            MenuAction::OpenStack => self.choose_stack_file(),
            MenuAction::OpenRecent(file) => self.open_stack(&file),
            MenuAction::ToggleStartAtLogin => self.toggle_start_at_login(),
            MenuAction::NewInstance => self.new_instance(),
            MenuAction::Quit => self.quit(),
        }
    }

    fn on_stack_menu(&mut self, stack: &str, action: StackAction) {
        let reply = self.reported();
        match action {
            StackAction::Show => self.show_stack(stack),
            StackAction::Open(service) => self.open(stack, &service, reply),
            StackAction::Start(target) => self.request(stack, Request::Start(target), reply),
            StackAction::Stop(Target { service: None }) => {
                self.request(stack, Request::StopServices {}, reply);
            }
            StackAction::Stop(target) => self.request(stack, Request::Stop(target), reply),
            StackAction::Restart(target) => self.request(stack, Request::Restart(target), reply),
            StackAction::Reallocate(target) => self.request(stack, Request::Reallocate(target), reply),
            StackAction::ToggleAtLogin => {
                let known = self.find(stack).ok();
                let on = known.and_then(|stack| stack.is_of(&self.settings.stacks_at_login)) == Some(true);
                let result = self.start_stack_at_login(stack, !on);
                // The click has changed the mark in the menu already; it is set to the actual state.
                self.shown = None;
                self.report(result);
            }
            StackAction::OpenLogFolder => self.open_path(self.made_log_folder(stack), reply),
            StackAction::End => self.end_stack(stack, reply),
        }
    }

    /// Where the answer to what was asked for in the menu goes: the user is told of what was not done.
    pub(super) fn reported(&self) -> ReplyTo<()> {
        let (reply, result) = tokio::sync::oneshot::channel::<Result<(), ApiError>>();
        let events = self.events.clone();
        tokio::spawn(async move {
            if let Ok(Err(error)) = result.await
                && error.code != ErrorCode::Superseded
            {
                let _ = events.send(ControllerEvent::Refused(error)).await;
            }
        });
        reply
    }

    /// Where nothing runs, restarting all is launching again.
    pub(crate) fn request(&mut self, stack: &str, request: Request, reply: ReplyTo<()>) {
        let (language, words) = (self.language, self.words());
        if self.find(stack).is_err()
            && request == Request::Restart(Target::ALL)
            && let Some(launched) = self.launch_gone(stack)
        {
            return answer(reply, launched);
        }
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
            Ok(link) => drop(tokio::spawn(async move {
                let result = link.request(request).await;
                answer(reply, result.map_err(|error| text::request_refused(error, row.as_deref(), language)));
            })),
            Err(error) => answer(reply, Err(error)),
        }
    }

    /// A new page: whatever served the one before ends. One that is seen again keeps the logs it follows.
    pub(crate) fn subscribe(&mut self, stack: &str, sink: Sink<PanelEvent>) {
        self.subscription = JoinSet::new();
        if !std::mem::take(&mut self.unseen) {
            self.log_subscriptions.end_all(PANEL);
        }
        if self.find(stack).is_err() {
            self.miss(stack);
        }
        let stack = self.find(stack).ok().or(self.gone.as_ref()).unwrap_or_else(|| self.own());
        let (events, samples) = (stack.panel.subscribe(), stack.samples.subscribe());
        if let (id, Some(link)) = (stack.id, stack.link().cloned()) {
            self.subscription.spawn(tell_samples(id, link, self.events.clone()));
        }
        self.subscription.spawn(panel_feed::feed(self.listed.subscribe(), events, samples, sink));
    }

    /// Nobody sees the panel's page for now.
    pub(crate) fn unsubscribe(&mut self) {
        self.subscription = JoinSet::new();
        self.unseen = true;
    }

    /// What the processes of a service take of the machine.
    pub(crate) fn resources(&self, stack: &str, service: String, reply: ReplyTo<Option<Resources>>) {
        match self.running(stack) {
            Ok(link) => drop(tokio::spawn(async move { answer(reply, link.resources(&service).await) })),
            Err(error) => answer(reply, Err(error)),
        }
    }

    pub(super) fn running(&self, stack: &str) -> Result<InstanceLink, ApiError> {
        self.find(stack)?.running(self.words()).cloned()
    }

    /// The newest of what happened to a stack, oldest first; where it does not run, what its file has.
    pub(crate) fn happenings(&self, stack: &str, lines: usize, reply: ReplyTo<Vec<Happening>>) {
        let folder = match self.log_folder(stack) {
            Ok(folder) => folder,
            Err(error) => return answer(reply, Err(error)),
        };
        if let Ok(link) = self.running(stack) {
            tokio::spawn(async move { answer(reply, link.happenings(lines).await) });
            return;
        }
        // It may wait for a disk.
        tokio::task::spawn_blocking(move || {
            let mut saved = engine::saved_happenings(&folder);
            saved.drain(..saved.len().saturating_sub(lines));
            answer(reply, Ok(saved));
        });
    }

    /// Pushes what happens to a stack; answers the id by which that ends, as following lines does.
    pub(crate) fn follow_happenings(&mut self, stack: &str, sink: Sink<Happening>, reply: ReplyTo<u32>) {
        match self.running(stack) {
            Ok(link) => {
                let happenings = async move { link.follow_happenings().await };
                self.log_subscriptions.begin_happenings(PANEL.to_owned(), happenings, sink, reply);
            }
            Err(error) => answer(reply, Err(error)),
        }
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
        self.subscription = JoinSet::new();
        self.shown_stack.clone_from(&self.stacks[0].name);
        self.unseen = false;
        self.log_subscriptions.end_all(PANEL);
        if self.quitting {
            return;
        }
        let events = self.events.clone();
        tokio::spawn(async move {
            events.send(ControllerEvent::TrayAtClose(tray_host::appears(TRAY_WAIT_AT_CLOSE).await)).await
        });
    }

    pub(super) fn open_user_ui(&mut self, stack: &str) {
        let Ok(stack) = self.find_mut(stack) else { return };
        stack.open_when_healthy = true;
        if let (id, Some(snapshot)) = (stack.id, stack.snapshot.clone()) {
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

    fn toggle_start_at_login(&mut self) {
        let mut settings = self.settings_now();
        settings.start_at_login = !settings.start_at_login;
        let result = self.store_start_at_login(settings.start_at_login).and_then(|()| self.store(settings));
        // The click has changed the mark in the menu already; it is set to the actual state.
        self.shown = None;
        self.report(result);
    }

    /// Tells whether the desktop shows tray icons, as soon as it is known, and when that changes.
    pub(crate) fn follow_tray(&mut self, sink: Sink<bool>) {
        if self.tray_there.is_none_or(&sink) {
            self.tray_follower = Some(sink);
        }
    }

    /// Where the desktop shows no tray icons, the panel is the application.
    pub(super) fn look_for_tray(&self) {
        self.look_for_tray_for(if self.hidden { TRAY_WAIT_AT_LOGIN } else { TRAY_WAIT });
    }

    pub(super) fn look_for_tray_for(&self, wait: Duration) {
        let events = self.events.clone();
        tokio::spawn(async move {
            events.send(ControllerEvent::TrayAtLaunch(tray_host::appears(wait).await)).await
        });
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
        if again || self.stacks.iter().all(StackState::lets_go) {
            // The system may not answer; the watchdog kills what is left.
            let wait = if running { engine::KILLED_WITHIN } else { Duration::ZERO };
            let events = self.events.clone();
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                events.send(ControllerEvent::GivenUp).await
            });
        }
    }
}

/// The service that a request is about; `None` where it is about all.
fn meant(stack: &StackState, request: &Request) -> Option<Arc<ServiceSnapshot>> {
    let name = request.service()?;
    stack.snapshot.as_ref()?.services.iter().find(|row| row.name == name).cloned()
}
