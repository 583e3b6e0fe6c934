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
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Where the log goes, to be read afterwards.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no test panics with it").write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn at_the_usual_level_a_warning_is_seen_and_an_information_is_not() {
        let written = Written::default();
        let writer = written.clone();
        let usual = tracing_subscriber::fmt()
            .with_max_level(crate::logging::USUAL_LEVEL)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(usual, || {
            log(&Notice::info("ui uses port 8601 of its own range 8501-8600"));
            log(&Notice::warning("8000-8002 is full"));
        });
        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(written.contains("WARN") && written.contains("8000-8002 is full"), "{written}");
        assert!(!written.contains("8601"), "{written}");
    }
}
