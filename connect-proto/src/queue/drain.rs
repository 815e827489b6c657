//! The driver's end of a queue.

use core::fmt;
use core::task::{Context, Poll, Waker};

use super::driving::Next;
use super::send_queue::SendQueue;
use super::shared::Shared;
use crate::outbound::Outbound;
use crate::step::{Goal, Step};
use crate::sync::Arc;
use crate::write_error::{WriteError, WriteErrorKind};

/// The end of a queue at which its driver takes out what the senders put in.
///
/// A driver is a loop: ask for the next step, do it to the transport, tell the [`Outbound`] what came of it, and
/// ask again, until [`Step::Done`]. Dropped before, it fails the queue: whoever waits or comes later is told so.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::queue::QueueSender;
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound, Step};
/// use std::task::{Context, Poll, Waker};
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// let (sender, mut drain) = QueueSender::new(&outbound);
/// sender.try_send(ConnectDatagram::new(7, "hello")?)?;
/// drop(sender); // the last one: the queue is closed when all is sent
///
/// // A waker of your own ends the wait of your loop; here nothing ever waits.
/// let mut cx = Context::from_waker(Waker::noop());
/// let mut transport = Vec::new();
/// loop {
///     match drain.poll_step(&mut cx, &mut outbound) {
///         Poll::Ready(Ok(Step::Write)) => {
///             let len = outbound.outbox()?.chunk().len();
///             transport.extend_from_slice(outbound.outbox()?.chunk());
///             outbound.handle_write(len, Ok(len))?;
///         }
///         Poll::Ready(Ok(Step::Flush)) => outbound.handle_flush(Ok(()))?,
///         Poll::Ready(Ok(Step::ShutDown)) => outbound.handle_shut_down(Ok(()))?,
///         Poll::Ready(Ok(Step::Done)) => break,
///         Poll::Ready(Err(error)) => return Err(error.into()),
///         Poll::Pending => unreachable!("wait until the waker is woken"),
///     }
/// }
/// assert_eq!(transport.len(), 13);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sent without a driver"]
pub struct QueueDrain {
    shared: Arc<Shared>,
    /// `None` before the first: what a stage has to say for itself goes with the first datagrams.
    goal: Option<Goal>,
    /// The queue was told that the connection is lost.
    is_lost: bool,
    /// What was queued in the outbound when the queue was last told.
    reported: usize,
}

impl QueueDrain {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            goal: None,
            is_lost: false,
            reported: 0,
        }
    }

    /// What the driver does next to its transport; [`Step::Done`] when the queue is closed and nothing is left
    /// to be done. Pending while there is nothing to do: the waker of the last call is woken when there is.
    ///
    /// # Errors
    ///
    /// The failure of stage or transport, of kind `Stage` or `Io`. The queue has failed with it then, and the same is
    /// returned from then on. So it is if a stage is not ready for what was sent: bring a handshake to its end first.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: each call stands for itself, and a step that was not done is returned again. A driver that is
    /// dropped altogether has to drop this, too, which fails the queue.
    pub fn poll_step(
        &mut self,
        cx: &mut Context<'_>,
        outbound: &mut Outbound,
    ) -> Poll<Result<Step, WriteError>> {
        loop {
            // Here a stage encrypts: without the lock.
            let step = match self.goal {
                Some(goal) if !self.is_lost => outbound.next_step(goal),
                _ => Ok(Step::Done),
            };
            match step {
                Ok(Step::Done) => {}
                Ok(step) => {
                    self.report(outbound);
                    return Poll::Ready(Ok(step));
                }
                Err(error) => return Poll::Ready(Err(self.fail(outbound, error))),
            }
            let goal = self.goal.unwrap_or(SendQueue::<Waker>::FIRST_GOAL);
            let next = self.shared.with(|queue, notify| match queue.failed() {
                Some(error) => Err(error),
                None => Ok(queue.next_goal(outbound, goal, cx.waker(), notify)),
            })?;
            self.reported = outbound.unsent_bytes();
            match next {
                Next::Goal(goal) => self.goal = Some(goal),
                Next::Yield => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Next::Wait => return Poll::Pending,
                Next::Closed => return Poll::Ready(Ok(Step::Done)),
            }
        }
    }

    /// The connection is lost: everybody who waits or comes later is told. Returns what the driver says: the
    /// same, with what had been accepted in vain. Only the first failure counts, and none after the queue is closed.
    pub fn fail(&mut self, outbound: &Outbound, error: WriteError) -> WriteError {
        self.is_lost = true;
        let reason = error.into_kind();
        self.shared
            .with(|queue, notify| queue.fail(reason, Some(outbound), notify))
    }

    /// Tells the queue what the transport has taken.
    fn report(&mut self, outbound: &Outbound) {
        let unsent = outbound.unsent_bytes();
        if unsent != self.reported {
            self.reported = unsent;
            // Before the lock: messages that have left are counted one by one.
            let stats = outbound.stats();
            self.shared
                .with(|queue, notify| queue.handle_stats_of_driver(&stats, notify));
        }
    }
}

impl Drop for QueueDrain {
    fn drop(&mut self) {
        self.shared
            .with(|queue, notify| drop(queue.fail(WriteErrorKind::DriverDropped, None, notify)));
    }
}

impl fmt::Debug for QueueDrain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueDrain")
            .field("goal", &self.goal)
            .finish_non_exhaustive()
    }
}
