//! Limits the body of a request, equally at every service, and tracks whether it is read to its end.

use std::error::Error;
use std::iter;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{LengthLimitError, Limited};
use hyper::body::{Frame, Incoming, SizeHint};

use crate::wire::{Problem, ProblemCode};

/// A photo of 64 million pixels as JPEG of the best quality has about so many bytes.
pub const PHOTO_BYTES_MAX: usize = 48 << 20;
/// A photo, what is marked, and what makes a form of them.
pub const BODY_BYTES_MAX: usize = PHOTO_BYTES_MAX + (64 << 10);
/// From the head of a request to the end of its body.
pub const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(60);

/// Refuses a body that announces more than [`BODY_BYTES_MAX`]. Reading one that does not say how long it is
/// fails at the limit, with an error for which [`is_over_limit`] holds.
pub async fn limit(request: Request, next: Next) -> Response {
    if request.body().size_hint().lower() > BODY_BYTES_MAX as u64 {
        return too_large().into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, BODY_BYTES_MAX)))).await
}

/// Whether a body could not be read, or passed on, because it is longer than is taken.
pub fn is_over_limit(error: &(dyn Error + 'static)) -> bool {
    iter::successors(Some(error), |&error| error.source()).any(|error| error.is::<LengthLimitError>())
}

/// The answer to a photo, or a request, over the limit.
pub fn too_large() -> Problem {
    let most = PHOTO_BYTES_MAX >> 20;
    let message = format!("the photo has more than {most} MiB; save it smaller, or as JPEG");
    Problem::new(ProblemCode::TooLarge, message)
}

/// A body that says when it has been read to its end.
pub struct Tracked {
    body: Incoming,
    ended: Arc<AtomicBool>,
}

impl Tracked {
    /// The body, and what becomes true at its end.
    pub fn new(body: Incoming) -> (Self, Arc<AtomicBool>) {
        let ended = Arc::new(AtomicBool::new(body.is_end_stream()));
        (Self { body, ended: ended.clone() }, ended)
    }
}

impl HttpBody for Tracked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.ended.store(true, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
