//! The three built-in services: names and log.

use std::fmt;
use std::io::Write;

/// One of the built-in services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltInService {
    /// Measures photos and stores the results.
    Backend,
    /// The User UI.
    Ui,
    /// The Admin Dashboard.
    Admin,
}

impl BuiltInService {
    /// The name in commands and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Ui => "ui",
            Self::Admin => "admin",
        }
    }

    /// The name in log lines.
    pub fn label(self) -> &'static str {
        match self {
            Self::Backend => "Backend",
            Self::Ui => "UI",
            Self::Admin => "Admin",
        }
    }

    /// The environment variable that sets the port.
    pub fn port_variable(self) -> &'static str {
        match self {
            Self::Backend => "BACKEND_PORT",
            Self::Ui => "UI_PORT",
            Self::Admin => "ADMIN_PORT",
        }
    }

    /// Writes `[Backend] …` to standard error in one piece. A failure to write is ignored.
    pub fn log(self, what: fmt::Arguments<'_>) {
        let line = format!("[{}] {what}\n", self.label());
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}
