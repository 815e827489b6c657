//! An `Outbound` beside plain lists of what was pushed, taken and written.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

use bytes::Buf;
use connect_proto::{
    Config, ConnectDatagram, DatagramRef, EncodeError, Encoder, Goal, Outbound, Outbox, Step,
    WriteError, WriteErrorKind,
};
use connect_testkit::datagrams;

use crate::operation::{Fault, Operation};
use crate::stage::{END, GREETING, Known, Passing};

/// An `Outbound` beside plain lists.
pub(crate) struct Model {
    outbound: Outbound,
    stage: Option<Arc<Mutex<Known>>>,
    mark: usize,
    /// The frames of all that was accepted, and how many bytes of what they became were written.
    plain: Vec<u8>,
    pub(crate) frame_ends: Vec<usize>,
    pub(crate) written: usize,
    finished: bool,
    unflushed: bool,
    shut_down: bool,
    fault: Option<Fault>,
    broken: bool,
    transport_failure: Option<ErrorKind>,
    /// Plain bytes that count as sent.
    sent: u64,
}

impl Model {
    pub(crate) fn new(has_stage: bool, most: usize, mark: usize) -> Self {
        let config = Config::new().with_high_water_mark(mark);
        let encoder = Encoder::new(&config);
        let known = Arc::new(Mutex::new(Known {
            made: GREETING.to_vec(),
            ..Known::default()
        }));
        let mut outbox = Outbox::new();
        outbox.extend_from_slice(GREETING);
        let outbound = if has_stage {
            let stage = Passing {
                known: Arc::clone(&known),
                outbox,
                most,
            };
            Outbound::with_stage(encoder, stage)
        } else {
            Outbound::from(encoder)
        };
        Self {
            outbound,
            stage: has_stage.then_some(known),
            mark,
            plain: Vec::new(),
            frame_ends: Vec::new(),
            written: 0,
            finished: false,
            unflushed: false,
            shut_down: false,
            fault: None,
            broken: false,
            transport_failure: None,
            sent: 0,
        }
    }

    pub(crate) fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Push(len) => self.push(len, false),
            Operation::PushRef(len) => self.push(len, true),
            Operation::PushWhileReady(count, len) => self.push_while_ready(count, len),
            Operation::Step(goal, most) => drop(self.step(goal, most)),
            Operation::Finish => {
                self.outbound.finish();
                self.finished = true;
            }
            Operation::GetReady => self.tell_stage(|known| known.ready = true),
            Operation::BreakStage => self.tell_stage(|known| known.breaks = true),
            Operation::BreakTransport(fault) => self.fault = Some(fault),
        }
    }

    fn tell_stage(&self, change: impl FnOnce(&mut Known)) {
        if let Some(known) = &self.stage {
            change(&mut known.lock().unwrap());
        }
    }

    fn ask_stage<T>(&self, without: T, ask: impl FnOnce(&Known) -> T) -> T {
        match &self.stage {
            None => without,
            Some(known) => ask(&known.lock().unwrap()),
        }
    }

    fn stage_failed(&self) -> bool {
        self.ask_stage(false, |known| known.broken)
    }

    fn is_ready(&self) -> bool {
        self.ask_stage(true, |known| known.ready)
    }

    /// Plain bytes that wait in the encoder, and what waits behind it.
    fn waiting(&self) -> (usize, usize) {
        let without = (self.plain.len() - self.written.min(self.plain.len()), 0);
        self.ask_stage(without, |known| {
            let staged = known.made.len() - self.written;
            (self.plain.len() - known.taken, staged)
        })
    }

    fn push(&mut self, len: usize, by_ref: bool) {
        let datagram = datagrams::datagram(self.frame_ends.len(), 7, len);
        let result = if by_ref {
            self.outbound.push_ref(DatagramRef::from(&datagram))
        } else {
            self.outbound.push(datagram.clone())
        };
        match result {
            Ok(()) => self.accept(&datagram),
            Err(error) => {
                self.check_error(&error, self.finished);
                assert_eq!(error.into_datagram(), (!by_ref).then_some(datagram));
            }
        }
    }

    fn accept(&mut self, datagram: &ConnectDatagram) {
        assert!(!self.finished && !self.broken && !self.stage_failed());
        self.plain.extend(datagram.encode().expect("valid"));
        self.frame_ends.push(self.plain.len());
    }

    fn push_while_ready(&mut self, count: usize, len: usize) {
        let number = self.frame_ends.len();
        let all: Vec<_> = (0..count)
            .map(|nth| datagrams::datagram(number + nth, 7, len))
            .collect();
        let mut rest = all.iter().map(DatagramRef::from);
        let result = self.outbound.push_while_ready(&mut rest);
        let taken = count - rest.len();
        if let Err(error) = result {
            // Refused is the first, because none is too long.
            assert_eq!(taken, usize::from(self.finished && self.waits_for_more()));
            return self.check_error(&error, self.finished);
        }
        for datagram in &all[..taken] {
            assert!(self.waits_for_more(), "taken without room");
            self.accept(datagram);
        }
        match result.expect("no failure") {
            true => assert!(taken == count && self.waits_for_more()),
            false => assert!(!self.waits_for_more()),
        }
    }

    /// Whether there is room for a datagram, of which any length is accepted.
    fn waits_for_more(&self) -> bool {
        let (plain, staged) = self.waiting();
        let failed = self.stage_failed() || self.broken;
        !failed && staged == 0 && (plain == 0 || plain < self.mark)
    }

    fn check_error(&self, error: &WriteError, refused: bool) {
        let stats = self.outbound.stats();
        match error.kind() {
            WriteErrorKind::Refused(reason) => {
                assert!(refused && !self.stage_failed() && !self.broken);
                assert_eq!(*reason, EncodeError::Finished);
                assert_eq!(error.unsent(), None);
            }
            kind => {
                match kind {
                    WriteErrorKind::Stage(reason) => {
                        assert!(self.stage_failed());
                        assert_eq!(reason.to_string(), "broken");
                    }
                    WriteErrorKind::Io(reason) => {
                        assert_eq!(Some(reason.kind()), self.transport_failure);
                    }
                    other => panic!("{other:?}"),
                }
                let unsent = error.unsent().expect("what was not sent");
                assert_eq!(unsent.messages, stats.queued_messages);
                assert_eq!(unsent.bytes, stats.queued_bytes);
            }
        }
    }

    /// Says whether anything came of it.
    fn step(&mut self, goal: Goal, most: usize) -> bool {
        let result = self.outbound.next_step(goal);
        self.finished |= goal == Goal::Closed;
        let failed = self.stage_failed() || self.broken;
        let Some(expected) = self.expected(goal) else {
            let error = result.expect_err("it cannot go on");
            if failed {
                self.check_error(&error, false);
            } else {
                check_not_ready(&error);
            }
            return false;
        };
        assert_eq!(result.expect("no failure"), expected, "{goal:?}");
        match expected {
            Step::Write => self.write(most),
            Step::Flush => self.flush(),
            Step::ShutDown => {
                assert!(!self.shut_down);
                self.shut_down = true;
                self.outbound.handle_shut_down(Ok(())).expect("well");
            }
            Step::Done => return false,
        }
        true
    }

    /// The table of [`Outbound::next_step`], and what comes before and after a failure. `None` is an error.
    fn expected(&self, goal: Goal) -> Option<Step> {
        let (plain, staged) = self.waiting();
        let failed = self.stage_failed();
        if goal == Goal::Ready {
            return match (failed || self.broken, self.waits_for_more()) {
                (true, _) => None,
                (false, true) => Some(Step::Done),
                (false, false) => (staged > 0 || self.is_ready()).then_some(Step::Write),
            };
        }
        if self.broken {
            return None;
        }
        let bytes = if self.stage.is_some() { staged } else { plain };
        let waits = bytes == 0 && plain > 0 && !failed;
        match goal {
            _ if bytes > 0 => Some(Step::Write),
            Goal::Written if !waits && !failed => Some(Step::Done),
            _ if self.unflushed => Some(Step::Flush),
            _ if waits && goal != Goal::StageFlushed => None,
            Goal::Closed if !self.shut_down => Some(Step::ShutDown),
            _ => (!failed).then_some(Step::Done),
        }
    }

    fn write(&mut self, most: usize) {
        let outbox = match self.outbound.outbox() {
            Ok(outbox) => outbox,
            // Before a write for more room, the stage has not been asked.
            Err(error) => return self.check_error(&error, false),
        };
        let chunk = outbox.chunk().to_vec();
        assert!(!chunk.is_empty(), "there is nothing to write");
        let len = most.min(chunk.len());
        let result = match self.fault.take() {
            None => Ok(len),
            Some(Fault::Error) => Err(io::Error::from(ErrorKind::BrokenPipe)),
            Some(Fault::TakesNothing) => Ok(0),
            Some(Fault::ClaimsTooMuch) => Ok(chunk.len() + 1),
        };
        self.broken = !matches!(result, Ok(written) if written == len);
        self.transport_failure = match &result {
            Err(error) => Some(error.kind()),
            Ok(0) if self.broken => Some(ErrorKind::WriteZero),
            Ok(_) => self.broken.then_some(ErrorKind::Other),
        };
        let reported = self.outbound.handle_write(chunk.len(), result);
        if self.broken {
            let error = reported.expect_err("the transport failed");
            return self.check_error(&error, false);
        }
        reported.expect("no failure");
        let expected = self.ask_stage(self.plain.clone(), |known| known.made.clone());
        assert!(expected[self.written..].starts_with(&chunk[..len]));
        self.written += len;
        self.unflushed = true;
    }

    fn flush(&mut self) {
        let result = match self.fault.take() {
            None => Ok(()),
            Some(_) => Err(io::Error::from(ErrorKind::BrokenPipe)),
        };
        self.broken = result.is_err();
        self.transport_failure = result.as_ref().err().map(io::Error::kind);
        let reported = self.outbound.handle_flush(result);
        assert_eq!(reported.is_err(), self.broken);
        self.unflushed &= self.broken;
    }

    pub(crate) fn check(&mut self) {
        let (plain, staged) = self.waiting();
        assert_eq!(self.outbound.queued(), plain + staged);
        let stats = self.outbound.stats();
        assert_eq!(
            stats.bytes + stats.queued_bytes as u64,
            self.plain.len() as u64
        );
        // What the stage takes is sent when it holds nothing any more, unless it has failed before.
        let taken = self.ask_stage(self.plain.len() - plain, |known| known.taken);
        if staged == 0 && !self.stage_failed() {
            self.sent = taken as u64;
        }
        assert_eq!(stats.bytes, self.sent);
        let whole = self
            .frame_ends
            .partition_point(|end| *end as u64 <= stats.bytes);
        assert_eq!(stats.messages, whole as u64);
        assert_eq!(stats.queued_messages, self.frame_ends.len() - whole);
        // The stage has taken what it has made something of, in order.
        self.tell_stage(|known| {
            let made = known.made.strip_prefix(GREETING).expect("the greeting");
            assert!(made.starts_with(&self.plain[..known.taken]));
            assert!(!known.finished || known.taken == self.plain.len());
        });
    }

    /// A driver that goes on gets to the end.
    pub(crate) fn finish(&mut self) {
        self.tell_stage(|known| known.ready = true);
        let most_steps = self.plain.len() + GREETING.len() + END.len() + 10;
        for _ in 0..most_steps {
            if !self.step(Goal::Closed, usize::MAX) {
                break;
            }
            self.check();
        }
        let left = self.waiting();
        assert!(
            self.broken || self.stage_failed() || left == (0, 0),
            "{left:?}"
        );
        assert!(self.broken || (self.shut_down && !self.unflushed));
    }
}

/// The stage is to receive first. That is no failure, so nothing is lost.
fn check_not_ready(error: &WriteError) {
    assert!(matches!(error.kind(), WriteErrorKind::Stage(_)), "{error}");
    let reason = "byte stage is not ready to send: it has to receive first";
    assert_eq!(error.to_string(), reason);
    assert_eq!(error.unsent(), None);
}
