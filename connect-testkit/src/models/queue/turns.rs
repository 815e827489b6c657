//! Turns: how much busy senders may send before they rest. How often is the queue's own affair, within bounds.

use super::expected::Number;

/// How many senders take turns.
pub(crate) const SENDERS: usize = 3;

/// What the senders have used of their turns, and who rests.
#[derive(Default)]
pub(crate) struct Turns {
    /// How many batches the driver has taken.
    pub(crate) round: usize,
    pub(crate) resting: Vec<Number>,
    /// How many were served from the line in this round.
    pub(crate) served: usize,
    /// Bytes that each sender has used in this round.
    used: [usize; SENDERS],
    /// How many were busy in the round before, and the most in any.
    busy: usize,
    most_busy: usize,
}

impl Turns {
    /// The frame of a sender counts, and the queue says whether its turn `is_over`. `is_due` if the driver has
    /// something to take, and so will come by.
    pub(crate) fn count(
        &mut self,
        sender: usize,
        len: usize,
        mark: usize,
        is_due: bool,
        is_over: bool,
    ) {
        self.used[sender] += len;
        let next = self.used[sender] + len;
        let exceeds_share = |busy: usize| is_due && busy > 1 && next > mark / busy;
        assert!(
            is_over || !exceeds_share(self.busy),
            "more than an equal share"
        );
        assert!(!is_over || exceeds_share(self.most_busy), "rests too soon");
    }

    /// The driver takes a batch, or is no more. Returns who rested until then.
    pub(crate) fn begin_next(&mut self) -> Vec<Number> {
        self.busy = self.resting.len() + self.served;
        self.most_busy = self.most_busy.max(self.busy);
        self.served = 0;
        self.used = Default::default();
        self.round += 1;
        std::mem::take(&mut self.resting)
    }
}
