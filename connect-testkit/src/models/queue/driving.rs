//! What the driver of the queue does, and its end.

use bytes::Buf;
use connect_proto::Step;
use connect_proto::queue::Next;

use super::errors::{Reason, check_reason};
use super::expected::DRIVER;
use super::pair::Pair;

impl Pair {
    pub(super) fn drive(&mut self, most: usize) {
        match self.outbound.next_step(self.goal).expect("works") {
            Step::Write => {
                let outbox = self.outbound.outbox().expect("works");
                let (len, taken) = (outbox.chunk().len(), outbox.chunk().len().min(most));
                self.wire.extend_from_slice(&outbox.chunk()[..taken]);
                self.outbound.handle_write(len, Ok(taken)).expect("works");
                self.queue
                    .handle_progress(&self.outbound, &mut self.notified);
                self.model.written += taken;
                self.model.stats.writes += 1;
                self.model.serve_line();
            }
            Step::Flush => {
                self.outbound.handle_flush(Ok(())).expect("works");
                self.queue
                    .handle_progress(&self.outbound, &mut self.notified);
                self.model.flushed_by_transport = self.wire.len();
                self.promises.flush(self.wire.len());
                self.model.stats.flushes += 1;
            }
            Step::ShutDown => {
                assert!(self.model.is_at_its_end());
                self.outbound.handle_shut_down(Ok(())).expect("works");
                self.promises.shut_down();
            }
            Step::Done => {
                let (outbound, notified) = (&mut self.outbound, &mut self.notified);
                let next = (self.queue).next_goal(outbound, self.goal, &DRIVER, notified);
                (self.promises).check_next(next, notified, &self.model);
                assert_eq!(next, self.model.next_goal(self.goal));
                if let Next::Goal(goal) = next {
                    self.goal = goal;
                }
            }
        }
    }

    /// A driver that is dropped takes its outbound with it.
    pub(super) fn fail(&mut self, reason: Reason) {
        let outbound = (reason == Reason::BrokenPipe).then_some(&self.outbound);
        let error = (self.queue).fail(reason.into(), outbound, &mut self.notified);
        if self.model.closed {
            check_reason(&error, reason);
            assert_eq!(error.unsent(), None);
            return;
        }
        if !self.model.has_failed() {
            self.model.fail(reason);
        }
        self.model.check_loss(&error);
        assert_eq!(error.datagram(), None);
    }
}
