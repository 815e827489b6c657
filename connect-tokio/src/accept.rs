//! What TCP and Unix listeners have in common.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::JoinHandle;

/// The pause after an accept error whose cause may last.
///
/// Sleeps on the runtime's thread pool and not by its timer, because a runtime may be built without
/// one and would panic just when descriptors run out.
#[derive(Debug, Default)]
pub(crate) struct Pause(Option<JoinHandle<()>>);

impl Pause {
    /// Accepts, unless the pause after an earlier error is still on.
    pub(crate) fn poll_accept<T>(
        &mut self,
        cx: &mut Context<'_>,
        accept: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Some(sleep) = &mut self.0 {
            // A sleep that was cancelled is a sleep that is over.
            let _ = ready!(Pin::new(sleep).poll(cx));
            self.0 = None;
        }
        let result = ready!(accept(cx));
        if let Err(error) = &result {
            event!(error = %error, "accept failed");
            self.0 = connect_proto::pause_after_accept_error(error)
                .map(|pause| tokio::task::spawn_blocking(move || std::thread::sleep(pause)));
        }
        Poll::Ready(result)
    }
}
