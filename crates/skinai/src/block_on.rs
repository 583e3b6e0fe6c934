//! Commands that wait.

use crate::{FAILED, Failure};

/// A runtime for commands that ask an instance and end.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(FAILED, format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(future);
    // A thread that reads standard input is not waited for.
    runtime.shutdown_background();
    outcome
}
