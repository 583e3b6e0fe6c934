//! The stack file: which services are launched together, and how.
//!
//! [`Stack::find`] gives the one to use, [`Stack::parse`] reads a text. Everything that can be wrong
//! with a file is found here, all at once, each with file, line and column, before anything is started. Nothing here starts a
//! process or opens a socket.

mod check;
mod draft;
mod env_file;
mod error;
mod find;
mod one_command;
mod procfile;
mod project_file;
mod raw;
mod raw_command;
mod read_bounded;
mod schema;
mod selection;
mod service;
pub mod shell;
mod spanned;
mod stack;
mod template;
#[cfg(test)]
mod tests;
mod variable_name;

pub use contract::{OnConflict, OnUnhealthy, RestartPolicy, StopSignal, StopSignalTo};
pub use draft::{Draft, DraftService, literal, service_name};
pub use error::{Fault, StackFileError};
pub use find::{instance_name, named, of_folder, procfile_of_folder};
pub use project_file::{is_procfile, is_project, project_file};
pub use schema::schema;
pub use selection::{ServiceSelection, ServiceSelectionError};
pub use service::{
    HealthPolicy, Listener, OnRestart, PortSpec, ProbeKind, Ready, Service, ServiceType, port_variable,
};
pub use stack::Stack;
pub use template::{Addresses, KnownPorts, Template, url};
pub use variable_name::is_same_variable;
