//! Turns: how busy senders share a queue.

use alloc::vec::Vec;

/// Rounds of a queue, one for each batch that its driver takes. In each, a sender may use its share of the
/// high-water mark: that, divided by how many were served from the line or rested in the round before. What it is
/// served from the line counts, too.
///
/// Without this the first sender to find room would fill the queue alone. Where tasks share a thread it would be
/// the same one every time, because it is also the first to be woken: measured, 900 messages for each one of
/// the others.
///
/// When changing this: a sender rests only while there is something for the driver to take, so that the round ends.
pub(super) struct Rounds<W> {
    number: u32,
    /// Bytes that each sender may use in this round.
    share: usize,
    high_water_mark: usize,
    /// How many senders share this round.
    busy: usize,
    /// How many were served from the line.
    served: usize,
    /// Who has used its share.
    resting: Vec<W>,
}

/// What one sender has used of its share.
///
/// ```
/// use connect_proto::queue::{SendQueue, Turn};
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound};
///
/// let mut queue = SendQueue::<&str>::new(&Outbound::from(Encoder::new(&Config::new())));
/// let mut turn = Turn::default(); // one for each sender
/// queue.try_send(ConnectDatagram::new(7, "hello")?)?;
/// assert!(queue.is_turn_over(&mut turn, 13).is_none()); // alone, it goes on
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    round: u32,
    used: u32,
}

/// A sender that lets others have their turn, until the driver has come by.
///
/// ```
/// use connect_proto::queue::{Rest, SendQueue, Turn};
/// # use connect_proto::{Config, Encoder, Outbound};
///
/// /// After a frame of `len` bytes was accepted: how `me` rests, if it does. Check again when `me` is notified.
/// fn rest(queue: &mut SendQueue<u32>, turn: &mut Turn, len: usize, me: u32) -> Option<Rest> {
///     let mut rest = queue.is_turn_over(turn, len)?;
///     let is_over = queue.check_rest(&mut rest, &me);
///     (!is_over).then_some(rest)
/// }
/// # let mut queue = SendQueue::new(&Outbound::from(Encoder::new(&Config::new())));
/// # assert!(rest(&mut queue, &mut Turn::default(), 13, 1).is_none());
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Rest {
    round: u32,
    place: Option<usize>,
}

impl<W: Clone> Rounds<W> {
    pub(super) const fn new(high_water_mark: usize) -> Self {
        Self {
            number: 0,
            share: high_water_mark,
            high_water_mark,
            busy: 1,
            served: 0,
            resting: Vec::new(),
        }
    }

    #[inline]
    pub(super) const fn is_turn_over(&self, turn: &mut Turn, len: usize) -> Option<Rest> {
        if turn.round != self.number {
            turn.round = self.number;
            turn.used = 0;
        }
        turn.used = turn.used.saturating_add(len as u32);
        // Alone, it waits only when the queue is full.
        let is_alone = self.busy == 1;
        let next_fits = (turn.used as usize).saturating_add(len) <= self.share;
        if is_alone || next_fits {
            return None;
        }
        Some(Rest {
            round: self.number,
            place: None,
        })
    }

    /// What `notify` takes the place of is `displaced`.
    pub(super) fn check_rest(
        &mut self,
        rest: &mut Rest,
        notify: &W,
        displaced: &mut Option<W>,
    ) -> bool {
        if rest.round != self.number {
            return true;
        }
        match rest.place.and_then(|place| self.resting.get_mut(place)) {
            Some(resting) => *displaced = Some(core::mem::replace(resting, notify.clone())),
            None => {
                rest.place = Some(self.resting.len());
                self.resting.push(notify.clone());
            }
        }
        false
    }

    pub(super) const fn count_served(&mut self) {
        self.served += 1;
    }

    /// The driver takes a batch. Returns whether others were resting.
    pub(super) fn begin_next(&mut self, notify: &mut Vec<W>) -> bool {
        let rested = !self.resting.is_empty();
        // Who was woken and has not run yet is not seen, but was busy before: forget slowly.
        let before = self.busy - self.busy.div_ceil(8);
        // Who was served and rests now counts twice: then the next round is a short one.
        let busy = self.resting.len() + self.served;
        self.served = 0;
        self.busy = busy.max(before).max(1);
        self.share = self.high_water_mark / self.busy;
        self.number = self.number.wrapping_add(1);
        notify.extend(core::mem::take(&mut self.resting));
        rested
    }
}

/// For the handles, which keep it in parts.
#[cfg(feature = "std")]
impl Turn {
    pub(super) const fn new(round: u32, used: u32) -> Self {
        Self { round, used }
    }

    pub(super) const fn round(self) -> u32 {
        self.round
    }

    pub(super) const fn used(self) -> u32 {
        self.used
    }
}
