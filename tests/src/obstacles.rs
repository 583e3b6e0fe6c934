//! What keeps a program waiting that writes: a pipe that nobody reads, a disk that does not answer.

use std::io::{PipeReader, PipeWriter, Write};
use std::path::Path;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::fanotify::{EventFFlags, Fanotify, InitFlags, MarkFlags, MaskFlags};

/// A pipe with no room left. Who writes to it waits until somebody reads.
pub fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().expect("two descriptors");
    let set = |flags| fcntl(&writer, FcntlArg::F_SETFL(flags)).expect("own descriptor");
    set(OFlag::O_NONBLOCK);
    while (&writer).write(&[b'\n'; 4096]).is_ok() {}
    while (&writer).write(b"\n").is_ok() {}
    set(OFlag::empty());
    writer.flush().expect("nothing is kept back");
    (reader, writer)
}

/// A folder whose files cannot be opened, nor refused, until this is dropped.
pub struct FrozenFolder(#[expect(dead_code, reason = "freezes as long as it is there")] Fanotify);

impl FrozenFolder {
    /// Freezes the folder. `None` where the system does not let this user do it (CAP_SYS_ADMIN).
    pub fn freeze(folder: &Path) -> Option<Self> {
        let events =
            Fanotify::init(InitFlags::FAN_CLASS_CONTENT | InitFlags::FAN_CLOEXEC, EventFFlags::empty())
                .ok()?;
        let opened = MaskFlags::FAN_OPEN_PERM | MaskFlags::FAN_EVENT_ON_CHILD;
        events.mark(MarkFlags::FAN_MARK_ADD, opened, nix::fcntl::AT_FDCWD, Some(folder)).ok()?;
        Some(Self(events))
    }
}
