//! What the engine, the tray, the panel, the terminal and the control API say to each other.
//!
//! Every type here is data: it has a JSON form that outside programs rely on, and a TypeScript
//! form that the pages are compiled against (`cargo test -p contract` writes it to
//! `ui/src/lib/generated/`; the repository check fails when that differs from what is committed).
//! Nothing here knows how a service is started or how a page is drawn.

mod cause;
mod error;
mod handed_by;
mod happening;
mod holder;
mod instance;
mod language;
mod log;
mod message_files;
mod messages;
pub mod paths;
mod plain;
mod policy;
mod product;
mod program_fault;
mod request;
mod resources;
mod sample;
mod service_state;
mod snapshot;
mod words;

pub use cause::Cause;
pub use error::{ApiError, ErrorCode};
pub use handed_by::HandedBy;
pub use happening::{Happening, HappeningKind, Reason};
pub use holder::Holder;
pub use instance::{BadInstanceName, InstanceName};
pub use language::Language;
pub use log::{LogLine, LogStream, LogWindow};
pub use message_files::{outline, unsaid};
pub use messages::{Messages, Value};
pub use plain::{LINE_MAX, LineText, PlainWriter, TerminalLine, plain, without_codes};
pub use policy::{OnConflict, OnUnhealthy, RestartPolicy, StopSignal, StopSignalTo};
pub use product::Product;
pub use program_fault::ProgramFault;
pub use request::{Entrance, Request, Target};
pub use resources::Resources;
pub use sample::Sample;
pub use service_state::ServiceState;
pub use snapshot::{
    Conflict, Handoff, Health, LastExit, NamedPort, PortSource, ServiceSnapshot, Snapshot, Wanted,
    variable_part,
};
pub use words::Words;
