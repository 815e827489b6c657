//! What TCP and Unix listeners have in common.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::sync::oneshot;

/// The pause after an accept error whose cause may last.
///
/// A thread sleeps, and neither the runtime's timer nor its thread pool: a runtime may be built without
/// the first and would panic just when descriptors run out, and the second may be full of long work.
#[derive(Debug, Default)]
pub(crate) struct Pause(Option<oneshot::Receiver<()>>);

impl Pause {
    /// Accepts, unless the pause after an earlier error is still on.
    pub(crate) fn poll_accept<T>(
        &mut self,
        cx: &mut Context<'_>,
        accept: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Some(end) = &mut self.0 {
            // Over as well if the thread ended in any other way.
            let _ = ready!(Pin::new(end).poll(cx));
            self.0 = None;
        }
        let result = ready!(accept(cx));
        if let Err(error) = &result {
            event!(error = %error, "accept failed");
            self.0 = begin(error);
        }
        Poll::Ready(result)
    }
}

fn begin(error: &io::Error) -> Option<oneshot::Receiver<()>> {
    let length = connect_proto::pause_after_accept_error(error)?;
    let (over, end) = oneshot::channel();
    let sleep = move || {
        thread::sleep(length);
        // Nobody waits any more once the listener is gone.
        let _ = over.send(());
    };
    // Without a thread there is no pause, which is better than no listener.
    thread::Builder::new().spawn(sleep).ok()?;
    Some(end)
}
