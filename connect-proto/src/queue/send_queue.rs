//! The machine behind the handles: what is accepted, in which order, and what is lost when.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use super::error::TrySendError;
use super::line::{Line, Ticket};
use super::rounds::{Rest, Rounds, Turn};
use crate::datagram::{ConnectDatagram, DatagramRef};
use crate::encoder::Encoder;
use crate::error::EncodeError;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::stats::SendStats;
use crate::write_error::{Unsent, WriteError};

/// A queue of datagrams between many senders and one driver, which owns the [`Outbound`] of a connection.
///
/// Performs no I/O, holds no lock and wakes nobody: `W` is whatever tells its owner who is to be woken, a
/// [`Waker`](core::task::Waker) in the handles of [`queue`](super). Calls that free room append to `notify`
/// whoever has got what it waited for; after every call of a sender the driver is to be woken if
/// [`driver_to_wake`](Self::driver_to_wake) says so.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::queue::{Next, SendQueue};
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound, Step};
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// let mut queue = SendQueue::new(&outbound); // one place for the senders, the other for the driver
/// let mut notify = Vec::new();
/// queue.try_send(ConnectDatagram::new(7, "hello")?)?;
/// queue.try_send(ConnectDatagram::new(7, "world")?)?;
/// queue.close();
///
/// let mut transport = Vec::new();
/// let mut goal = SendQueue::<&str>::FIRST_GOAL;
/// loop {
///     match outbound.next_step(goal)? {
///         Step::Write => {
///             let len = outbound.outbox()?.chunk().len();
///             transport.extend_from_slice(outbound.outbox()?.chunk());
///             outbound.handle_write(len, Ok(len))?;
///         }
///         Step::Flush => outbound.handle_flush(Ok(()))?,
///         Step::ShutDown => outbound.handle_shut_down(Ok(()))?,
///         Step::Done => match queue.next_goal(&mut outbound, goal, &"the driver", &mut notify) {
///             Next::Goal(next) => goal = next,
///             Next::Yield => {}
///             Next::Wait | Next::Closed => break,
///         },
///     }
/// }
/// assert_eq!(transport.len(), 26);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Rules
///
/// * **Order.** What is accepted is sent in the order in which it was accepted. Who has to wait stands in one
///   line, and nobody passes it: first come, first served.
/// * **Room.** A datagram is accepted if with it no more than the high-water mark is queued, headers included,
///   or if nothing is queued at all; so one of any length passes sometime, and the queue never holds more than the
///   mark or one frame. What is queued is what the transport has not taken, and what permits may still send.
/// * **Turns.** Who finds room goes on until its share of what one write takes is used up, and then rests until
///   the driver has come by, so that many busy senders get about the same.
/// * **Batches.** All that is accepted while the driver writes is written next, together. When nothing more is
///   there, the transport is flushed at once.
/// * **The end.** After `close` nothing new is accepted, but who stands in line or has a permit is served. After
///   a failure whoever waits or comes gets the reason, its datagram, and what had been accepted in vain.
///
/// # States
///
/// ```text
///            close          all sent, flushed, shut down
///   open ----------> closing ----------> closed
///     |                 |
///     +------ fail -----+-------> failed
/// ```
///
/// When changing this: wherever room or the line changes, `admit` has to follow, or somebody
/// waits for ever; whatever gives the driver work has to show in `has_work`.
pub struct SendQueue<W> {
    /// Accepted, and not yet taken by the driver.
    pub(super) encoder: Encoder,
    /// What the driver has taken, as it last said.
    pub(super) taken: SendStats,
    pub(super) most_queued_bytes: usize,
    /// Bytes that permits may still send.
    pub(super) granted: usize,
    pub(super) line: Line<W>,
    /// Who waits for a position of the stream to be flushed, or (at the last position) for the end.
    pub(super) watchers: BTreeMap<Watch, W>,
    pub(super) next_watch: u64,
    /// Bytes handed to the transport before it was last flushed.
    pub(super) flushed: u64,
    /// The driver, if it waits.
    pub(super) idle_driver: Option<W>,
    /// What is to be dropped elsewhere: see [`take_spent`](Self::take_spent).
    pub(super) displaced: Option<W>,
    pub(super) spent: Vec<ConnectDatagram>,
    pub(super) lost: Option<Box<Encoder>>,
    /// Somebody was served since the driver last took a batch.
    pub(super) admitted: bool,
    /// The driver gave way since then.
    pub(super) gave_way: bool,
    /// Others rested until the driver took its last batch.
    pub(super) rested: bool,
    pub(super) rounds: Rounds<W>,
    pub(super) closing: bool,
    pub(super) closed: bool,
    pub(super) failure: Option<(Failure, Unsent)>,
}

/// Somebody who waits for everything accepted until now to be flushed, or for the end of a [`SendQueue`].
///
/// ```
/// use connect_proto::queue::{Next, SendQueue};
/// use connect_proto::{Config, ConnectDatagram, Encoder, Goal, Outbound};
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// let mut queue = SendQueue::new(&outbound);
/// queue.try_send(ConnectDatagram::new(7, "hello")?)?;
/// let watch = queue.flush(&"who waits")?.expect("it is not even written");
///
/// let mut notify = Vec::new();
/// let mut step = |queue: &mut SendQueue<_>, outbound: &mut Outbound, reached| {
///     queue.next_goal(outbound, reached, &"the driver", &mut notify)
/// };
/// assert_eq!(step(&mut queue, &mut outbound, Goal::Written), Next::Goal(Goal::Written));
/// outbound.handle_write(13, Ok(13))?;
/// assert_eq!(step(&mut queue, &mut outbound, Goal::Written), Next::Goal(Goal::Flushed));
/// outbound.handle_flush(Ok(()))?;
/// assert_eq!(step(&mut queue, &mut outbound, Goal::Flushed), Next::Wait);
/// assert_eq!(notify, ["who waits"]);
/// assert!(matches!(queue.check_watch(watch, &"who waits"), Some(Ok(()))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watch {
    pub(super) position: u64,
    number: u64,
}

/// What a [`SendQueue`] has put out of use; to be dropped.
///
/// ```
/// use connect_proto::queue::SendQueue;
/// use connect_proto::{Config, Encoder, Outbound};
/// use std::sync::Mutex;
/// use std::task::Waker;
///
/// let queue = SendQueue::<Waker>::new(&Outbound::from(Encoder::new(&Config::new())));
/// let queue = Mutex::new(queue);
/// let spent = {
///     let mut queue = queue.lock().unwrap();
///     queue.close();
///     queue.take_spent()
/// };
/// drop(spent); // the lock is free again
/// ```
#[must_use = "to be dropped where no lock is held"]
pub struct Spent<W> {
    _waiting: Option<W>,
    _datagrams: Vec<ConnectDatagram>,
    _queued: Option<Box<Encoder>>,
}

/// The position of those who wait for the end.
const THE_END: u64 = u64::MAX;

impl<W: Clone> SendQueue<W> {
    /// A queue before `outbound`, with its settings. What is queued there already goes first.
    #[must_use]
    pub fn new(outbound: &Outbound) -> Self {
        Self {
            encoder: Encoder::with_settings_of(outbound.encoder()),
            taken: outbound.stats(),
            most_queued_bytes: 0,
            granted: 0,
            line: Line::new(),
            watchers: BTreeMap::new(),
            next_watch: 0,
            flushed: 0,
            idle_driver: None,
            displaced: None,
            spent: Vec::new(),
            lost: None,
            admitted: false,
            gave_way: false,
            rested: false,
            rounds: Rounds::new(outbound.encoder().high_water_mark()),
            closing: outbound.is_finished(),
            closed: false,
            failure: None,
        }
    }

    /// Accepts a datagram if there is room, and nobody waits for it.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`], or [`TrySendError::Failed`] with the errors of [`send`](Self::send). The datagram comes back
    /// in either case.
    #[inline]
    pub fn try_send(&mut self, datagram: ConnectDatagram) -> Result<(), TrySendError> {
        match self.has_room_for(DatagramRef::from(&datagram)) {
            Ok(true) => Ok(self.encoder.push(datagram).map_err(WriteError::from)?),
            Ok(false) => Err(TrySendError::Full(datagram)),
            Err(error) => Err(error.with_datagram(datagram).into()),
        }
    }

    /// As [`try_send`](Self::try_send), for data that somebody else owns; it is copied. Whether it was accepted.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), without a datagram.
    #[inline]
    pub fn try_send_ref(&mut self, datagram: DatagramRef<'_>) -> Result<bool, WriteError> {
        let has_room = self.has_room_for(datagram)?;
        if has_room {
            self.encoder.push_ref(datagram)?;
        }
        Ok(has_room)
    }

    /// Accepts a datagram, or takes it to the end of the line: then `notify` is told when to
    /// [`check`](Self::check) the ticket.
    ///
    /// # Errors
    ///
    /// A [`WriteError`] with the datagram: [`EncodeError::EmptyData`] or [`EncodeError::DataTooLarge`] if it can never be
    /// sent, [`EncodeError::Finished`] once the queue is closed, or what the queue has failed with.
    pub fn send(
        &mut self,
        datagram: ConnectDatagram,
        notify: &W,
    ) -> Result<Option<Ticket>, WriteError> {
        match self.try_send(datagram) {
            Ok(()) => Ok(None),
            Err(TrySendError::Full(datagram)) => Ok(Some(self.line.join(datagram, notify))),
            Err(TrySendError::Failed(error)) => Err(error),
        }
    }

    /// Whether a sender whose frame of `len` bytes was just accepted has had its share, and should rest before
    /// it goes on.
    #[inline]
    pub fn is_turn_over(&self, turn: &mut Turn, len: usize) -> Option<Rest> {
        let rest = self.rounds.is_turn_over(turn, len);
        // The driver comes by only if there is something to take.
        rest.filter(|_| self.encoder.queued() > 0)
    }

    /// Whether a rest is over; if not, `notify` is told when to ask again.
    pub fn check_rest(&mut self, rest: &mut Rest, notify: &W) -> bool {
        self.rounds.check_rest(rest, notify, &mut self.displaced)
    }

    /// What became of who stands in line: `None` as long as it does, and `notify` is told when to ask again.
    /// `Ok` means that its datagram is accepted, or that its room is set aside. Not to be asked again then.
    ///
    /// # Errors
    ///
    /// What the queue has failed with, and the datagram that was to be sent.
    pub fn check(&mut self, ticket: Ticket, notify: &W) -> Option<Result<(), WriteError>> {
        if !self.line.contains(ticket) {
            return Some(Ok(()));
        }
        match self.failed() {
            None => {
                self.displaced = self.line.notify_instead(ticket, notify);
                None
            }
            Some(error) => {
                let datagram = self.leave_line(ticket).flatten();
                Some(Err(match datagram {
                    Some(datagram) => error.with_datagram(datagram),
                    None => error,
                }))
            }
        }
    }

    /// Gives a place in line up. `false` if there is none any more: the datagram is accepted, or the room set
    /// aside, which is then to be [`release`](Self::release)d.
    #[must_use = "room that was set aside is lost if it is not released"]
    pub fn leave(&mut self, ticket: Ticket, notify: &mut Vec<W>) -> bool {
        let place = self.leave_line(ticket);
        let left = place.is_some();
        self.spent.extend(place.flatten());
        self.admit(notify);
        left
    }

    /// Waits until everything accepted before is handed to the transport, and the transport flushed. `None` if
    /// that is so; otherwise `notify` is told when to [`check_watch`](Self::check_watch).
    ///
    /// # Errors
    ///
    /// The failure of the connection.
    pub fn flush(&mut self, notify: &W) -> Result<Option<Watch>, WriteError> {
        self.failed().map_or(Ok(()), Err)?;
        let position = self.handed() + self.queued() as u64;
        let is_flushed = self.closed || position <= self.flushed;
        Ok((!is_flushed).then(|| self.watch(position, notify)))
    }

    /// Accepts nothing any more. Who stands in line or has a permit is served; then the connection is flushed and
    /// its writing direction ended. Idempotent.
    pub const fn close(&mut self) {
        self.closing = true;
    }

    /// Waits for the end. `None` if it has come; otherwise `notify` is told when to
    /// [`check_watch`](Self::check_watch).
    ///
    /// # Errors
    ///
    /// The failure of the connection.
    pub fn watch_end(&mut self, notify: &W) -> Result<Option<Watch>, WriteError> {
        self.failed().map_or(Ok(()), Err)?;
        Ok((!self.closed).then(|| self.watch(THE_END, notify)))
    }

    /// Whether what was waited for has come: `None` if not, and `notify` is told when to ask again.
    ///
    /// # Errors
    ///
    /// The failure of the connection.
    pub fn check_watch(&mut self, watch: Watch, notify: &W) -> Option<Result<(), WriteError>> {
        if self.closed || watch.position <= self.flushed {
            self.forget(watch);
            return Some(Ok(()));
        }
        if let Some(error) = self.failed() {
            self.forget(watch);
            return Some(Err(error));
        }
        self.displaced = self.watchers.insert(watch, notify.clone());
        None
    }

    /// Nobody waits for this any more.
    pub fn forget(&mut self, watch: Watch) {
        self.displaced = self.watchers.remove(&watch);
    }

    /// What was sent and what waits to be, as the driver last said.
    #[must_use]
    pub fn stats(&self) -> SendStats {
        let mut stats = self.taken;
        stats.queued_messages += self.encoder.queued_messages();
        stats.queued_bytes += self.encoder.queued();
        stats.most_queued_bytes = stats
            .most_queued_bytes
            .max(self.most_queued_bytes)
            .max(stats.queued_bytes);
        stats.waiting = self.line.len();
        stats
    }

    /// Whether nothing is accepted any more, whatever the reason.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closing || self.failure.is_some()
    }

    /// What the last calls put out of use: to be dropped without a lock, as the drop of a waker, or of data with
    /// an owner, may run anything. It holds its memory until then.
    #[inline]
    pub fn take_spent(&mut self) -> Spent<W> {
        Spent {
            _waiting: self.displaced.take(),
            _datagrams: core::mem::take(&mut self.spent),
            _queued: self.lost.take(),
        }
    }

    /// The failure, as it is reported to one more.
    pub fn failed(&mut self) -> Option<WriteError> {
        let (failure, unsent) = self.failure.as_mut()?;
        Some(failure.write_error().with_unsent(*unsent))
    }

    /// What was to be sent from there, if it was a place.
    fn leave_line(&mut self, ticket: Ticket) -> Option<Option<ConnectDatagram>> {
        let place = self.line.leave(ticket)?;
        self.displaced = Some(place.notify);
        Some(place.datagram)
    }

    /// Gives room to the line, in its order.
    pub(super) fn admit(&mut self, notify: &mut Vec<W>) {
        if self.failure.is_some() {
            return;
        }
        while self.line.first_len().is_some_and(|len| self.fits(len)) {
            let Some(place) = self.line.serve_first() else {
                return;
            };
            match place.datagram {
                // It was admitted when it joined the line, and the settings are the same.
                Some(datagram) => {
                    let copied = self.encoder.push_keeping(datagram);
                    self.spent.extend(copied.ok().flatten());
                }
                None => self.granted = self.granted.saturating_add(place.len),
            }
            self.admitted = true;
            self.rounds.count_served();
            notify.push(place.notify);
        }
    }

    fn watch(&mut self, position: u64, notify: &W) -> Watch {
        let number = self.next_watch;
        self.next_watch += 1;
        let watch = Watch { position, number };
        self.watchers.insert(watch, notify.clone());
        watch
    }

    #[inline]
    fn has_room_for(&mut self, datagram: DatagramRef<'_>) -> Result<bool, WriteError> {
        self.check_open()?;
        let len = self.encoder.admit(datagram)?.frame_len();
        Ok(self.line.is_empty() && self.fits(len))
    }

    #[inline]
    pub(super) fn check_open(&mut self) -> Result<(), WriteError> {
        if let Some(error) = self.failed() {
            return Err(error);
        }
        if self.closing {
            return Err(EncodeError::Finished.into());
        }
        Ok(())
    }

    #[inline]
    pub(super) fn fits(&self, len: usize) -> bool {
        let claimed = self.queued().saturating_add(self.granted);
        claimed == 0 || claimed.saturating_add(len) <= self.encoder.high_water_mark()
    }

    /// Bytes accepted and not yet handed to the transport.
    #[inline]
    pub(super) fn queued(&self) -> usize {
        self.taken.queued_bytes + self.encoder.queued()
    }

    /// Bytes handed to the transport since the beginning.
    pub(super) const fn handed(&self) -> u64 {
        self.taken.bytes
    }
}

impl<W> fmt::Debug for Spent<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spent").finish_non_exhaustive()
    }
}

impl<W: Clone> fmt::Debug for SendQueue<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendQueue")
            .field("stats", &self.stats())
            .field("closing", &self.closing)
            .field("closed", &self.closed)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
