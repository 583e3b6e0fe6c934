//! What the controller does when something is asked of it.

use std::sync::Arc;

use contract::{ApiError, ErrorCode, Request, ServiceSnapshot, Target};

use super::{Ask, Controller, Desktop, Happened, PanelEvent, Refusal, Reply, Sink, State, failed};
use crate::args::Forwarded;
use crate::view::Action;
use crate::{instance, text, tray_host};

/// How long to look for a tray when the panel was closed.
const TRAY_WAIT_AT_CLOSE: std::time::Duration = std::time::Duration::from_secs(1);

/// An answer to somebody who has gone meanwhile is nobody's loss.
pub(super) fn answer<T>(reply: Reply<T>, result: Result<T, ApiError>) {
    let _ = reply.send(result);
}

impl<D: Desktop> Controller<D> {
    pub(super) fn asked(&mut self, ask: Ask) {
        match ask {
            Ask::Clicked(action) | Ask::Notified(action) => self.act(action),
            Ask::Launched(Forwarded::ShowPanel) => self.desktop.show_panel(),
            Ask::Launched(Forwarded::OpenUserUi) => self.open_user_ui(),
            Ask::Launched(Forwarded::Quit) | Ask::Quit => self.quit(),
            Ask::SessionEnds if matches!(self.state, State::Quitting(_)) => {}
            Ask::SessionEnds => self.quit(),
            Ask::Launched(Forwarded::Nothing) => {}
            Ask::PanelClosed => self.panel_closed(),
            Ask::Subscribe(sink, reply) => {
                self.subscribe(sink);
                answer(reply, Ok(()));
            }
            Ask::Unsubscribe => {
                self.subscription.abort_all();
                self.unseen = true;
            }
            Ask::Request(request, reply) => self.request(request, reply),
            Ask::Open(service, reply) => answer(reply, self.open(&service)),
            Ask::Copy(service, reply) => answer(reply, self.copy(&service)),
            Ask::OpenLogFolder(reply) => answer(reply, self.open_log_folder()),
            Ask::OpenStackFile(reply) => answer(reply, self.open_stack_file()),
            Ask::Logs(service, lines, reply) => {
                answer(reply, self.running().and_then(|handle| handle.logs(&service, lines)));
            }
            Ask::Follow(service, sink, reply) => {
                let lines = self.running().and_then(|handle| handle.follow(&service));
                answer(reply, lines.map(|lines| self.follows.begin(lines, sink)));
            }
            Ask::Unfollow(id) => self.follows.end(id),
            Ask::Latencies(service, reply) => answer(reply, Ok(self.latencies.of(&service))),
            Ask::Settings(reply) => answer(reply, Ok(self.settings_now())),
            Ask::CheckSettings(settings, reply) => answer(reply, Ok(self.problems(&settings))),
            Ask::SaveSettings(settings, reply) => self.save(settings, reply),
            Ask::Welcome(reply) => self.answer_welcome(reply),
            Ask::DismissWelcome(reply) => {
                self.welcome = false;
                answer(reply, Ok(()));
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Open(service) => self.report(self.open(&service)),
            Action::ShowPanel => self.desktop.show_panel(),
            Action::Restart(target) => self.request_and_report(Request::Restart(target)),
            Action::Reallocate(target) => self.request_and_report(Request::Reallocate(target)),
            Action::ToggleStartAtLogin => self.toggle_start_at_login(),
            Action::OpenLogFolder => self.report(self.open_log_folder()),
            Action::NewInstance => self.new_instance(),
            Action::Quit => self.quit(),
        }
    }

    fn running(&self) -> Result<&stack::Handle, ApiError> {
        let nothing = || ApiError::new(ErrorCode::NotRunning, self.words().refused_nothing_runs());
        self.handle().ok_or_else(nothing)
    }

    /// Where nothing runs, restarting all is launching again.
    fn request(&mut self, request: Request, reply: Reply<()>) {
        let nothing_runs = matches!(self.state, State::Ended { .. } | State::Refused(_));
        if nothing_runs && request == Request::Restart(Target::ALL) {
            self.launch_asked.push(reply);
            return self.launch_again();
        }
        let (language, row) = (self.language, self.meant(&request));
        match self.running().cloned() {
            Ok(handle) => drop(tokio::spawn(async move {
                let result = handle.request(request).await;
                answer(reply, result.map_err(|error| text::request_refused(error, row.as_deref(), language)));
            })),
            Err(error) => answer(reply, Err(error)),
        }
    }

    /// The service that a request is about; `None` where it is about all.
    fn meant(&self, request: &Request) -> Option<Arc<ServiceSnapshot>> {
        let (Request::Restart(target) | Request::Reallocate(target) | Request::Stop(target)) = request;
        let name = target.service.as_ref()?;
        self.snapshot.as_ref()?.services.iter().find(|row| row.name == *name).cloned()
    }

    fn request_and_report(&mut self, request: Request) {
        let (reply, result) = tokio::sync::oneshot::channel();
        self.request(request, reply);
        let happened = self.happened.clone();
        tokio::spawn(async move {
            if let Ok(Err(error)) = result.await
                && error.code != ErrorCode::Superseded
            {
                let _ = happened.send(Happened::Refused(error));
            }
        });
    }

    /// A new page: whatever served the one before ends. One that is seen again keeps the logs it follows.
    fn subscribe(&mut self, sink: Sink<PanelEvent>) {
        self.subscription.abort_all();
        if !std::mem::take(&mut self.unseen) {
            self.follows.end_all();
        }
        self.subscription.spawn(super::push::push(self.panel.subscribe(), sink));
    }

    fn panel_closed(&mut self) {
        self.subscription.abort_all();
        self.unseen = false;
        self.follows.end_all();
        if matches!(self.state, State::Quitting(_)) {
            return;
        }
        let happened = self.happened.clone();
        tokio::spawn(async move {
            happened.send(Happened::TrayAtClose(tray_host::appears(TRAY_WAIT_AT_CLOSE).await))
        });
    }

    fn open_user_ui(&mut self) {
        self.open_when_healthy = true;
        if let Some(snapshot) = self.snapshot.clone() {
            self.observe(snapshot);
        }
    }

    /// The address without the token: a clipboard is read by every program and kept by some. Who is to
    /// get in goes by `open`.
    fn copy(&self, service: &str) -> Result<(), ApiError> {
        let row = self.row(service)?;
        let address = row.url.as_deref().ok_or_else(|| {
            ApiError::new(ErrorCode::NotRunning, self.words().refused_no_address(&row.label))
        })?;
        self.desktop.copy(address).map_err(|error| failed(self.words().refused_not_copied(error)))
    }

    fn open_log_folder(&self) -> Result<(), ApiError> {
        let folder =
            self.handle().map_or_else(|| self.launcher.log_folder(), |handle| handle.log_folder().to_owned());
        self.desktop.open_folder(&folder).map_err(|error| failed(self.words().refused_nothing_opens(error)))
    }

    /// The file that the refusal names, and no other: a page has no say in it.
    fn open_stack_file(&self) -> Result<(), ApiError> {
        let State::Refused(Refusal { file: Some(file), .. }) = &self.state else {
            return Err(ApiError::new(ErrorCode::BadRequest, self.words().refused_no_file()));
        };
        self.desktop.open_file(file).map_err(|error| failed(self.words().refused_nothing_opens(error)))
    }

    /// Whether the panel says where the icon lives: on the first day, and where there is a place for icons.
    pub(super) fn answer_welcome(&mut self, reply: Reply<bool>) {
        match self.tray_there {
            None if self.welcome => self.welcome_asked.push(reply),
            there => answer(reply, Ok(self.welcome && there == Some(true))),
        }
    }

    fn new_instance(&self) {
        let (dirs, happened) = (self.launcher.dirs.clone(), self.happened.clone());
        tokio::spawn(async move {
            let running = client::instances(&dirs).await;
            happened.send(Happened::InstancesListed(running))
        });
    }

    /// Starts the next instance beside those that run.
    pub(super) fn start_instance(&self, mut running: Vec<String>) {
        // Ours may have nothing running just now and still be there.
        running.push(self.launcher.instance.clone().unwrap_or_else(|| instance::DEFAULT.to_owned()));
        let started = self.desktop.start_instance(&instance::next_free(&running));
        self.report(started.map_err(|error| failed(self.words().refused_no_new_instance(error))));
    }

    fn toggle_start_at_login(&mut self) {
        let mut settings = self.settings_now();
        settings.start_at_login = !settings.start_at_login;
        let result = self.store_start_at_login(settings.start_at_login).and_then(|()| self.store(settings));
        // The click has changed the mark in the menu already; it is set to what is the case.
        self.shown = None;
        self.report(result);
    }
}
