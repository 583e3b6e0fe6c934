//! What waits to be written.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What waits to be written, bounded, and written by a thread of its own. The thread ends when this is dropped and
/// everything is written.
pub struct Backlog<T> {
    shared: Arc<BacklogShared<T>>,
    size_max: usize,
}

struct BacklogShared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: Vec<T>,
    size: usize,
    is_writing: bool,
    ended: bool,
}

impl<T: Send + 'static> Backlog<T> {
    /// Starts the thread, which writes all that waits at once, oldest first.
    ///
    /// # Errors
    /// If the system has no room for another thread.
    pub fn start(
        name: &str,
        size_max: usize,
        mut write: impl FnMut(Vec<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let state = State { waiting: Vec::new(), size: 0, is_writing: false, ended: false };
        let shared = Arc::new(BacklogShared { state: Mutex::new(state), changed: Condvar::new() });
        let writer = Arc::clone(&shared);
        let work = move || {
            while let Some(items) = writer.next() {
                write(items);
            }
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Self { shared, size_max })
    }

    /// Puts something in. Returns whether there was room for it; otherwise it is dropped.
    pub fn put(&self, item: T, size: usize) -> bool {
        let mut state = self.shared.lock();
        if state.size > 0 && state.size + size > self.size_max {
            return false;
        }
        state.size += size;
        state.waiting.push(item);
        self.shared.changed.notify_all();
        true
    }

    /// Waits until everything is written, or for so long. Returns whether it is.
    pub fn written(&self, within: Duration) -> bool {
        let is_busy = |state: &mut State<T>| state.is_writing || !state.waiting.is_empty();
        let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), within, is_busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl<T> Drop for Backlog<T> {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

impl<T> BacklogShared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that waits, once there is something; `None` at the end.
    fn next(&self) -> Option<Vec<T>> {
        let mut state = self.lock();
        state.is_writing = false;
        self.changed.notify_all();
        let is_idle = |state: &mut State<T>| state.waiting.is_empty() && !state.ended;
        state = self.changed.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
        if state.waiting.is_empty() {
            return None;
        }
        (state.is_writing, state.size) = (true, 0);
        Some(std::mem::take(&mut state.waiting))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn everything_is_written_in_order() {
        let (sender, written) = mpsc::channel();
        let backlog = Backlog::start("test", 1000, move |items| sender.send(items).unwrap()).unwrap();
        for number in 0..100 {
            assert!(backlog.put(number, 1));
        }
        assert!(backlog.written(SOON));
        assert_eq!(written.try_iter().flatten().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        assert!(backlog.put(100, 1));
        drop(backlog);
        assert_eq!(written.recv_timeout(SOON).unwrap(), [100], "also what waits when it is dropped");
        assert_eq!(written.recv_timeout(SOON), Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[test]
    fn who_writes_for_ever_keeps_nobody_waiting_and_what_has_no_room_is_refused() {
        let (go_on, block) = mpsc::channel::<()>();
        let (sender, written) = mpsc::channel();
        let write = move |items: Vec<usize>| {
            let _ = block.recv();
            items.into_iter().for_each(|item| sender.send(item).unwrap());
        };
        let backlog = Backlog::start("test", 30, write).unwrap();
        assert!(backlog.put(0, 1));
        while backlog.shared.lock().size > 0 {
            std::thread::yield_now();
        }
        let kept: Vec<usize> = (1..100).filter(|number| backlog.put(*number, 10)).collect();
        assert_eq!(kept, [1, 2, 3]);
        assert!(!backlog.written(Duration::from_millis(10)));
        drop(go_on);
        assert!(backlog.written(SOON));
        assert_eq!(written.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }
}
