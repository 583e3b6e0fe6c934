//! Reads pipes to their ends.

use contract::LineText;

use super::lines::Lines;

const CHUNK: usize = 64 * 1024;

/// Takes the lines of a pipe.
pub(super) trait LineSink: Send + 'static {
    /// Takes lines that have ended.
    fn keep(&mut self, texts: Vec<LineText>);

    /// Takes a line that has not ended, in place of how it was before.
    #[cfg(unix)]
    fn show(&mut self, text: LineText);
}

#[cfg(unix)]
thread_local! {
    /// What was read last. One for all pipes, since one thread reads them: a hundred services have two each.
    static READ: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[cfg(unix)]
pub(super) fn read_all(pipe: std::io::PipeReader, side: &tokio::runtime::Handle, mut to: impl LineSink) {
    let mut lines = Lines::default();
    side.spawn(async move {
        let Ok(receiver) = tokio::net::unix::pipe::Receiver::from_owned_fd(pipe.into()) else { return };
        loop {
            let quiet = async {
                match lines.due().into_iter().chain(lines.flood_ends()).min() {
                    Some(end) => tokio::time::sleep_until(end.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ready = receiver.readable() => if ready.is_err() { break },
                () = quiet => {
                    if let Some(text) = lines.unfinished() {
                        to.show(text);
                    } else {
                        to.keep(lines.end_flood());
                    }
                    continue;
                }
            }
            let read = READ.with_borrow_mut(|chunk| {
                chunk.clear();
                chunk.reserve(CHUNK);
                receiver.try_read_buf(chunk).map(|length| (length, lines.take(chunk)))
            });
            match read {
                Ok((0, _)) => break,
                Ok((_, texts)) => to.keep(texts),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            // One that always has more to read must not keep the others from being read.
            tokio::task::yield_now().await;
        }
        to.keep(lines.rest());
    });
}

#[cfg(windows)]
pub(super) fn read_all(mut pipe: std::io::PipeReader, _side: &tokio::runtime::Handle, mut to: impl LineSink) {
    let mut lines = Lines::default();
    use std::io::Read;
    std::thread::spawn(move || {
        let mut chunk = vec![0; CHUNK];
        while let Ok(length @ 1..) = pipe.read(&mut chunk) {
            to.keep(lines.take(&chunk[..length]));
        }
        to.keep(lines.rest());
    });
}
