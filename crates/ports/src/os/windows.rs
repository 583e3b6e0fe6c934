//! Windows: SO_EXCLUSIVEADDRUSE, the IP helper's table of sockets, LockFileEx.
#![expect(unsafe_code, reason = "the Windows API has no safe interface for these calls")]

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, AsRawSocket};
use std::path::Path;

use contract::{Holder, plain};
use socket2::Socket;
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_IO_PENDING, ERROR_LOCK_VIOLATION, NO_ERROR,
};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID, TCP_TABLE_OWNER_PID_LISTENER,
};
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, SO_EXCLUSIVEADDRUSE, SOCKET_ERROR, SOL_SOCKET, WSAEACCES, WSAEAFNOSUPPORT, setsockopt,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_OPEN_REPARSE_POINT, LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx,
    UnlockFileEx,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

use crate::owners::first_to_get;
use crate::{ListeningSocket, ProcessListeners, may_get};

use super::{BindAttempt, BindConflict, HeldPorts, TableScope};

/// So many characters of a command line are kept.
const COMMAND_MAX: usize = 1024;

/// Without this option another socket may bind the same port and steal it.
pub(crate) fn set_exclusive(socket: &Socket) -> io::Result<()> {
    let on: i32 = 1;
    // SAFETY: the socket is open, and the value is read as the four bytes it has.
    let outcome = unsafe {
        setsockopt(
            socket.as_raw_socket() as usize,
            SOL_SOCKET,
            SO_EXCLUSIVEADDRUSE,
            (&raw const on).cast(),
            size_of::<i32>() as i32,
        )
    };
    if outcome == SOCKET_ERROR { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// No socket is inherited.
pub(crate) fn forget_shutdown(_socket: &Socket) {}

/// Whether the system has no such address family.
pub(crate) fn lacks_family(error: &io::Error) -> bool {
    error.raw_os_error() == Some(WSAEAFNOSUPPORT)
}

/// An exclusive bind fails only where somebody has the port.
pub(crate) fn explain_conflict(_attempts: &[BindAttempt<'_>], _bound: usize) -> BindConflict {
    BindConflict::HeldByOther
}

/// The ports of a range at which somebody listens.
pub(crate) fn held_ports(start: u16, end: u16, _scope: TableScope) -> io::Result<HeldPorts> {
    let mut held = HeldPorts::default();
    for listener in listeners()? {
        if (start..=end).contains(&listener.address.port()) {
            held.insert(listener.address.port(), listener.address.ip());
        }
    }
    Ok(held)
}

/// Who listens on `port`, or keeps it.
pub(crate) fn holders(port: u16) -> Vec<Holder> {
    let mut pids: Vec<u32> = listeners()
        .unwrap_or_default()
        .into_iter()
        .filter(|listener| listener.address.port() == port)
        .map(|listener| listener.pid)
        .collect();
    pids.sort_unstable();
    pids.dedup();
    if pids.is_empty() {
        return excluded_by(TcpListener::bind((Ipv4Addr::LOCALHOST, port))).into_iter().collect();
    }
    pids.into_iter().map(process).collect()
}

/// The system, where it refused a bind that nobody is in the way of: it keeps ranges of ports for virtual machines and
/// containers, and those that an administrator sets.
fn excluded_by(bound: io::Result<TcpListener>) -> Option<Holder> {
    let is_excluded = bound.is_err_and(|error| error.raw_os_error() == Some(WSAEACCES));
    is_excluded.then(|| Holder {
        name: Some("Windows".to_owned()),
        hint: Some("netsh int ipv4 show excludedportrange tcp".to_owned()),
        ..Holder::UNKNOWN
    })
}

/// Who listens where a connection to `address` goes.
pub(crate) fn listener(address: SocketAddr) -> Option<Holder> {
    // 0 is nobody.
    let known = listeners().unwrap_or_default().into_iter().filter(|listener| listener.pid != 0);
    first_to_get(address, known, |listener| listener.address).map(|listener| process(listener.pid))
}

/// Where the processes listen.
pub(crate) fn listeners_of(pids: &[u32]) -> io::Result<ProcessListeners> {
    let mut addresses: Vec<_> = listeners()?
        .into_iter()
        .filter(|listener| pids.contains(&listener.pid))
        .map(|listener| listener.address)
        .collect();
    addresses.sort();
    addresses.dedup();
    Ok(ProcessListeners { addresses, hidden: None })
}

/// Sockets have no numbers here: those of one process count as one. How many connections wait is not told.
pub(crate) fn listening_at(address: SocketAddr) -> io::Result<Vec<ListeningSocket>> {
    let listeners = listeners()?.into_iter().filter(|listener| may_get(listener.address, address));
    Ok(listeners.map(|listener| ListeningSocket { inode: listener.pid.into(), waiting: 0 }).collect())
}

/// Opens the lock file of `folder`; why not, in words, if it cannot be used or trusted.
pub(crate) fn open_lock_file(folder: &Path) -> Result<File, String> {
    let cannot = |what: &Path, error: io::Error| format!("{}: {error}", what.display());
    userdirs::private_folder(folder).map_err(|error| cannot(folder, error))?;
    // Not `ports.lock`, which is that of an instance named so.
    let path = folder.join("ports.leases");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(&path)
        .map_err(|error| cannot(&path, error))?;
    let metadata = file.metadata().map_err(|error| cannot(&path, error))?;
    if metadata.file_type().is_symlink() || !metadata.is_file() {
        return Err(format!("{} is not a regular file", path.display()));
    }
    Ok(file)
}

/// Locks the byte of `port`; false if another open file has it.
pub(crate) fn try_lock(file: &File, port: u16) -> io::Result<bool> {
    let mut place = byte(port);
    // SAFETY: the file is open, and `place` outlives the call, which does not wait.
    let locked = unsafe {
        LockFileEx(
            file.as_raw_handle(),
            LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY,
            0,
            1,
            0,
            &raw mut place,
        )
    };
    if locked != 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error().map(|code| code as u32) {
        Some(ERROR_LOCK_VIOLATION | ERROR_IO_PENDING) => Ok(false),
        _ => Err(error),
    }
}

/// Gives the byte of `port` up.
pub(crate) fn unlock(file: &File, port: u16) {
    let mut place = byte(port);
    // SAFETY: the file is open, and `place` outlives the call. It cannot fail for a byte that is
    // locked; were it to, the lock would end with the file.
    unsafe { UnlockFileEx(file.as_raw_handle(), 0, 1, 0, &raw mut place) };
}

struct OwnedListener {
    address: SocketAddr,
    pid: u32,
}

fn byte(port: u16) -> OVERLAPPED {
    let mut place = OVERLAPPED::default();
    place.Anonymous.Anonymous.Offset = port.into();
    place
}

fn listeners() -> io::Result<Vec<OwnedListener>> {
    let mut listeners = Vec::new();
    for row in rows::<MIB_TCPROW_OWNER_PID>(AF_INET.into())? {
        let ip = Ipv4Addr::from(row.dwLocalAddr.to_ne_bytes());
        listeners
            .push(OwnedListener { address: (ip, port_of(row.dwLocalPort)).into(), pid: row.dwOwningPid });
    }
    for row in rows::<MIB_TCP6ROW_OWNER_PID>(AF_INET6.into())? {
        let ip = IpAddr::V6(Ipv6Addr::from(row.ucLocalAddr)).to_canonical();
        listeners
            .push(OwnedListener { address: (ip, port_of(row.dwLocalPort)).into(), pid: row.dwOwningPid });
    }
    Ok(listeners)
}

/// The port stands in network order in the lower half.
fn port_of(field: u32) -> u16 {
    u16::from_be(field as u16)
}

/// The rows of the table of listeners of a family: a count of 32 bits, then the rows, whose alignment
/// is that of 32 bits too.
fn rows<Row: Copy>(family: u32) -> io::Result<Vec<Row>> {
    let mut buffer: Vec<u32> = vec![0; 1024];
    loop {
        let mut size = (buffer.len() * 4) as u32;
        // SAFETY: the buffer has `size` bytes and is aligned as the table wants it.
        let outcome = unsafe {
            GetExtendedTcpTable(
                buffer.as_mut_ptr().cast(),
                &raw mut size,
                0,
                family,
                TCP_TABLE_OWNER_PID_LISTENER,
                0,
            )
        };
        match outcome {
            NO_ERROR => break,
            ERROR_INSUFFICIENT_BUFFER => buffer.resize(size as usize / 4 + 256, 0),
            code => return Err(io::Error::from_raw_os_error(code as i32)),
        }
    }
    let fitting = (buffer.len() - 1) * 4 / size_of::<Row>();
    let count = (buffer[0] as usize).min(fitting);
    // SAFETY: the system wrote `count` rows after the first number, and they fit into the buffer.
    Ok(unsafe { std::slice::from_raw_parts(buffer.as_ptr().add(1).cast::<Row>(), count) }.to_vec())
}

fn process(pid: u32) -> Holder {
    // The system does not say whose it is.
    if pid == 0 {
        return Holder::UNKNOWN;
    }
    let (pids, what) = ([pid, std::process::id()].map(Pid::from_u32), UpdateKind::Always);
    let what = ProcessRefreshKind::nothing().with_exe(what).with_cmd(what).with_user(what);
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), false, what);
    let [found, own] = pids.map(|pid| system.process(pid));
    let text = |text: &OsStr| plain(text.to_string_lossy()).into_owned();
    let command = found.and_then(|found| match found.cmd() {
        // Another user's is hidden.
        [] => found.exe().map(|program| text(program.as_os_str())),
        words => Some(text(&words.join(OsStr::new(" ")))),
    });
    let user = found.and_then(Process::user_id).filter(|user| own.and_then(Process::user_id) != Some(*user));
    Holder {
        pid: Some(pid),
        name: found.map(|found| text(found.name())).filter(|name| !name.is_empty()),
        hint: command.is_none().then(|| format!("tasklist /svc /fi \"PID eq {pid}\"")),
        command: command.map(|command| command.chars().take(COMMAND_MAX).collect()),
        user: user.map(|user| user.to_string()),
        started: found.map(Process::start_time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Taken, TakenReason};

    #[test]
    fn a_port_that_the_system_keeps_is_taken_by_it() {
        let refused = || io::Error::from_raw_os_error(WSAEACCES);
        let holders = excluded_by(Err(refused())).into_iter().collect();
        let taken = Taken { port: 8000, reason: refused().into(), holders };
        assert_eq!(taken.reason, TakenReason::InUse);
        assert_eq!(
            taken.to_string(),
            "port 8000 is taken by Windows, which keeps a range of ports for itself; to see more, run: \
             netsh int ipv4 show excludedportrange tcp"
        );
        assert_eq!(excluded_by(Err(io::ErrorKind::AddrInUse.into())), None);
        assert_eq!(excluded_by(TcpListener::bind("127.0.0.1:0")), None);
    }
}
