//! Calls that a signal has interrupted.

use std::io;
use std::task::{Context, Poll};

/// Polls a transport, and has the task polled again if the call was interrupted.
pub(crate) fn uninterrupted<T>(
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
