//! The three services: their names, and how each writes to its log.

use std::fmt;
use std::io::Write;

/// Which of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Measures and stores.
    Backend,
    /// The page to measure with.
    Ui,
    /// The page that shows how the backend does.
    Admin,
}

impl Service {
    /// As in commands and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Ui => "ui",
            Self::Admin => "admin",
        }
    }

    /// As people are told.
    pub fn label(self) -> &'static str {
        match self {
            Self::Backend => "Backend",
            Self::Ui => "UI",
            Self::Admin => "Admin",
        }
    }

    /// The variable that sets its port.
    pub fn port_variable(self) -> &'static str {
        match self {
            Self::Backend => "BACKEND_PORT",
            Self::Ui => "UI_PORT",
            Self::Admin => "ADMIN_PORT",
        }
    }

    /// Writes `[Backend] …` to standard error in one piece. That nobody reads it is no error.
    pub fn log(self, what: fmt::Arguments<'_>) {
        let line = format!("[{}] {what}\n", self.label());
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}
