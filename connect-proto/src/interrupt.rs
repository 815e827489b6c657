//! Calls to a transport that a signal has interrupted.

use core::task::{Context, Poll};
use std::io;

/// Polls a transport once; a call that was interrupted is polled again later, for which the task is woken.
///
/// Later and not at once, so that a transport that answers nothing else cannot keep its thread.
///
/// ```
/// use std::io::{Error, ErrorKind};
/// use std::task::{Context, Poll, Waker};
///
/// let mut cx = Context::from_waker(Waker::noop());
/// let interrupted = || Poll::Ready(Err::<usize, _>(Error::from(ErrorKind::Interrupted)));
/// assert!(connect_proto::uninterrupted(&mut cx, |_| interrupted()).is_pending());
/// assert!(connect_proto::uninterrupted(&mut cx, |_| Poll::Ready(Ok(7))).is_ready());
/// ```
///
/// # Errors
///
/// Those of `poll` but [`Interrupted`](io::ErrorKind::Interrupted).
///
/// # Cancel safety
///
/// As safe as `poll`: nothing is kept here between two calls.
pub fn uninterrupted<T>(
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> Poll<io::Result<T>> {
    match poll(cx) {
        Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        polled => polled,
    }
}
