//! What comes of what the controller set going.

use std::path::PathBuf;
use std::sync::Arc;

use client::Client;
use contract::{ApiError, Entrance, Sample, Snapshot};
use engine::Handle;

use super::{LaunchRefusal, Question, ReplyTo};
use crate::settings::{Saved, Settings};

/// Events that wait for the controller at most; each task that it starts sends one.
pub(super) const QUEUE_MAX: usize = 1024;

/// By which events name a stack, whose instance may get its name only at the launch.
pub(super) type StackId = u32;

/// Something that came of what the controller set going.
pub(super) enum ControllerEvent {
    /// The launch of an engine came to an end.
    Launched(StackId, Result<Handle, LaunchRefusal>),
    /// A stack has changed.
    Changed(StackId, Arc<Snapshot>),
    /// A service of it was probed.
    Sampled(StackId, Sample),
    /// It runs in another process and does not say how it is.
    Silent(StackId, ApiError),
    /// Its engine has ended, and nothing of it is left.
    Finished(StackId),
    /// Killing everything has taken too long, or there was nothing to end.
    GivenUp,
    /// Nothing is wrong with settings that are to be saved.
    Checked(Settings, ReplyTo<Saved>),
    /// The engine has applied settings, or not.
    Applied(Settings, Result<(), ApiError>, ReplyTo<Saved>),
    /// Whether the desktop shows tray icons: at the launch, and when the panel was closed.
    TrayAtLaunch(bool),
    /// See above.
    TrayAtClose(bool),
    /// The desktop shows no tray icons any more.
    TrayGone,
    /// The instances that run.
    Found(Vec<Client>),
    /// The way into a service that is to be opened.
    Entrance(Entrance, ReplyTo<()>),
    /// A text that is to be copied.
    Copy(String, ReplyTo<()>),
    /// A stack file was dropped; this is to be asked about it.
    Dropped(Question),
    /// A stack file was dropped, and there is nothing to be asked about it.
    Agreed(PathBuf),
    /// Something that was chosen in the menu did not work.
    Refused(ApiError),
}
