//! TCP ports of this machine: is it free, who has it, reserve it, hand it over.
//!
//! A port counts as free when nobody holds it, bound or listening, at any address by which a
//! browser on this machine could reach it: 127.0.0.1, ::1, 0.0.0.0, :: and the host that the service
//! will bind. Connections of a former holder (TIME_WAIT) do not make it taken.
//!
//! - [`Allocator`] takes ports: by number, the lowest free ones of a range, or one of the system's
//!   choosing. What it gives is a [`Reservation`]: a listening socket, which nobody can join or steal,
//!   together with a lease that keeps other instances of this user away while the socket is
//!   released.
//! - [`Leases`] are record locks on one file. They die with their holder, however it ended.
//! - [`holders`], [`listener`], [`listeners_of`] and [`listening_at`] say what the system knows.
//!
//! Every port that is given out was proven by binding it. The kernel's table is only asked to leave
//! out the hopeless ones in a crowded range, and to tell a lingering connection from a socket that is
//! bound but does not listen yet.

mod allocator;
mod bind_check;
mod blocked;
mod error;
mod find;
mod lease;
mod os;
mod owners;
mod range;
mod reservation;

pub use allocator::{Allocator, PortRequest};
pub use blocked::is_blocked_by_browsers;
pub use contract::Holder;
pub use error::{RangeFull, Taken, TakenReason};
pub use find::{get_free_port, get_multiple_free_ports, is_port_free};
pub use lease::{LeaseWarning, Leases};
pub use owners::{
    ListeningSocket, ProcessListeners, holder, holders, listener, listeners_of, listening_at, may_get,
    reachable,
};
pub use range::{PortRange, PortRangeError};
pub use reservation::Reservation;
