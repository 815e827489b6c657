//! What TCP and Unix listeners have in common.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

type Waiting<T> = Pin<Box<dyn Future<Output = T> + Send + Sync>>;

/// An `accept` under way, which goes on when its caller gives up, and the pause after an error whose
/// cause may last.
pub(crate) struct Accepting<S> {
    accept: Option<Waiting<io::Result<S>>>,
    pause: Option<Waiting<()>>,
}

impl<S> Accepting<S> {
    pub(crate) const fn new() -> Self {
        Self {
            accept: None,
            pause: None,
        }
    }

    /// Accepts, unless the pause after an earlier error is still on. `begin` starts a new `accept`.
    pub(crate) fn poll_accept<F>(
        &mut self,
        cx: &mut Context<'_>,
        begin: impl FnOnce() -> F,
    ) -> Poll<io::Result<S>>
    where
        F: Future<Output = io::Result<S>> + Send + Sync + 'static,
    {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let accept = self.accept.get_or_insert_with(|| Box::pin(begin()));
        let result = ready!(accept.as_mut().poll(cx));
        self.accept = None;
        if let Err(error) = &result {
            event!(error = %error, "accept failed");
            if let Some(pause) = connect_proto::pause_after_accept_error(error) {
                self.pause = Some(Box::pin(async_std::task::sleep(pause)));
            }
        }
        Poll::Ready(result)
    }
}

impl<S> fmt::Debug for Accepting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting")
            .field("pausing", &self.pause.is_some())
            .finish_non_exhaustive()
    }
}
