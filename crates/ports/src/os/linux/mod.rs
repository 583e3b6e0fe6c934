//! Linux: sock_diag for the table of sockets, `/proc` for processes, open file description locks.

mod lock;
mod proc_net_tcp;
mod processes;
mod sock_diag;
mod socket_entry;
mod sockets;
mod sockstat;

pub(crate) use lock::{open_lock_file, try_lock, unlock};
pub(crate) use sockets::{
    explain_conflict, forget_shutdown, held_ports, holders, lacks_family, listener, listeners_of,
    listening_at, set_exclusive,
};
