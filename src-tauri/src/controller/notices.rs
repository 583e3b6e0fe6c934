//! What the launch decided, in the application's log.

use engine::{Notice, NoticeLevel};

/// Logs a notice at the level that it has.
pub(super) fn log(notice: &Notice) {
    match notice.level {
        NoticeLevel::Info => tracing::info!("{}", notice.message),
        NoticeLevel::Warning => tracing::warn!("{}", notice.message),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn at_the_usual_level_a_warning_is_seen_and_an_information_is_not() {
        let (reader, writer) = std::io::pipe().unwrap();
        let usual = tracing_subscriber::fmt()
            .with_max_level(writing::USUAL_LEVEL)
            .with_writer(Mutex::new(writer))
            .finish();
        tracing::subscriber::with_default(usual, || {
            log(&Notice::info("ui uses port 8601 of its own range 8501-8600"));
            log(&Notice::warning("8000-8002 is full"));
        });
        let written = std::io::read_to_string(reader).unwrap();
        assert!(written.contains("WARN") && written.contains("8000-8002 is full"), "{written}");
        assert!(!written.contains("8601"), "{written}");
    }
}
