//! Handshakes that run beside the accept loop.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use connect_tls::{AcceptError, HandshakeError, HandshakeId, HandshakeLimits, PendingHandshakes};
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::connection::Connection;

type Outcome = Result<Connection, HandshakeError>;
type Handshake = Pin<Box<dyn Future<Output = (HandshakeId, SocketAddr, Outcome)> + Send + Sync>>;

/// Handshakes under way. Whether one more may begin and which one is given up is decided by
/// [`PendingHandshakes`]; here they are polled.
pub(super) struct Handshakes {
    running: FuturesUnordered<Abortable<Handshake>>,
    pending: PendingHandshakes<(AbortHandle, SocketAddr)>,
    /// Rings at the first deadline, or earlier.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Handshakes {
    pub(super) fn new(limits: HandshakeLimits) -> Self {
        Self {
            running: FuturesUnordered::new(),
            pending: PendingHandshakes::new(limits),
            alarm: None,
        }
    }

    /// Begins one. The error is that of another, which has to go for it.
    pub(super) fn begin(
        &mut self,
        peer: SocketAddr,
        handshake: impl Future<Output = Outcome> + Send + Sync + 'static,
    ) -> Result<(), AcceptError> {
        let (abort, registration) = AbortHandle::new_pair();
        let (id, displaced) = self.pending.begin(now(), (abort, peer));
        let handshake = Box::pin(async move { (id, peer, handshake.await) });
        self.running.push(Abortable::new(handshake, registration));
        displaced.map_or(Ok(()), |given_up| Err(give_up(given_up)))
    }

    /// The next handshake that has ended, in whichever way. Pending while all go on.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Connection, AcceptError>> {
        while let Poll::Ready(Some(ended)) = self.running.poll_next_unpin(cx) {
            // One that was given up has been reported then.
            let Ok((id, peer, outcome)) = ended else {
                continue;
            };
            self.pending.end(id);
            return Poll::Ready(outcome.map_err(|error| failed(peer, error)));
        }
        self.poll_expired(cx).map(Err)
    }

    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<AcceptError> {
        while let Some(deadline) = self.pending.deadline() {
            if let Some(given_up) = self.pending.expire(now()) {
                return Poll::Ready(give_up(given_up));
            }
            let alarm = self
                .alarm
                .get_or_insert_with(|| Box::pin(sleep_until(deadline.into())));
            if alarm.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // It was set for a handshake that has ended since.
            self.alarm = None;
        }
        Poll::Pending
    }
}

/// The clock of the alarm, which tests can stop.
fn now() -> std::time::Instant {
    Instant::now().into_std()
}

fn give_up(((abort, peer), error): ((AbortHandle, SocketAddr), HandshakeError)) -> AcceptError {
    abort.abort();
    failed(peer, error)
}

fn failed(peer: SocketAddr, error: HandshakeError) -> AcceptError {
    event!(peer = %peer, error = %error, "TLS handshake failed");
    AcceptError::Handshake { peer, error }
}

impl fmt::Debug for Handshakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshakes")
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}
