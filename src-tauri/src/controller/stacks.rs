//! Which stacks there are: those that others run, and those that were opened here.

use std::path::{Path, PathBuf};

use client::{Client, is_same_file};
use contract::{ApiError, ErrorCode, Request, Target};

use super::event::StackId;
use super::instance_link::tell_samples;
use super::reply::answer;
use super::stack_state::{StackPhase, StackState, is_own};
use super::{Controller, EngineLauncher, ReplyTo};
use crate::args::Args;
use crate::instance;
use crate::text::TrayWords;

/// How many stack files are remembered.
const RECENT_MAX: usize = 8;

impl Controller {
    /// These instances run. Those that end say so themselves.
    pub(super) fn found(&mut self, running: Vec<Client>) {
        // One that is being launched here gets its name only then.
        if self.stacks.iter().any(|stack| matches!(stack.phase, StackPhase::Launching)) {
            return;
        }
        for client in running {
            let known = self.stacks.iter().find(|stack| stack.name == client.instance());
            match known.map(|stack| (stack.id, stack.is_over())) {
                Some((_, false)) => continue,
                Some((id, true)) => self.give_way(id),
                None => {}
            }
            let stack = StackState::there(self.next_id(), client);
            self.add(stack);
        }
    }

    /// Another process runs an instance of that stack's name, and of two of one name nobody could say which is meant. It
    /// leaves the list; the application's own, which never does, gets the next name that is free until it is launched.
    fn give_way(&mut self, id: StackId) {
        let taken = |name: &str| self.stacks.iter().any(|stack| stack.name == name);
        let own = self.own();
        if own.id != id {
            return self.ended(id);
        }
        let free = instance::next_free_of(&own.name, taken);
        let before = self.rename(id, free);
        self.stacks[0].gave_way.get_or_insert(before);
    }

    /// Gives a stack another name; returns the one before.
    pub(super) fn rename(&mut self, id: StackId, name: String) -> String {
        let Some(stack) = self.stack_mut(id) else { return name };
        let before = std::mem::replace(&mut stack.name, name.clone());
        if self.shown_stack == before {
            self.shown_stack = name;
        }
        before
    }

    /// Shows what is there of a further stack, and what becomes of it.
    fn add(&mut self, mut stack: StackState) {
        // The panel goes on with what it shows where that is launched again.
        if let Some(gone) = self.gone.take_if(|gone| gone.name == stack.name) {
            (stack.panel, stack.samples) = (gone.panel, gone.samples);
        }
        if let Some(link) = stack.link().cloned() {
            tokio::spawn(link.clone().tell(stack.id, self.events.clone()));
            if stack.name == self.shown_stack && !self.subscription.is_empty() {
                self.subscription.spawn(tell_samples(stack.id, link, self.events.clone()));
            }
        }
        self.stacks.push(stack);
    }

    fn next_id(&mut self) -> StackId {
        self.last_id += 1;
        self.last_id
    }

    /// A stack has ended. The application's own can be launched again; any other leaves the list.
    pub(super) fn ended(&mut self, id: StackId) {
        let message = self.words().refused_ended();
        let Some(stack) = self.stack_mut(id) else { return };
        stack.last_file = stack.file();
        stack.snapshot = None;
        stack.phase = StackPhase::Ended { message };
        stack.show();
        let notified = std::mem::take(&mut stack.notified);
        notified.into_values().for_each(|id| self.desktop.withdraw(id));
        let at = self.stacks.iter().position(|stack| stack.id == id && !is_own(stack));
        let Some(gone) = at.map(|at| self.stacks.remove(at)) else { return };
        let is_shown = gone.name == self.shown_stack;
        // What is found may have ended in that moment, the engine of the application's own stack too.
        let own = &mut self.stacks[0];
        if own.is_over() && own.gave_way.take_if(|name| *name == gone.name).is_some() {
            if is_shown {
                // The panel goes on with that one.
                (own.panel, own.samples) = (gone.panel, gone.samples);
            }
            self.rename(0, gone.name);
        } else if is_shown {
            self.gone = Some(gone);
        }
    }

    /// Launches a further stack from a file that the user names, and shows it; one that runs already is shown.
    pub(super) fn open_stack(&mut self, file: &Path) {
        let result = self.open_file(file).map(|name| self.show_stack(&name));
        self.report(result);
    }

    /// Launches a stack again that has left the list, where its file is known; `None` where it is not.
    pub(super) fn launch_gone(&mut self, name: &str) -> Option<Result<(), ApiError>> {
        let gone = self.gone.as_ref().filter(|gone| gone.name == name)?;
        let file = gone.file()?;
        Some(self.stack_file(&file).map(|file| {
            self.remember(&file);
            drop(self.launch_further(name, Some(file)));
        }))
    }

    /// The stack file of the command line is remembered as one that was opened.
    pub(super) fn remember_own(&mut self) {
        let named = self.launcher.stack_flag.as_deref().and_then(|file| std::path::absolute(file).ok());
        if let Some(file) = named.and_then(|file| self.stack_file(&file).ok()) {
            self.remember(&file);
        }
    }

    /// The same where nobody is to be disturbed.
    pub(super) fn open_at_login(&mut self) {
        for file in self.settings.stacks_at_login.clone() {
            if let Err(error) = self.open_file(&file) {
                tracing::warn!("{}", error.message);
            }
        }
    }

    /// The name of the instance that runs that file, or is launched from it.
    fn open_file(&mut self, file: &Path) -> Result<String, ApiError> {
        let file = self.stack_file(file)?;
        self.remember(&file);
        if let Some(stack) =
            self.stacks.iter().find(|stack| stack.file().is_some_and(|other| is_same_file(&other, &file)))
        {
            return Ok(stack.name.clone());
        }
        let name = stackfile::instance_name(&file, product::SKINAI);
        Ok(self.launch_further(name.as_str(), Some(file)))
    }

    /// A stack file as it is named by somebody who may mean another file.
    pub(super) fn stack_file(&self, file: &Path) -> Result<PathBuf, ApiError> {
        let in_folder = file.join(stackfile::project_file(product::SKINAI));
        let file = if in_folder.is_file() { in_folder } else { file.to_owned() };
        let meant = file.extension().is_some_and(|ending| ending == "toml")
            || stackfile::is_project(&file, product::SKINAI);
        if meant && file.is_file() {
            return Ok(file);
        }
        Err(ApiError::new(ErrorCode::BadRequest, no_stack_file(self.words(), &file)))
    }

    pub(super) fn remember(&mut self, file: &Path) {
        let mut settings = self.settings.clone();
        let recent = &mut settings.recent_stacks;
        let known = recent.iter().position(|recent| is_same_file(recent, file)).map(|at| recent.remove(at));
        recent.insert(0, known.unwrap_or_else(|| file.to_owned()));
        settings.recent_stacks.truncate(RECENT_MAX);
        if settings != self.settings {
            let stored = self.store(settings);
            self.report(stored);
        }
    }

    /// Launches a further stack, of this file or the usual one, under the first such name that is free.
    pub(super) fn launch_further(&mut self, name: &str, file: Option<PathBuf>) -> String {
        let taken = |name: &str| self.stacks.iter().any(|stack| stack.name == name);
        let name = instance::next_free_of(name, taken);
        let mut launcher = EngineLauncher { instance: Some(name.clone()), ..self.launcher.clone() };
        if file.is_some() {
            (launcher.stack_flag, launcher.is_usual) = (file, false);
        }
        let id = self.next_id();
        self.add(StackState::here(id, launcher));
        self.launch(id);
        name
    }

    /// Launches the usual stack once more, and shows it.
    pub(crate) fn new_instance(&mut self) {
        let name = self.launch_further(instance::DEFAULT, None);
        self.show_stack(&name);
    }

    /// Shows that stack in the panel, in front of everything else.
    pub(super) fn show_stack(&mut self, name: &str) {
        name.clone_into(&mut self.shown_stack);
        self.desktop.show_panel();
    }

    /// Stops a stack, whoever has launched it; one that was refused leaves the list.
    pub(crate) fn end_stack(&mut self, name: &str, reply: ReplyTo<()>) {
        let stack = match self.find_mut(name) {
            Ok(stack) => stack,
            Err(error) => return answer(reply, Err(error)),
        };
        if stack.link().is_some() {
            return self.request(name, Request::Stop(Target::ALL), reply);
        }
        if stack.is_over() {
            let id = stack.id;
            self.ended(id);
        } else {
            // A launch cannot be broken off.
            stack.ending = true;
        }
        answer(reply, Ok(()));
    }

    /// Launches that stack with the application when it starts at login, or not. For that it has to start then.
    pub(crate) fn start_stack_at_login(&mut self, name: &str, on: bool) -> Result<(), ApiError> {
        let stack = self.find(name)?;
        if is_own(stack) {
            self.store_start_at_login(on)?;
            return self.store(self.settings_now());
        }
        let no_file = || ApiError::new(ErrorCode::BadRequest, self.words().refused_no_file());
        let file = stack.file().ok_or_else(no_file)?;
        let mut settings = self.settings_now();
        settings.stacks_at_login.retain(|other| !is_same_file(other, &file));
        if on {
            settings.stacks_at_login.push(file);
            self.store_start_at_login(true)?;
            settings.start_at_login = true;
        }
        self.store(settings)
    }

    /// Opens a file that was opened before: a page has no say in which ones these are.
    pub(crate) fn open_recent(&mut self, file: &Path) -> Result<(), ApiError> {
        if !self.settings.recent_stacks.iter().any(|recent| recent == file) {
            let message = self.words().refused_no_stack_file(file.display().to_string());
            return Err(ApiError::new(ErrorCode::BadRequest, message));
        }
        self.open_file(file).map(|name| self.show_stack(&name))
    }

    /// The user chooses a stack file.
    pub(crate) fn choose_stack_file(&self) {
        let beside = self.settings.recent_stacks.first().and_then(|file| file.parent());
        self.desktop.choose_stack_file(&self.words().choose_stack_file(), beside);
    }

    /// Another stack was chosen in the panel.
    pub(crate) fn switch_stack(&mut self, name: &str) -> Result<(), ApiError> {
        let name = self.find(name)?.name.clone();
        self.shown_stack = name;
        Ok(())
    }

    /// The stack that the panel shows.
    pub(crate) fn shown_stack(&self) -> String {
        self.shown_stack.clone()
    }

    /// Stack files that were opened, newest first, as text.
    pub(crate) fn recent_stacks(&self) -> Vec<String> {
        self.recent().map(|file| file.display().to_string()).collect()
    }

    /// Stack files that were opened, newest first, but for those of the stacks that are listed anyhow.
    pub(super) fn recent(&self) -> impl Iterator<Item = &PathBuf> {
        let listed: Vec<PathBuf> = self.stacks.iter().filter_map(StackState::file).collect();
        // As they are written: no disk is asked whenever the menu is made.
        self.settings.recent_stacks.iter().filter(move |file| !listed.contains(file))
    }

    /// What the application was launched with while it runs.
    pub(super) fn second_launch(&mut self, args: Args) {
        // The stack of a file is ended by its name.
        let args = if args.quit { args.with_name() } else { args };
        let Args { new_instance, hidden, quit, open_user_ui, .. } = args;
        if new_instance {
            return self.new_instance();
        }
        let name = match (args.instance, args.stack) {
            (None, _) if quit => return self.quit(),
            (Some(name), _) if quit => {
                if name == self.own().name {
                    return self.quit();
                }
                let reply = self.reported();
                return self.end_stack(&name, reply);
            }
            (None, None) => self.own().name.clone(),
            (None, Some(file)) => match self.open_file(&file) {
                Ok(name) => name,
                Err(error) => return self.report(Err(error)),
            },
            (Some(name), file) => match self.find(&name) {
                Ok(stack) => stack.name.clone(),
                Err(_) => self.launch_further(&name, file),
            },
        };
        if open_user_ui {
            self.open_user_ui(&name);
        } else if !hidden {
            self.show_stack(&name);
        }
    }

    /// A page asks for a stack that is not there: it is shown that it has ended, until it is launched again.
    pub(super) fn miss(&mut self, name: &str) {
        let message = self.no_stack(name).message;
        if self.gone.as_ref().is_none_or(|gone| gone.name != name) {
            let gone = StackState::gone(name, message);
            gone.show();
            self.gone = Some(gone);
        }
    }
}

/// Why that file cannot be launched.
fn no_stack_file(words: &TrayWords, file: &Path) -> String {
    let path = file.display().to_string();
    if file.exists() { words.refused_no_stack_file(path) } else { words.refused_no_file_there(path) }
}
