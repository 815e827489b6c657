//! What is done with the sending half.

use std::io;

use bytes::Buf;
use connect_proto::{
    ConnectDatagram, DatagramRef, EncodeError, Goal, Outbound, SendStats, Step, WriteError,
    WriteErrorKind,
};
use connect_tls::TlsError;

use super::{MOST_CIPHERTEXT, Ours};
use crate::model::Direction;

/// What the transport fails with.
const WRITE_FAILURE: io::ErrorKind = io::ErrorKind::BrokenPipe;

impl Ours {
    pub(crate) fn push(&mut self, datagram: ConnectDatagram, by_ref: bool, out: &mut Direction) {
        let Some(outbound) = &mut self.outbound else {
            return;
        };
        let result = if by_ref {
            outbound.push_ref(DatagramRef::from(&datagram))
        } else {
            outbound.push(datagram.clone())
        };
        let Err(error) = result else {
            assert!(!self.finished && !self.write_failed && !self.refuses);
            return out.accept(datagram);
        };
        if let WriteErrorKind::Refused(reason) = error.kind() {
            assert_eq!(*reason, EncodeError::Finished);
            assert!(self.finished && error.unsent().is_none());
        } else {
            self.check_failure(&error);
        }
        let returned = error.into_datagram();
        assert_eq!(returned, (!by_ref).then_some(datagram), "the datagram");
        self.refuses = true;
    }

    /// A failure that is reported is one that has happened, and counts what was not sent.
    fn check_failure(&self, error: &WriteError) {
        match error.kind() {
            WriteErrorKind::Io(error) => assert!(self.write_failed, "{error}"),
            _ => {
                assert!(self.failure.is_some(), "{error}");
                assert_eq!(TlsError::of_write(error), self.failure.as_ref());
            }
        }
        let unsent = error.unsent().expect("what was not sent");
        let stats = self.outbound.as_ref().map(Outbound::stats);
        assert_eq!(
            Some((unsent.messages, unsent.bytes)),
            stats.map(|stats| (stats.queued_messages, stats.queued_bytes))
        );
    }

    /// One step on the way to `goal`. Says whether anything came of it.
    pub(crate) fn step(&mut self, goal: Goal, most: usize, out: &mut Direction) -> bool {
        let ready = !self.is_handshaking() || self.failure.is_some();
        let Some(outbound) = &mut self.outbound else {
            return false;
        };
        self.finished |= goal == Goal::Closed;
        match outbound.next_step(goal) {
            Ok(Step::Write) => {
                let outbox = match outbound.outbox() {
                    Ok(outbox) => outbox,
                    Err(error) => {
                        // Nothing was encrypted for the step to this goal, so nothing could fail before.
                        assert!(goal == Goal::Ready && self.failure.is_some());
                        self.check_failure(&error);
                        self.refuses = true;
                        return false;
                    }
                };
                let offered = outbox.chunk().to_vec();
                self.most_queued = self.most_queued.max(outbound.stats().queued_bytes);
                let count = most.min(offered.len());
                assert!(count > 0, "nothing is to be written");
                outbound
                    .handle_write(offered.len(), Ok(count))
                    .expect("no failure of the transport");
                out.write(&offered[..count]);
                self.writes += 1;
                self.unflushed = true;
                self.note_claims(out);
            }
            Ok(Step::Flush) => {
                assert!(self.unflushed, "nothing was written");
                outbound.handle_flush(Ok(())).expect("no failure");
                self.unflushed = false;
                self.flushes += 1;
            }
            Ok(Step::ShutDown) => {
                assert!(goal == Goal::Closed && !self.shut_down && !self.write_failed);
                outbound.handle_shut_down(Ok(())).expect("no failure");
                self.shut_down = true;
                self.note_claims(out);
                if self.failure.is_none() {
                    assert_eq!(self.stats().queued_messages, 0);
                    let end = ready.then_some(out.written);
                    assert_eq!(out.close_notify, end, "close_notify");
                }
                out.ended = true;
            }
            Ok(Step::Done) => {
                self.check_done(goal, out);
                return false;
            }
            Err(error) if self.failure.is_some() || self.write_failed => {
                self.check_failure(&error);
                self.refuses = true;
                return false;
            }
            Err(error) => {
                assert!(!ready && goal != Goal::StageFlushed, "{error}");
                assert!(self.stats().queued_messages > 0, "{error}");
                return false;
            }
        }
        true
    }

    fn check_done(&mut self, goal: Goal, out: &mut Direction) {
        assert!(!self.write_failed, "as if nothing had failed");
        let (stats, waits) = (self.stats(), self.is_handshaking());
        if goal == Goal::Ready {
            let queued = stats.queued_bytes;
            assert!(queued == 0 || queued < self.high_water_mark);
            return;
        }
        let all_sent = stats.queued_messages == 0 && stats.queued_bytes == 0;
        assert!(all_sent || (goal == Goal::StageFlushed && waits));
        assert!(goal == Goal::Written || !self.unflushed);
        assert!(goal != Goal::Closed || self.shut_down);
        self.note_claims(out);
    }

    pub(crate) fn advance(&mut self, most: usize, out: &mut Direction) {
        let Some(Ok(outbox)) = self.outbound.as_mut().map(Outbound::outbox) else {
            return;
        };
        let count = most.min(outbox.chunk().len());
        out.write(&outbox.chunk()[..count]);
        outbox.advance(count);
        self.note_claims(out);
    }

    /// What is called sent, with how much ciphertext; and where close_notify ends, which is the last of it.
    fn note_claims(&mut self, out: &mut Direction) {
        let ready = !self.is_handshaking() && self.failure.is_none() && !self.write_failed;
        let finished = self.finished;
        let Some(outbound) = &mut self.outbound else {
            return;
        };
        out.claim(outbound.stats().bytes);
        let left = outbound.outbox().map_or(0, |outbox| outbox.remaining());
        assert!(left <= MOST_CIPHERTEXT, "{left} bytes of ciphertext");
        // The last plain bytes are encrypted together with close_notify.
        let all_encrypted = outbound.queued() == left;
        if ready && finished && all_encrypted && out.close_notify.is_none() {
            out.close_notify = Some(out.written + left);
        }
    }

    pub(crate) fn finish(&mut self) {
        if let Some(outbound) = &mut self.outbound {
            outbound.finish();
            self.finished = true;
        }
    }

    pub(crate) fn fail_write(&mut self, out: &mut Direction) {
        if let Some(outbound) = &mut self.outbound {
            let _ = outbound.fail(WRITE_FAILURE.into());
            self.write_failed = true;
            out.die();
        }
    }

    fn stats(&self) -> SendStats {
        self.outbound.as_ref().map_or(self.stats, Outbound::stats)
    }
}
