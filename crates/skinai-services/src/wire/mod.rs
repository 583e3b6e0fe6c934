//! The JSON types of the services' API.
//!
//! Every type has a TypeScript form that the pages are compiled against (`cargo test -p
//! skinai-services` writes it to `ui/src/lib/generated/skin/`), and stands in `/openapi.json`.

mod measurement;
mod problem;
mod reading;
mod selection;
mod stats;

pub use measurement::{DISCLAIMER, Measurement, MeasurementPage, Photo, PhotoFormat, ProfileKind, Results};
pub use problem::{Problem, ProblemCode};
pub use reading::{
    Colour, ColourClass, Difference, Evenness, Gate, GateCode, Lab, Millimetres, Outline, Reading, Surround,
    Typology, Withheld, WithheldCode,
};
pub use selection::{Card, CardEdge, Point, Region, Scale, Selection};
pub use stats::{HealthReport, Latency, LoadSample, RequestCounts, Stats, StorageUse};
