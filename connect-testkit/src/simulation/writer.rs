//! The writing half of the simulated adapter: the loop of the real ones, around a pipe.

use std::future::poll_fn;
use std::io::IoSlice;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use connect_proto::queue::{QueueDrain, QueueSender};
use connect_proto::{
    ConnectDatagram, DatagramRef, Goal, Outbound, Step, Unsent, WriteError, uninterrupted,
};

use super::pipe::{Pipe, PipeWriter};

/// Writes to a pipe what the core has to say.
pub(crate) struct Writer {
    write: PipeWriter,
    outbound: Outbound,
    /// How many pieces one write takes.
    pieces: usize,
    /// Bytes go over the wire as they are.
    is_plain: bool,
    most_queued: usize,
}

/// What TLS may add to what is queued: records around four times 16 KiB, tickets, changes of keys, an alert, and
/// before all that the handshake.
const STAGE_OVERHEAD: usize = 8 * 1024;

/// The most pieces in one write.
const MOST_PIECES: usize = 8;

impl Writer {
    /// `accepts` is how many bytes the core may be given: then it must not hold more.
    pub(crate) fn new(
        write: PipeWriter,
        mut outbound: Outbound,
        pieces: usize,
        is_plain: bool,
        accepts: usize,
    ) -> Self {
        outbound.set_vectored(pieces > 1);
        let overhead = if is_plain { 0 } else { STAGE_OVERHEAD };
        Self {
            write,
            outbound,
            pieces: pieces.clamp(1, MOST_PIECES),
            is_plain,
            most_queued: accepts + overhead,
        }
    }

    pub(crate) async fn ready(&mut self) -> Result<(), WriteError> {
        self.reach(Goal::Ready).await
    }

    pub(crate) fn push(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        let result = self.outbound.push(datagram);
        self.check();
        result
    }

    pub(crate) async fn feed(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        match self.ready().await {
            Ok(()) => self.push(datagram),
            Err(error) => Err(error.with_datagram(datagram)),
        }
    }

    pub(crate) async fn feed_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        self.ready().await?;
        let result = self.outbound.push_ref(datagram);
        self.check();
        result
    }

    pub(crate) async fn flush(&mut self) -> Result<(), WriteError> {
        self.reach(Goal::Flushed).await?;
        assert_eq!(self.outbound.queued(), 0, "flushed, and not written");
        assert!(self.write.is_flushed(), "written, and not flushed");
        Ok(())
    }

    /// Where its bytes go, if they go there as they are.
    pub(crate) fn plain_pipe(&self) -> Option<Pipe> {
        self.is_plain.then(|| self.write.pipe())
    }

    pub(crate) async fn flush_stage(&mut self) -> Result<(), WriteError> {
        self.reach(Goal::StageFlushed).await
    }

    pub(crate) async fn close(&mut self) -> Result<(), WriteError> {
        self.reach(Goal::Closed).await
    }

    async fn reach(&mut self, goal: Goal) -> Result<(), WriteError> {
        poll_fn(|cx| {
            loop {
                match self.outbound.next_step(goal)? {
                    Step::Done => return Poll::Ready(Ok(())),
                    step => ready!(self.poll_step(cx, step))?,
                }
            }
        })
        .await
    }

    pub(crate) fn queue(&self) -> (QueueSender, QueueDrain) {
        QueueSender::new(&self.outbound)
    }

    /// Writes what is sent through a queue until it is closed: what its driver does. `check` is called at every step.
    pub(crate) async fn drain(
        &mut self,
        drain: &mut QueueDrain,
        check: &impl Fn(),
    ) -> Result<(), WriteError> {
        poll_fn(|cx| {
            loop {
                check();
                match ready!(drain.poll_step(cx, &mut self.outbound))? {
                    Step::Done => return Poll::Ready(Ok(())),
                    step => {
                        if let Err(error) = ready!(self.poll_step(cx, step)) {
                            return Poll::Ready(Err(drain.fail(&self.outbound, error)));
                        }
                    }
                }
            }
        })
        .await
    }

    fn poll_step(&mut self, cx: &mut Context<'_>, step: Step) -> Poll<Result<(), WriteError>> {
        let result = match step {
            Step::Write => {
                let outbox = self.outbound.outbox()?;
                let mut slices = [IoSlice::new(&[]); MOST_PIECES];
                let slices = if self.pieces > 1 {
                    let count = outbox.chunks_vectored(&mut slices[..self.pieces]);
                    &slices[..count]
                } else {
                    slices[0] = IoSlice::new(outbox.chunk());
                    &slices[..1]
                };
                let offered = slices.iter().map(|slice| slice.len()).sum();
                let result = ready!(uninterrupted(cx, |cx| self.write.poll_write(cx, slices)));
                self.outbound.handle_write(offered, result)
            }
            Step::Flush => {
                let result = ready!(uninterrupted(cx, |cx| self.write.poll_flush(cx)));
                self.outbound.handle_flush(result)
            }
            Step::ShutDown => {
                let result = ready!(uninterrupted(cx, |cx| self.write.poll_shut_down(cx)));
                self.outbound.handle_shut_down(result)
            }
            Step::Done => Ok(()),
        };
        self.check();
        Poll::Ready(result)
    }

    /// What is held is bounded, and what the core says of it is true.
    fn check(&self) {
        let queued = self.outbound.queued();
        assert!(
            queued <= self.most_queued,
            "{queued} bytes are queued; the bound is {}",
            self.most_queued
        );
        let stats = self.outbound.stats();
        let Unsent {
            messages, bytes, ..
        } = self.outbound.unsent();
        assert_eq!(
            (stats.queued_messages, stats.queued_bytes),
            (messages, bytes)
        );
        assert_eq!(messages == 0, bytes == 0, "whole frames");
        if self.is_plain {
            assert_eq!(
                stats.bytes,
                self.write.entered() as u64,
                "bytes handed over"
            );
            assert_eq!(queued, bytes);
        }
    }

    /// The failure is final: every question is answered with it.
    pub(crate) fn check_repeats(&mut self, error: &WriteError) {
        for goal in [Goal::Ready, Goal::Written, Goal::Flushed, Goal::Closed] {
            let again = self.outbound.next_step(goal).expect_err("it has failed");
            assert_eq!(again.to_string(), error.to_string());
            assert_eq!(again.unsent(), error.unsent());
        }
    }
}
