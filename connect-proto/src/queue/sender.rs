//! The sending handle of a queue.

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::task::Waker;

use super::drain::QueueDrain;
use super::error::TrySendError;
use super::permit::QueuePermit;
use super::rounds::{Rest, Turn};
use super::send_queue::SendQueue;
use super::shared::{Senders, Shared};
use super::waiting::{Reserving, Resting, Sending, Watching};
use crate::datagram::{ConnectDatagram, DatagramRef};
#[cfg(doc)]
use crate::error::EncodeError;
use crate::header::HEADER_LEN;
use crate::outbound::Outbound;
use crate::stats::SendStats;
use crate::sync::Arc;
use crate::write_error::WriteError;

/// Sends on a connection that it shares with its clones: a handle for any number of tasks or threads.
///
/// * [`send`](Self::send) returns when the datagram is accepted: when its place in the order is certain and
///   the queue has room for it. What is sent while the driver writes goes into its next write, so many small
///   messages share system calls and TLS records, and a lone message goes out at once.
/// * [`flush`](Self::flush) waits until all of it is handed to the transport, [`close`](Self::close) ends the
///   direction. When the last handle is dropped, the driver does the same by itself.
/// * What does not fit below the high-water mark
///   ([`Config::with_high_water_mark`](crate::Config::with_high_water_mark)) makes `send` wait, first come, first served; [`try_send`](Self::try_send) says that it would have to.
///
/// An adapter makes one of a `ConnectionWriter`, with a driver that has to run beside it.
///
/// ```
/// use connect_proto::queue::QueueSender;
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound};
/// use std::future::Future;
/// use std::pin::pin;
/// use std::task::{Context, Poll, Waker};
///
/// // The other end is for the driver: see `QueueDrain`.
/// let (sender, _drain) = QueueSender::new(&Outbound::from(Encoder::new(&Config::new())));
/// let another = sender.clone(); // for another task
///
/// let mut cx = Context::from_waker(Waker::noop()); // what a runtime does
/// let accepted = pin!(sender.send(ConnectDatagram::new(7, "hello")?)).poll(&mut cx);
/// assert!(matches!(accepted, Poll::Ready(Ok(()))));
/// assert!(pin!(another.flush()).poll(&mut cx).is_pending()); // for the driver
/// assert_eq!(another.stats().queued_messages, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # When the connection is lost
///
/// Everybody who waits or comes later gets the reason and its datagram back. What had been accepted and not
/// handed to the transport is lost, and [`WriteError::unsent`] says how much that was: the price for a `send`
/// that does not wait for the system. Who has to know what became of one message in particular waits with
/// `flush`, or better for an answer of the peer.
pub struct QueueSender {
    senders: Arc<Senders>,
    /// Tasks that share a handle share its turns.
    turn: SharedTurn,
}

/// A [`Turn`] that is used under the lock of the queue, and so by one task at a time.
#[derive(Default)]
struct SharedTurn {
    round: AtomicU32,
    used: AtomicU32,
}

impl QueueSender {
    /// A queue before `outbound`, and the end of it that the driver of `outbound` holds. What is queued there
    /// already goes first.
    #[must_use = "a queue needs its senders and its driver"]
    pub fn new(outbound: &Outbound) -> (Self, QueueDrain) {
        let shared = Shared::new(SendQueue::new(outbound));
        let drain = QueueDrain::new(Arc::clone(&shared));
        let copied_below = outbound.encoder().chain_threshold();
        let senders = Arc::new(Senders {
            shared,
            copied_below,
        });
        (Self::from(senders), drain)
    }

    /// Waits until the datagram is accepted. It is sent then, in the order of acceptance, unless the connection
    /// is lost.
    ///
    /// Busy tasks share the queue: each is made to wait for the next write when it has used its share of this one.
    /// Shares are counted by handle, so give each task a clone of its own, for as long as it sends. As long as the
    /// peer takes nothing, this may wait although the datagram is accepted.
    ///
    /// # Errors
    ///
    /// A [`WriteError`] that holds the datagram. Its [`kind`](WriteError::kind) is `Refused` if the datagram cannot be sent
    /// at all ([`EncodeError::EmptyData`], [`EncodeError::DataTooLarge`]) or the queue is closed
    /// ([`EncodeError::Finished`]); if the connection is lost, `Stage`, `Io` or `DriverDropped`.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the datagram is either not accepted, and gone, or accepted whole. To keep it
    /// in the first case, [`reserve`](Self::reserve) room first. A place in the line is lost.
    pub async fn send(&self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        let len = HEADER_LEN + datagram.data().len();
        match self.offer(datagram, |queue| self.turn.is_over(queue, len)) {
            Ok(None) => Ok(()),
            Ok(Some(rest)) => {
                Resting::new(&self.senders.shared, rest).await;
                Ok(())
            }
            Err(TrySendError::Full(datagram)) => self.stand_in_line(datagram).await,
            Err(TrySendError::Failed(error)) => Err(error),
        }
    }

    /// As [`send`](Self::send), for data that somebody else owns; it is copied.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); the datagram is in the error only if it had to wait.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: when the future is dropped, the datagram is not accepted, or accepted whole.
    pub async fn send_ref(&self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        let len = HEADER_LEN + datagram.data().len();
        let result = self.with(|queue| {
            let accepted = queue.try_send_ref(datagram)?;
            Ok::<_, WriteError>(accepted.then(|| self.turn.is_over(queue, len)))
        })?;
        match result {
            Some(None) => Ok(()),
            Some(Some(rest)) => {
                Resting::new(&self.senders.shared, rest).await;
                Ok(())
            }
            None => self.stand_in_line(datagram.to_datagram()?).await,
        }
    }

    async fn stand_in_line(&self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        let len = HEADER_LEN + datagram.data().len();
        Sending::new(&self.senders.shared, datagram).await?;
        // It counts, but who has just waited does not wait again.
        let _ = self.with(|queue| self.turn.is_over(queue, len));
        Ok(())
    }

    /// Accepts the datagram if there is room, and nobody waits for it: beside tasks that keep the queue full with
    /// [`send`](Self::send) that is seldom.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] with the datagram, or [`TrySendError::Failed`] with the errors of [`send`](Self::send).
    #[inline]
    pub fn try_send(&self, datagram: ConnectDatagram) -> Result<(), TrySendError> {
        self.offer(datagram, |_| ())
    }

    /// Accepts the datagram if there is room. One that is copied is dropped here, where no lock is held: its data
    /// may have an owner, which may do anything.
    #[inline]
    fn offer<T>(
        &self,
        datagram: ConnectDatagram,
        then: impl FnOnce(&SendQueue<Waker>) -> T,
    ) -> Result<T, TrySendError> {
        if datagram.data().len() >= self.senders.copied_below {
            return self.with(|queue| {
                queue.try_send(datagram)?;
                Ok(then(queue))
            });
        }
        let accepted = self.with(|queue| {
            let accepted = queue.try_send_ref(DatagramRef::from(&datagram))?;
            Ok(accepted.then(|| then(queue)))
        });
        match accepted {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(TrySendError::Full(datagram)),
            Err(error) => Err(WriteError::with_datagram(error, datagram).into()),
        }
    }

    /// Waits for room for one datagram of up to `data_len` bytes of data, in the same line as
    /// [`send`](Self::send). The permit then sends without waiting.
    ///
    /// The room is set aside as long as the permit lives, and `close` waits for it: use it soon or drop it.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), for data of this length, and without a datagram.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is set aside when the future is dropped. Only the place in line is lost.
    pub async fn reserve(&self, data_len: usize) -> Result<QueuePermit, WriteError> {
        let len = HEADER_LEN.saturating_add(data_len);
        if let Some(rest) = self.with(|queue| self.turn.is_over(queue, len)) {
            Resting::new(&self.senders.shared, rest).await;
        }
        Reserving::new(&self.senders.shared, data_len).await?;
        Ok(QueuePermit::new(Arc::clone(&self.senders), data_len))
    }

    /// A permit as [`reserve`](Self::reserve) gives it, if there is room, and nobody waits for it.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    pub fn try_reserve(&self, data_len: usize) -> Result<Option<QueuePermit>, WriteError> {
        let reserved = self.with(|queue| queue.try_reserve(data_len))?;
        Ok(reserved.then(|| QueuePermit::new(Arc::clone(&self.senders), data_len)))
    }

    /// Waits until everything accepted before, from any handle, is handed to the transport. What a byte stage has to
    /// say for itself, such as a change of keys, goes with the next datagram or with `close`.
    ///
    /// # Errors
    ///
    /// The loss of the connection: a [`WriteError`] whose kind is `Stage`, `Io` or `DriverDropped`.
    /// [`WriteError::unsent`] says how much had been accepted in vain.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what is queued is sent in any case.
    pub async fn flush(&self) -> Result<(), WriteError> {
        Watching::new(&self.senders.shared, SendQueue::flush).await
    }

    /// Closes the queue: nothing new is accepted from any handle, who waits already or has a permit is served;
    /// then everything is handed to the transport, and its writing direction ended. Reading goes on.
    ///
    /// Idempotent: every caller waits for the same end.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: closing goes on by itself. Nothing new is accepted from the first poll on.
    pub async fn close(&self) -> Result<(), WriteError> {
        self.with(SendQueue::close);
        self.closed().await
    }

    /// Waits until the queue has come to its end: closed from any handle, or lost.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the queue goes on as it would have.
    pub async fn closed(&self) -> Result<(), WriteError> {
        Watching::new(&self.senders.shared, SendQueue::watch_end).await
    }

    /// Whether nothing is accepted any more, because the queue is being closed or the connection is lost.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.with(|queue| queue.is_closed())
    }

    /// What the connection has sent and what waits to be, as of the driver's last write. A handle keeps the queue
    /// open: for the last numbers, `close` first.
    #[must_use]
    pub fn stats(&self) -> SendStats {
        self.with(|queue| queue.stats())
    }

    #[inline]
    fn with<T>(&self, operate: impl FnOnce(&mut SendQueue<Waker>) -> T) -> T {
        self.senders.shared.with(|queue, _| operate(queue))
    }
}

impl SharedTurn {
    #[inline]
    fn is_over(&self, queue: &SendQueue<Waker>, len: usize) -> Option<Rest> {
        let mut turn = Turn::new(self.round.load(Relaxed), self.used.load(Relaxed));
        let rest = queue.is_turn_over(&mut turn, len);
        self.round.store(turn.round(), Relaxed);
        self.used.store(turn.used(), Relaxed);
        rest
    }
}

impl From<Arc<Senders>> for QueueSender {
    fn from(senders: Arc<Senders>) -> Self {
        let turn = SharedTurn::default();
        Self { senders, turn }
    }
}

impl Clone for QueueSender {
    fn clone(&self) -> Self {
        Self::from(Arc::clone(&self.senders))
    }
}

impl fmt::Debug for QueueSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSender")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
