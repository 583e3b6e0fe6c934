//! Where answers and news go.

use contract::ApiError;
use tokio::sync::oneshot;

/// Where the answer to a call goes.
pub type ReplyTo<T> = oneshot::Sender<Result<T, ApiError>>;

/// Takes what is pushed to a page; `false` when nobody is there any more.
pub type Sink<T> = Box<dyn Fn(T) -> bool + Send>;

/// Answers a call. Whoever called may have gone, and then nobody misses the answer.
pub(super) fn answer<T>(reply: ReplyTo<T>, result: Result<T, ApiError>) {
    let _ = reply.send(result);
}
