//! Processes and their sockets, by proc(5).

use std::collections::HashSet;
use std::fs::{read_dir, read_link};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use contract::{Holder, plain};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::kill;
use nix::sys::stat::fstat;
use nix::unistd::{Pid, Uid, User, geteuid};
use procfs::ProcError;
use procfs::process::{Process, all_processes};
use socket2::Socket;

use super::socket_entry::Entry;

/// The longest command line that is shown, in bytes.
const COMMAND_BYTES_MAX: u64 = 4096;

/// The inode number of a socket of ours.
pub(super) fn inode_of(socket: &Socket) -> io::Result<u64> {
    Ok(fstat(socket)?.st_ino)
}

/// What may be known of the sockets of a process.
#[derive(Debug)]
pub(super) enum Sockets {
    /// Their inode numbers; none if it is gone.
    Seen(Vec<u64>),
    /// It is hidden from us, and this is it.
    Hidden(Box<Holder>),
}

/// The sockets of a process.
///
/// # Errors
/// If that cannot be found out at the moment.
pub(super) fn sockets_of(pid: u32) -> io::Result<Sockets> {
    let process = match Process::new(pid.cast_signed()) {
        Ok(process) => process,
        // A /proc that is mounted with hidepid=2 does not show what it hides.
        Err(ProcError::NotFound(_)) if exists(pid) => {
            return Ok(Sockets::Hidden(Box::new(Holder { pid: Some(pid), ..Holder::UNKNOWN })));
        }
        Err(ProcError::NotFound(_)) => return Ok(Sockets::Seen(Vec::new())),
        Err(error) => return Err(io::Error::other(error)),
    };
    match sockets(&process) {
        Ok(sockets) => Ok(Sockets::Seen(sockets)),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Ok(Sockets::Hidden(Box::new(holder(&process))))
        }
        Err(error) => Err(error),
    }
}

fn exists(pid: u32) -> bool {
    i32::try_from(pid).is_ok_and(|pid| kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH))
}

fn sockets(process: &Process) -> io::Result<Vec<u64>> {
    if !process.stat().is_ok_and(|stat| stat.state == 'Z') {
        return sockets_of_thread(process.pid());
    }
    // Its first thread has ended, for which /proc/PID/fd stands; any other thread has the descriptors too.
    let threads = process.tasks().into_iter().flatten().flatten().map(|task| task.tid);
    for thread in threads.filter(|thread| *thread != process.pid()) {
        let sockets = sockets_of_thread(thread)?;
        if !sockets.is_empty() {
            return Ok(sockets);
        }
    }
    Ok(Vec::new())
}

/// The list may be readable where its entries are not: to root without CAP_SYS_PTRACE, as in containers.
fn sockets_of_thread(thread: i32) -> io::Result<Vec<u64>> {
    let is_gone =
        |error: &io::Error| error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH);
    let list = match read_dir(format!("/proc/{thread}/fd")) {
        Err(error) if is_gone(&error) => return Ok(Vec::new()),
        list => list?,
    };
    let mut sockets = Vec::new();
    for entry in list {
        match entry.and_then(|entry| read_link(entry.path())) {
            Ok(target) => sockets.extend(socket_inode(&target)),
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sockets)
}

/// As proc_pid_fd(5) shows a socket: `socket:[INODE]`.
fn socket_inode(target: &Path) -> Option<u64> {
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The processes that have any of these sockets, those that listen first, and for each socket whose process is
/// hidden from us what its entry says.
pub(super) fn holders(port: u16, entries: &[Entry]) -> Vec<Holder> {
    if entries.is_empty() {
        return Vec::new();
    }
    let wanted: HashSet<u64> = entries.iter().map(|entry| entry.inode).collect();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let listens = |inode: &u64| entries.iter().any(|entry| entry.inode == *inode && entry.listens());
    // One after the other, lowest id first: each is an open descriptor as long as it is looked at.
    for process in all_processes().into_iter().flatten().flatten() {
        let sockets: Vec<u64> =
            sockets(&process).into_iter().flatten().filter(|inode| wanted.contains(inode)).collect();
        if !sockets.is_empty() {
            found.push((!sockets.iter().any(listens), holder(&process)));
            seen.extend(sockets);
        }
    }
    // What is bound and does not listen may be a launcher's, beside the service that listens.
    found.sort_by_key(|(only_bound, _)| *only_bound);
    let mut holders: Vec<Holder> = found.into_iter().map(|(_, holder)| holder).collect();
    for entry in entries.iter().filter(|entry| !seen.contains(&entry.inode)) {
        let hidden = Holder {
            pid: None,
            name: None,
            command: None,
            user: user_name(entry.uid),
            hint: Some(format!("sudo ss -ltnp 'sport = :{port}'")),
            started: None,
        };
        if !holders.contains(&hidden) {
            holders.push(hidden);
        }
    }
    holders
}

fn holder(process: &Process) -> Holder {
    let stat = process.stat().ok();
    Holder {
        pid: Some(process.pid().cast_unsigned()),
        started: stat.as_ref().map(|stat| stat.starttime),
        name: stat.map(|stat| plain(stat.comm).into_owned()).filter(|name| !name.is_empty()),
        command: command(process),
        // The files of one that hides its memory belong to root.
        user: process.status().ok().and_then(|status| user_name(status.euid)),
        hint: None,
    }
}

/// The command line, as text for people: arguments parted by spaces.
fn command(process: &Process) -> Option<String> {
    let mut bytes = Vec::new();
    let file = process.open_relative("cmdline").ok()?;
    file.take(COMMAND_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
    let text = plain(text);
    // The bound may fall within a character.
    let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The name of a user who is not us, or the number where there is no name.
fn user_name(uid: u32) -> Option<String> {
    let uid = Uid::from_raw(uid);
    if uid == geteuid() {
        return None;
    }
    let known = User::from_uid(uid).ok().flatten();
    Some(known.map_or_else(|| uid.to_string(), |user| user.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::linux::sock_diag;
    use crate::os::linux::socket_entry::States;

    #[test]
    fn another_user_is_known_by_name_or_else_by_number() {
        let nobody_has = u32::MAX - 1;
        assert_eq!(user_name(nobody_has), Some(nobody_has.to_string()));
        assert_eq!(user_name(geteuid().as_raw()), None);
        let stranger = if geteuid().is_root() { ("nobody", 65_534) } else { ("root", 0) };
        assert_eq!(user_name(stranger.1).as_deref(), Some(stranger.0));
    }

    #[test]
    fn of_a_hidden_process_the_user_is_known_and_what_to_run() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut entries = sock_diag::dump(port, port, States::HELD).unwrap();
        let stranger = if geteuid().is_root() { 65_534 } else { 0 };
        for entry in &mut entries {
            (entry.inode, entry.uid) = (0, stranger);
        }
        let holders = holders(port, &entries);
        assert_eq!((holders.len(), holders[0].pid), (1, None));
        assert_eq!(holders[0].user, user_name(stranger));
        assert_eq!(holders[0].hint, Some(format!("sudo ss -ltnp 'sport = :{port}'")));
        let taken = crate::Taken { port, reason: crate::TakenReason::InUse, holders };
        assert!(taken.to_string().ends_with(&format!("; to see more, run: sudo ss -ltnp 'sport = :{port}'")));
    }
}
