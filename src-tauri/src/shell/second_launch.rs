//! A second launch hands its arguments over to the instance that runs, and waits for it to take them.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use tauri::plugin::{Builder, TauriPlugin};
use tauri::{Runtime, Wry};

/// How long the instance that runs may take, on a busy machine too.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

/// The plugin of single instances with a bound: in between these two it waits for an instance that may have been
/// stopped, or hang, and complains of it. Plugins are set up in the order in which they are registered.
pub fn bounded(
    builder: tauri::Builder<Wry>,
    single: TauriPlugin<Wry>,
    complain: fn(&str),
) -> tauri::Builder<Wry> {
    let (done, waits) = channel::<()>();
    let begins = plugin("second-launch-begins", move || {
        std::thread::spawn(move || {
            if waits.recv_timeout(TAKEN_WITHIN) == Err(RecvTimeoutError::Timeout) {
                complain(
                    "the instance that runs does not answer; `skinai status` says how it goes on or ends",
                );
                std::process::exit(1);
            }
        });
    });
    let ends = plugin("second-launch-ends", move || drop(done));
    builder.plugin(begins).plugin(single).plugin(ends)
}

fn plugin<R: Runtime>(name: &'static str, setup: impl FnOnce() + Send + 'static) -> TauriPlugin<R> {
    let setup = move |_: &_, _| {
        setup();
        Ok(())
    };
    Builder::new(name).setup(setup).build()
}
