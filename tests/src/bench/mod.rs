//! What the benchmarks share: how they are called, and the table that they print.

mod options;
mod report;

pub use options::{Options, Part};
pub use report::{Row, longest, machine, median, ms, ratio, table};
