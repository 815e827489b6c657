//! The driver's half of the machine: what is written next, and when nothing more is.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::send_queue::SendQueue;
use crate::encoder::Encoder;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::stats::SendStats;
use crate::step::Goal;
use crate::write_error::{Unsent, WriteError, WriteErrorKind};

/// What the driver of a [`SendQueue`] does next.
///
/// ```
/// use connect_proto::queue::{Next, SendQueue};
/// use connect_proto::{Config, Encoder, Goal, Outbound};
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// let mut queue = SendQueue::new(&outbound);
/// let mut notify = Vec::new();
/// let next = queue.next_goal(&mut outbound, Goal::Written, &"the driver", &mut notify);
/// assert_eq!(next, Next::Wait); // nothing is there
///
/// queue.close();
/// assert_eq!(queue.driver_to_wake(), Some("the driver"));
/// let next = queue.next_goal(&mut outbound, Goal::Written, &"the driver", &mut notify);
/// assert_eq!(next, Next::Goal(Goal::Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must be able to do each")]
#[must_use = "a driver has to do it"]
pub enum Next {
    /// Bring the [`Outbound`] to this goal, then ask again.
    Goal(Goal),
    /// Let the senders run that were just served, then ask again: they may have more for the same write.
    Yield,
    /// Wait to be woken.
    Wait,
    /// The queue is closed. Nothing is left to be done.
    Closed,
}

impl<W: Clone> SendQueue<W> {
    /// The goal of a driver that begins.
    pub const FIRST_GOAL: Goal = Goal::Written;

    /// The driver, if it waits and there is something to do: to be woken after any call of a sender.
    #[inline]
    #[must_use = "a driver that is not woken sends nothing"]
    pub fn driver_to_wake(&mut self) -> Option<W> {
        if self.idle_driver.is_some() && self.has_work() {
            return self.idle_driver.take();
        }
        None
    }

    /// The driver has written a part. Room that became free goes to the line.
    pub fn handle_progress(&mut self, outbound: &Outbound, notify: &mut Vec<W>) {
        self.handle_stats_of_driver(&outbound.stats(), notify);
    }

    /// As [`handle_progress`](Self::handle_progress), for who counts what is left before it takes a lock.
    pub(super) fn handle_stats_of_driver(&mut self, stats: &SendStats, notify: &mut Vec<W>) {
        if self.failure.is_some() {
            return;
        }
        self.update(stats);
        self.admit(notify);
    }

    /// What the driver does next, which has just `reached` a goal. Whoever waits for that is to be notified; so
    /// is `driver`, later, if the answer is to wait.
    ///
    /// ```text
    ///   not all is written:      Written
    ///   somebody was served and most of the mark is free: Yield, once
    ///   more was accepted:       Flushed, if somebody waits for that; then Written, for all of it
    ///   nothing, unflushed:      Flushed
    ///   nothing, closing:        Closed, once the line is empty and no permit is left
    ///   nothing:                 Wait
    /// ```
    pub fn next_goal(
        &mut self,
        outbound: &mut Outbound,
        reached: Goal,
        driver: &W,
        notify: &mut Vec<W>,
    ) -> Next {
        self.handle_progress(outbound, notify);
        match reached {
            Goal::Closed => self.closed = true,
            Goal::Flushed => self.flushed = self.handed(),
            _ => {}
        }
        self.notify_watchers(notify);
        if self.closed {
            return Next::Closed;
        }
        if self.taken.queued_bytes > 0 {
            return Next::Goal(Goal::Written);
        }
        if self.encoder.queued() > 0 && self.must_flush() {
            return Next::Goal(Goal::Flushed);
        }
        if self.gives_way() {
            return Next::Yield;
        }
        self.admitted = false;
        self.rested = false;
        self.gave_way = false;
        if self.encoder.queued() > 0 {
            self.next_batch(outbound, notify);
            return Next::Goal(Goal::Written);
        }
        if self.flushed < self.handed() {
            return Next::Goal(Goal::Flushed);
        }
        self.encoder.handle_flushed();
        if self.has_work() {
            return Next::Goal(Goal::Closed);
        }
        self.displaced = self.idle_driver.replace(driver.clone());
        Next::Wait
    }

    /// The connection is lost, or its driver: everybody who waits is told why. Only the first failure counts.
    /// Returns it, for the driver to report.
    ///
    /// What `outbound` and the queue still hold has been accepted in vain.
    pub fn fail(
        &mut self,
        reason: WriteErrorKind,
        outbound: Option<&Outbound>,
        notify: &mut Vec<W>,
    ) -> WriteError {
        if let Some(error) = self.failed() {
            return error;
        }
        if self.closed {
            return reason.into();
        }
        if let Some(outbound) = outbound {
            self.update(&outbound.stats());
        }
        self.taken = self.stats();
        let unsent = Unsent {
            messages: self.taken.queued_messages,
            bytes: self.taken.queued_bytes,
        };
        let empty = Encoder::with_settings_of(&self.encoder);
        let lost = core::mem::replace(&mut self.encoder, empty);
        self.lost = Some(Box::new(lost));
        self.displaced = self.idle_driver.take();
        notify.extend(self.line.everybody().cloned());
        self.rounds.begin_next(notify);
        notify.extend(core::mem::take(&mut self.watchers).into_values());
        let (failure, _) = self.failure.insert((Failure::from(reason), unsent));
        failure.write_error().with_unsent(unsent)
    }

    /// Learns what the driver has done. Only then what is queued becomes less.
    fn update(&mut self, stats_of_driver: &SendStats) {
        self.most_queued_bytes = self.most_queued_bytes.max(self.queued());
        self.taken = *stats_of_driver;
    }

    /// Whether somebody waits for what is written to be flushed, and would do so as long as there is more to
    /// write.
    fn must_flush(&self) -> bool {
        let first = self.watchers.keys().next();
        first.is_some_and(|watch| watch.position <= self.handed())
    }

    /// Whether to let those add to the next write who were just served. Once for each write: who is served again
    /// and again must not keep the driver from writing what others have sent.
    fn gives_way(&mut self) -> bool {
        let queued = self.encoder.queued();
        let is_short = queued < self.encoder.high_water_mark() / 2;
        let more_may_come = self.rested || (self.admitted && queued > 0);
        let gives_way = more_may_come && is_short && !self.gave_way;
        self.gave_way |= gives_way;
        gives_way
    }

    /// Takes everything accepted to the driver.
    fn next_batch(&mut self, outbound: &mut Outbound, notify: &mut Vec<W>) {
        outbound.encoder_mut().take_from(&mut self.encoder);
        self.taken = outbound.stats();
        self.rested = self.rounds.begin_next(notify);
    }

    fn notify_watchers(&mut self, notify: &mut Vec<W>) {
        while let Some(entry) = self.watchers.first_entry() {
            if !self.closed && entry.key().position > self.flushed {
                return;
            }
            notify.push(entry.remove());
        }
    }

    fn has_work(&self) -> bool {
        let nobody_follows = self.line.is_empty() && self.granted == 0;
        self.encoder.queued() > 0 || (self.closing && nobody_follows)
    }
}
