//! The benchmarks: how they are called, what they measure, and the table that they print.

pub mod desktop;
pub mod launch;
mod options;
mod report;
mod times;

pub use options::{Options, Part, Rounds};
pub use report::{Row, finish, machine, ms, ratio};
pub use times::Times;
