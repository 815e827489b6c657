//! What should be: lists and sums. Which goal comes next follows the table at `SendQueue::next_goal`, so a fault of the
//! table would be here, too; what has to be true whatever the table says is in `promises`.

use connect_proto::queue::Next;
use connect_proto::{ConnectDatagram, Goal, SendStats};

use super::errors::{Loss, Reason};
use super::turns::Turns;
use crate::naive;

/// Whoever waits has a number of its own, so that whom the queue tells is known.
pub(crate) type Number = u32;
pub(crate) const DRIVER: Number = 0;
pub(crate) const END: usize = usize::MAX;

/// What should be.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) mark: usize,
    /// Everything that was ever accepted, as bytes, and where each frame ends.
    pub(crate) accepted: Vec<u8>,
    pub(crate) ends: Vec<usize>,
    /// How much of that the driver has taken, the transport has got, and was flushed.
    pub(crate) taken: usize,
    pub(crate) written: usize,
    pub(crate) flushed: usize,
    /// How many bytes the transport had when it was last flushed.
    pub(crate) flushed_by_transport: usize,
    /// Who waits, with the length of the frame, and the frame if it is not for a permit.
    pub(crate) line: Vec<(Number, usize, Option<ConnectDatagram>)>,
    /// The frame lengths of permits, those included which nobody has picked up.
    pub(crate) granted: Vec<usize>,
    /// Who waits for a position of the stream, or for the end.
    pub(crate) watchers: Vec<(usize, Number)>,
    pub(crate) driver_rests: bool,
    pub(crate) turns: Turns,
    pub(crate) served_since_batch: bool,
    /// Others rested until the driver took its last batch.
    pub(crate) rested: bool,
    pub(crate) gave_way: bool,
    pub(crate) closing: bool,
    pub(crate) closed: bool,
    pub(crate) loss: Option<Loss>,
    pub(crate) stats: SendStats,
    /// Who is to be told by the operation at hand.
    pub(crate) told: Vec<Number>,
}

impl Model {
    pub(crate) fn accept(&mut self, datagram: &ConnectDatagram) {
        let frame = naive::encode(std::slice::from_ref(datagram));
        self.accepted.extend_from_slice(&frame);
        self.ends.push(self.accepted.len());
    }

    pub(crate) const fn has_failed(&self) -> bool {
        self.loss.is_some()
    }

    /// Whether the driver has something to take.
    pub(crate) fn has_fresh(&self) -> bool {
        !self.has_failed() && self.accepted.len() > self.taken
    }

    pub(crate) fn fits(&self, len: usize) -> bool {
        let claimed = self.accepted.len() - self.written + self.granted.iter().sum::<usize>();
        claimed == 0 || claimed + len <= self.mark
    }

    pub(crate) fn has_room_for(&self, len: usize) -> bool {
        self.line.is_empty() && self.fits(len)
    }

    /// After whatever may have made room.
    pub(crate) fn serve_line(&mut self) {
        while !self.has_failed() && !self.line.is_empty() && self.fits(self.line[0].1) {
            let (number, len, datagram) = self.line.remove(0);
            match datagram {
                Some(datagram) => self.accept(&datagram),
                None => self.granted.push(len),
            }
            self.served_since_batch = true;
            self.turns.served += 1;
            self.told.push(number);
        }
    }

    pub(crate) fn tell_watchers_up_to(&mut self, position: usize) {
        self.watchers.sort_unstable();
        let count = self.watchers.partition_point(|entry| entry.0 <= position);
        let told = self.watchers.drain(..count).map(|entry| entry.1);
        self.told.extend(told);
    }

    /// Whether what waits for this position need not wait any more.
    pub(crate) const fn has_reached(&self, position: usize) -> bool {
        self.closed || position <= self.flushed
    }

    pub(crate) fn give_permit_back(&mut self, len: usize) {
        let found = self.granted.iter().position(|granted| *granted == len);
        self.granted.remove(found.expect("it was given"));
    }

    pub(crate) fn is_at_its_end(&self) -> bool {
        self.closing && self.line.is_empty() && self.granted.is_empty()
    }

    pub(crate) fn driver_is_to_be_woken(&mut self) -> bool {
        let has_work = self.accepted.len() > self.taken || self.is_at_its_end();
        let is_woken = self.driver_rests && has_work && !self.has_failed();
        self.driver_rests &= !is_woken;
        is_woken
    }

    pub(crate) fn next_goal(&mut self, reached: Goal) -> Next {
        self.serve_line();
        match reached {
            Goal::Flushed => self.flushed = self.flushed_by_transport,
            Goal::Closed => self.closed = true,
            _ => {}
        }
        self.tell_watchers_up_to(if self.closed { END } else { self.flushed });
        if self.closed {
            return Next::Closed;
        }
        let fresh = self.accepted.len() - self.taken;
        let first_watched = self.watchers.first().map_or(END, |entry| entry.0);
        if fresh > 0 && first_watched <= self.written {
            return Next::Goal(Goal::Flushed);
        }
        let more_may_come = self.rested || (self.served_since_batch && fresh > 0);
        if more_may_come && !self.gave_way && fresh < self.mark / 2 {
            self.gave_way = true;
            return Next::Yield;
        }
        (self.served_since_batch, self.rested, self.gave_way) = (false, false, false);
        if fresh > 0 {
            self.taken = self.accepted.len();
            let rested = self.turns.begin_next();
            self.rested = !rested.is_empty();
            self.told.extend(rested);
            return Next::Goal(Goal::Written);
        }
        if self.flushed < self.written {
            return Next::Goal(Goal::Flushed);
        }
        if self.is_at_its_end() {
            return Next::Goal(Goal::Closed);
        }
        self.driver_rests = true;
        Next::Wait
    }

    pub(crate) fn fail(&mut self, reason: Reason) {
        let stats = self.expected_stats();
        self.loss = Some(Loss {
            reason,
            messages: stats.queued_messages,
            bytes: stats.queued_bytes,
        });
        self.driver_rests = false;
        self.told.extend(self.line.iter().map(|place| place.0));
        let rested = self.turns.begin_next();
        self.told.extend(rested);
        self.tell_watchers_up_to(END);
    }

    pub(crate) fn expected_stats(&mut self) -> SendStats {
        let queued = self.accepted.len() - self.written;
        let sent = self.ends.iter().filter(|end| **end <= self.written).count();
        self.stats.messages = sent as u64;
        self.stats.bytes = self.written as u64;
        self.stats.queued_messages = self.ends.len() - sent;
        self.stats.queued_bytes = queued;
        self.stats.most_queued_bytes = self.stats.most_queued_bytes.max(queued);
        self.stats.waiting = self.line.len();
        self.stats
    }
}
