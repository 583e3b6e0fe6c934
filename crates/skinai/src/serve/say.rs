//! Lines for whoever runs the service.

use std::fmt;
use std::io::Write;

use super::Service;

/// Writes `[Backend] …` to standard error in one piece. That nobody reads it is no error.
pub fn say(service: Service, what: fmt::Arguments<'_>) {
    let line = format!("[{}] {what}\n", service.label());
    let _ = std::io::stderr().write_all(line.as_bytes());
}
