//! From the stack file as it is written to the one that is used.

mod checker;
mod environment;
mod names;
mod needs;
mod read;
mod service;
mod service_environment;
mod source;
mod stack;
mod told_number;
mod values;
mod variables;

pub(crate) use environment::Trust;
pub(crate) use source::{Source, Text};
pub(crate) use stack::parse;
