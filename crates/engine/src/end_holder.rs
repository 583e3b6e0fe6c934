//! Ends the process that has a port.

use contract::{ApiError, ErrorCode, Holder};
use proctree::NotEnded;

/// Ends the process that has a port if it still is that process, with that start time, and this user's: asks it to, and
/// kills it after a while. Comes back when it is gone.
///
/// # Errors
/// Why it was not ended.
pub async fn end_holder(port: u16, holder: &Holder) -> Result<(), ApiError> {
    let refused = |text: String| Err(ApiError::new(ErrorCode::PortTaken, text));
    // An error means that the runtime ends.
    let present = tokio::task::spawn_blocking(move || ports::holders(port)).await.unwrap_or_default();
    let is_it = |other: &&Holder| (other.pid, other.started) == (holder.pid, holder.started);
    let Some(holder) = present.iter().find(is_it) else {
        return match present.first() {
            Some(other) => refused(format!("port {port} is used by {other}, and no more by {holder}")),
            None => Ok(()),
        };
    };
    let (Some(pid), Some(started), None) = (holder.pid, holder.started, &holder.user) else {
        return refused(format!(
            "{holder}, which has port {port}, is not known to be yours; end it yourself"
        ));
    };
    if pid == std::process::id() {
        return refused(format!("port {port} is held by this launcher itself"));
    }
    match proctree::end_process(pid, started).await {
        Ok(()) => Ok(()),
        Err(NotEnded::Foreign) => {
            refused(format!("{holder}, which has port {port}, is another user's; end it yourself"))
        }
        Err(NotEnded::Stuck) => {
            refused(format!("{holder}, which has port {port}, was killed and does not end"))
        }
    }
}
