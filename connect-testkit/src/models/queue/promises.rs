//! What a queue promises, whatever its way there: said without its rules of what comes next.

use connect_proto::Goal;
use connect_proto::queue::Next;

use super::expected::{Model, Number};

/// What the transport has seen, and who waits for that.
#[derive(Default)]
pub(crate) struct Promises {
    /// How many bytes the transport had when it was last flushed.
    flushed: usize,
    is_shut_down: bool,
    has_yielded: bool,
    watchers: Vec<(usize, Number)>,
}

impl Promises {
    pub(crate) const fn flush(&mut self, written: usize) {
        self.flushed = written;
    }

    pub(crate) const fn shut_down(&mut self) {
        self.is_shut_down = true;
    }

    pub(crate) fn watch(&mut self, position: usize, number: Number) {
        self.watchers.push((position, number));
    }

    pub(crate) fn forget(&mut self, number: Number) {
        self.watchers.retain(|watcher| watcher.1 != number);
    }

    /// Whoever waits for a flush is told after one that came behind its last byte, after the end, or of a failure.
    pub(crate) fn check_told(&mut self, told: &[Number], has_failed: bool) {
        let (flushed, is_over) = (self.flushed, self.is_shut_down || has_failed);
        self.watchers.retain(|(position, number)| {
            let is_told = told.contains(number);
            assert!(!is_told || is_over || *position <= flushed, "told too soon");
            !is_told
        });
    }

    /// What the driver is told to do, before the model is; and whom it is to notify first.
    pub(crate) fn check_next(&mut self, next: Next, notified: &[Number], model: &Model) {
        let all_written = model.written == model.accepted.len();
        let all_flushed = all_written && self.flushed == model.written;
        let has_fresh = model.accepted.len() > model.taken;
        match next {
            Next::Goal(Goal::Written) => assert!(has_fresh, "nothing to write"),
            Next::Goal(Goal::Flushed) => assert!(self.flushed < model.written),
            Next::Goal(Goal::Closed) => assert!(model.closing && all_flushed),
            Next::Goal(goal) => panic!("{goal:?} is no goal of a queue"),
            Next::Yield => assert!(!self.has_yielded, "gives way again and again"),
            Next::Wait => {
                assert!(all_flushed);
                assert!(model.turns.resting.is_empty(), "somebody rests for ever");
                let waits = |(position, number): &(usize, Number)| {
                    *position <= self.flushed && !notified.contains(number)
                };
                assert!(!self.watchers.iter().any(waits), "not told");
            }
            Next::Closed => assert!(all_flushed && self.is_shut_down && model.is_at_its_end()),
        }
        // A flush that somebody waits for may come between.
        let is_between = next == Next::Goal(Goal::Flushed) && has_fresh;
        self.has_yielded = next == Next::Yield || (is_between && self.has_yielded);
    }
}
