//! The crate under test as a side: its halves as an adapter drives them, with what must be true of each.

use std::io;

use bytes::Buf;
use connect_proto::{
    ConnectDatagram, DatagramRef, Decoded, EncodeError, Goal, Inbound, Outbound, ReadError,
    SendStats, Step, WriteError, WriteErrorKind,
};
use connect_tls::{HandshakeStep, TlsConnection, TlsError, TlsHandle};

use crate::model::Direction;
use crate::operation::{Entry, Lane};

/// The most ciphertext at a time: four records of data and what TLS adds to them, or the handshake with a few
/// messages about keys.
const MOST_CIPHERTEXT: usize = 64 * 1024 + 8 * 1024;

/// The longest block for ciphertext that is read.
const MOST_READ: usize = 64 * 1024;

/// What the transport fails with.
const READ_FAILURE: io::ErrorKind = io::ErrorKind::ConnectionReset;
const WRITE_FAILURE: io::ErrorKind = io::ErrorKind::BrokenPipe;

/// The crate under test as a side.
pub(crate) struct Ours {
    pub(crate) inbound: Option<Inbound>,
    pub(crate) outbound: Option<Outbound>,
    handle: TlsHandle,
    high_water_mark: usize,
    is_server: bool,
    established: bool,
    /// Why TLS has failed here.
    pub(crate) failure: Option<TlsError>,
    pub(crate) read_failed: bool,
    pub(crate) write_failed: bool,
    pub(crate) finished: bool,
    unflushed: bool,
    shut_down: bool,
    /// Nothing can be pushed any more.
    refuses: bool,
    stats: SendStats,
    writes: u64,
    flushes: u64,
    /// The most that was queued, as far as writes were reported.
    most_queued: usize,
}

impl Ours {
    pub(crate) fn new(connection: TlsConnection, is_server: bool, high_water_mark: usize) -> Self {
        let (inbound, outbound, handle) = connection.split();
        Self {
            inbound: Some(inbound),
            outbound: Some(outbound),
            handle,
            high_water_mark,
            is_server,
            established: false,
            failure: None,
            read_failed: false,
            write_failed: false,
            finished: false,
            unflushed: false,
            shut_down: false,
            refuses: false,
            stats: SendStats::default(),
            writes: 0,
            flushes: 0,
            most_queued: 0,
        }
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.handle.is_handshaking()
    }

    /// Whether it can still send and nothing has failed.
    pub(crate) fn sends(&self) -> bool {
        self.outbound.is_some() && self.failure.is_none() && !self.write_failed
    }

    /// Whether it can still receive.
    pub(crate) fn receives(&self) -> bool {
        self.inbound.is_some() && self.failure.is_none() && !self.read_failed
    }

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

    /// The next step of the handshake, done as it says.
    pub(crate) fn shake_hands(&mut self, from: &mut Direction, out: &mut Direction) {
        match self.handle.handshake_step().expect("well") {
            HandshakeStep::Flush => while self.step(Goal::StageFlushed, 1000, out) {},
            HandshakeStep::Read => self.carry(Entry::Read, 1000, from),
            HandshakeStep::Done => {}
        }
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

    /// Some of what is under way arrives, or its end.
    pub(crate) fn carry(&mut self, entry: Entry, most: usize, from: &mut Direction) {
        let (ciphertext, over) = (from.under_way(), from.ended);
        let mut count = most.min(ciphertext.len());
        let Some(inbound) = &mut self.inbound else {
            return from.lose(count);
        };
        let room = inbound.spare().len();
        assert!(0 < room && room <= MOST_READ, "room for {room} bytes");
        if matches!(entry, Entry::Spare | Entry::Read) {
            count = count.min(room);
            inbound.spare()[..count].copy_from_slice(&ciphertext[..count]);
        }
        if count == 0 {
            if over {
                self.end(entry, from);
            }
            return;
        }
        match entry {
            Entry::Spare => inbound.commit(count),
            Entry::Slice => inbound.extend_from_slice(&ciphertext[..count]),
            Entry::Read => inbound.handle_read(room, Ok(count)),
            Entry::QuietRead => {
                count = count.min(2000);
                inbound.handle_quiet_read(&ciphertext[..count], Ok(count));
            }
        }
        if self.failure.is_some() || self.read_failed {
            from.lose(count);
        } else {
            from.carry(count);
        }
    }

    fn end(&mut self, entry: Entry, from: &Direction) {
        let handshaking = self.is_handshaking();
        let Some(inbound) = &mut self.inbound else {
            return;
        };
        match entry {
            Entry::Read => inbound.handle_read(1, Ok(0)),
            Entry::QuietRead => inbound.handle_quiet_read(&[0], Ok(0)),
            _ => inbound.finish(),
        }
        if !from.is_close_carried() && !self.read_failed && self.failure.is_none() {
            self.failure = Some(TlsError::Truncated { handshaking });
        }
    }

    pub(crate) fn take(&mut self, lane: Lane, most: usize, from: &mut Direction) {
        let handshaking = self.is_handshaking();
        let Some(inbound) = &mut self.inbound else {
            return;
        };
        from.check_plain(inbound.stats().bytes);
        if matches!(lane, Lane::Batch) {
            for datagram in inbound.datagrams().take(most) {
                assert!(!handshaking, "before the peer is known");
                from.receive(datagram.recipient(), datagram.data());
            }
            assert!(most < usize::MAX || !inbound.has_datagram());
        }
        for _ in 0..most {
            let foretold = inbound.has_answer();
            let answer = match lane {
                Lane::Owned => inbound.next_datagram().map(|answer| match answer {
                    Decoded::Datagram(datagram) => {
                        from.receive(datagram.recipient(), datagram.data());
                        Decoded::Datagram(())
                    }
                    Decoded::NeedInput => Decoded::NeedInput,
                    Decoded::End => Decoded::End,
                }),
                _ => inbound.next_datagram_ref().map(|answer| match answer {
                    Decoded::Datagram(datagram) => {
                        from.receive(datagram.recipient(), datagram.data());
                        Decoded::Datagram(())
                    }
                    Decoded::NeedInput => Decoded::NeedInput,
                    Decoded::End => Decoded::End,
                }),
            };
            assert_eq!(foretold, !matches!(answer, Ok(Decoded::NeedInput)));
            if !matches!(answer, Ok(Decoded::Datagram(()))) {
                let whole = from.frames_within(inbound.stats().bytes);
                assert_eq!(from.received, whole, "a datagram was held back");
                return self.check_ending(answer, from);
            }
            assert!(!handshaking, "before the peer is known");
        }
    }

    /// How receiving stands once everything is taken out.
    fn check_ending(&self, answer: Result<Decoded<()>, ReadError>, from: &Direction) {
        match answer {
            Err(ReadError::Io(error)) => {
                assert!(self.read_failed);
                assert_eq!(error.kind(), READ_FAILURE);
            }
            Err(error) => {
                assert!(
                    !from.is_close_carried() && self.failure.is_some(),
                    "{error}"
                );
                assert_eq!(TlsError::of_read(&error), self.failure.as_ref());
            }
            Ok(Decoded::End) => assert!(from.is_close_carried(), "the end, too early"),
            Ok(_) => {
                let over = from.is_close_carried() || self.failure.is_some() || self.read_failed;
                assert!(!over, "no end");
            }
        }
    }

    pub(crate) fn would_block(&mut self) {
        if let Some(inbound) = &mut self.inbound {
            inbound.handle_would_block();
        }
    }

    pub(crate) fn refresh_keys(&self) {
        let expected = match &self.failure {
            Some(failure) => Err(failure.clone()),
            None if self.is_handshaking() => Err(TlsError::HandshakeNotComplete),
            None => Ok(()),
        };
        assert_eq!(self.handle.refresh_keys(), expected);
    }

    pub(crate) fn finish(&mut self) {
        if let Some(outbound) = &mut self.outbound {
            outbound.finish();
            self.finished = true;
        }
    }

    pub(crate) fn fail_read(&mut self, from: &Direction) {
        if let Some(inbound) = &mut self.inbound {
            // What is known stays known.
            self.read_failed |= !from.is_close_carried() && self.failure.is_none();
            inbound.fail(READ_FAILURE.into());
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

    /// What must be true at any time.
    pub(crate) fn check(&mut self, out: &mut Direction) {
        assert_eq!(self.handle.failure(), self.failure);
        if self.failure.is_some() {
            out.die();
        }
        let handshaking = self.is_handshaking();
        assert!(!(self.established && handshaking), "the handshake, twice");
        self.established = !handshaking;
        self.check_handshake_step();
        if let Some(inbound) = &self.inbound {
            let stats = inbound.stats();
            assert!(!handshaking || stats.bytes == 0, "before the peer is known");
            assert_eq!(stats.buffered_bytes, inbound.buffered());
            assert!(!inbound.is_quiet() || inbound.buffered() == 0);
        }
        if let Some(outbound) = &self.outbound {
            let stats = outbound.stats();
            out.check_sent(&stats, &self.stats);
            assert!(!handshaking || stats.bytes == 0, "before the peer is known");
            assert_eq!((stats.writes, stats.flushes), (self.writes, self.flushes));
            let most_queued = self.most_queued.max(stats.queued_bytes);
            assert_eq!(stats.most_queued_bytes, most_queued);
            assert!(outbound.queued() <= stats.queued_bytes + MOST_CIPHERTEXT);
            assert_eq!(outbound.is_finished(), self.finished);
            self.stats = stats;
        }
    }

    fn check_handshake_step(&self) {
        let queued = self.outbound.as_ref().map_or(1, Outbound::queued);
        match self.handle.handshake_step() {
            Ok(HandshakeStep::Flush) => {
                assert!(queued > 0, "nothing to flush");
                let tickets = self.is_server && self.established && self.failure.is_none();
                assert!(!tickets, "nobody waits for tickets");
            }
            Ok(HandshakeStep::Read) => assert!(!self.established && self.failure.is_none()),
            Ok(HandshakeStep::Done) => assert!(self.established && self.failure.is_none()),
            Err(error) => assert_eq!(Some(error), self.failure),
        }
    }
}
