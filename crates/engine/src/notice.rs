//! What the launch decided and somebody may want to know.

use std::fmt::{Display, Formatter};

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeLevel {
    /// Worth knowing.
    Info,
    /// Not as it was asked for, or not as it should be.
    Warning,
}

/// Something that the launch decided, in one sentence. A warning's text begins with `warning: `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: NoticeLevel,
    /// The sentence, without its level.
    pub message: String,
}

impl Notice {
    /// Something worth knowing.
    pub fn info(message: impl Into<String>) -> Self {
        Self { level: NoticeLevel::Info, message: message.into() }
    }

    /// Something that is not as it was asked for, or not as it should be.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { level: NoticeLevel::Warning, message: message.into() }
    }
}

impl Display for Notice {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self.level {
            NoticeLevel::Info => f.write_str(&self.message),
            NoticeLevel::Warning => write!(f, "warning: {}", self.message),
        }
    }
}
