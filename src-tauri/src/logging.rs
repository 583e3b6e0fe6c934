//! The application's own log, on standard error.

use tracing::Level;

/// What is logged where `SKINAI_LOG` does not say otherwise.
pub(crate) const USUAL_LEVEL: Level = Level::WARN;

/// Logs from here on, at the level of `SKINAI_LOG`.
pub(crate) fn install() {
    let level = std::env::var("SKINAI_LOG").ok().and_then(|level| level.parse().ok());
    // A terminal that was closed is no reason to end.
    tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(USUAL_LEVEL))
        .with_writer(|| contract::PlainWriter(std::io::stderr()))
        .log_internal_errors(false)
        .init();
}
