//! The control API's client, for the program, the tray and others: finds running instances ([`running`]),
//! asks one of them and follows what it says ([`Client`]).
//!
//! What the API offers: [`contract::paths`]. Its types are those of [`contract`].

mod client;
mod connection;
mod find;

pub use client::Client;
pub use find::{ConnectError, instances, is_same_file, running, runs};
