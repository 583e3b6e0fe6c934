//! The error of a service that cannot run.

use std::io;

use thiserror::Error;

/// Why a service cannot start, or stops.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// A variable is not of its form.
    #[error("{variable} must be {wanted}, not {value:?}")]
    BadVariable {
        /// Which.
        variable: &'static str,
        /// What it says.
        value: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// The token cannot be sent as a cookie. It is not repeated here: it may be nearly right.
    #[error("SKINAI_TOKEN must be letters, digits and -._~ only, at most 512 of them")]
    BadToken,
    /// Reachable from other machines without a secret.
    #[error(
        "refusing to listen on {address}: other machines can reach it, and SKINAI_TOKEN is not set; set it, or keep \
         SKINAI_HOST at 127.0.0.1"
    )]
    TokenNeeded {
        /// Where it should have listened.
        address: String,
    },
    /// The port cannot be had and another would not help.
    #[error("{variable}: {taken}")]
    Port {
        /// The variable that asks for it.
        variable: &'static str,
        /// Why not.
        taken: ports::Taken,
    },
    /// No port is left.
    #[error("no free port: {0}")]
    NoPort(#[from] ports::RangeFull),
    /// The folder for the data is not known.
    #[error("no folder for the measurements: set SKINAI_DATA to an absolute path")]
    NoDataFolder,
    /// The inherited descriptor is no listening TCP socket.
    #[error("the inherited descriptor is not a listening TCP socket: {0}")]
    Inherited(io::Error),
    /// The system refused.
    #[error("cannot {doing}: {source}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// The system's words.
        source: io::Error,
    },
}

impl ServiceError {
    /// Makes the error of a system call that failed while `doing` something.
    pub(crate) fn system(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { doing, source }
    }

    /// What the program ends with: 2 where the input is wrong and a retry would not help, else 1.
    /// (Not 78, EX_CONFIG: a service run by hand keeps to the exit codes of the whole program.)
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadVariable { .. }
            | Self::BadToken
            | Self::TokenNeeded { .. }
            | Self::Port { .. }
            | Self::NoDataFolder => 2,
            Self::NoPort(_) | Self::Inherited(_) | Self::System { .. } => 1,
        }
    }
}
