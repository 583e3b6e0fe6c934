//! Ends the process that has a port.

use contract::{ApiError, Cause, ErrorCode, Holder};
use proctree::NotEnded;

/// Ends the process that has a port if it still is that process, with that start time, and this user's: asks it to, and
/// kills it after a while. Comes back when it is gone.
///
/// # Errors
/// Why it was not ended.
pub async fn end_holder(port: u16, holder: &Holder) -> Result<(), ApiError> {
    let refused = |cause| Err(ApiError::because(ErrorCode::PortTaken, cause));
    // An error means that the runtime ends.
    let present = tokio::task::spawn_blocking(move || ports::holders(port)).await.unwrap_or_default();
    let is_it = |other: &&Holder| (other.pid, other.started) == (holder.pid, holder.started);
    let Some(found) = present.iter().find(is_it) else {
        let Some(other) = present.into_iter().next() else { return Ok(()) };
        return refused(Cause::OtherHolder { port, holder: Box::new(other) });
    };
    let not_ours = || Cause::HolderNotOurs { port, holder: Box::new(found.clone()) };
    let own = std::process::id();
    let (Some(pid), Some(started), None) = (found.pid.filter(|pid| *pid != own), found.started, &found.user)
    else {
        return refused(not_ours());
    };
    match proctree::end_process(pid, started).await {
        Ok(()) => Ok(()),
        Err(NotEnded::Foreign) => refused(not_ours()),
        Err(NotEnded::Stuck) => refused(Cause::Stuck { pid, name: found.name.clone().unwrap_or_default() }),
    }
}
