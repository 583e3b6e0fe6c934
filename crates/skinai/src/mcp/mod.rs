//! `skinai mcp`: the Model Context Protocol on standard input and output, for agents.
//!
//! `server` speaks the protocol, and hides what is not allowed. The tools themselves are in `reading` and `writing`; what
//! they take is in `parameters`, and what they answer in `answers`. They ask instances as the other commands do.

mod answers;
mod parameters;
mod reading;
mod server;
mod writing;

pub(crate) use server::mcp;
