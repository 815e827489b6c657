//! The writing half beside the bytes that were accepted.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use connect_proto::{
    Config, ConnectDatagram, DatagramRef, EncodeError, Unsent, WriteError, WriteErrorKind,
};
use futures_sink::Sink;

use super::{Outcome, polls};
use crate::conformance::{Adapter, Writer, poll_at_most};
use crate::fuzz::choices::Choices;
use crate::hostile::Written;
use crate::{datagrams, naive};

/// As much as one input may send.
const MOST_BYTES: usize = 8000;

/// More polls than any writer needs for that, a byte at a time.
pub(super) const MOST_WRITE_POLLS: usize = 400_000;

pub(super) struct Writing<A: Adapter> {
    pub(super) writer: A::Writer,
    pub(super) accepted: Accepted,
    config: Config,
    words: Outcome,
}

/// What was accepted and what became of it.
pub(super) struct Accepted {
    pub(super) written: Written,
    bytes: Vec<u8>,
    frame_ends: Vec<usize>,
    pub(super) closing: bool,
    offered: usize,
}

impl Accepted {
    /// The next one to send.
    pub(super) fn datagram(&mut self, choices: &mut Choices<'_>) -> ConnectDatagram {
        let len = choices.len().min(700);
        let left = MOST_BYTES.saturating_sub(self.bytes.len());
        self.offered += 1;
        let recipient = self.offered as u16 * 257;
        datagrams::datagram(self.offered, recipient, len.min(left).max(1))
    }

    /// A datagram was offered, and `total` bytes are accepted now. Says whether it is among them: whole or not at all.
    pub(super) fn accepts(&mut self, datagram: &ConnectDatagram, total: usize) -> bool {
        if total == self.bytes.len() {
            return false;
        }
        let frame = naive::encode(std::slice::from_ref(datagram));
        self.bytes.extend_from_slice(&frame);
        self.frame_ends.push(self.bytes.len());
        assert_eq!(total, self.bytes.len(), "accepted in part");
        true
    }

    /// What the transport has failed with. Once it has, it is left alone.
    pub(super) fn failure(&self) -> Option<io::ErrorKind> {
        self.written.look(|record| {
            let interrupted = |kind: &&io::ErrorKind| **kind == io::ErrorKind::Interrupted;
            let mut failures = record.failures.iter().skip_while(interrupted);
            let first = failures.next();
            assert_eq!(failures.next(), None, "used after a failure");
            first.copied()
        })
    }

    /// How many bytes the transport has.
    fn written_len(&self) -> usize {
        self.written.look(|record| record.bytes.len())
    }

    pub(super) fn check_error(&self, error: &WriteError) {
        match error.kind() {
            WriteErrorKind::Refused(EncodeError::Finished) => assert!(self.closing),
            WriteErrorKind::Refused(EncodeError::DataTooLarge { len, max }) => assert!(len > max),
            WriteErrorKind::Io(reason) => {
                assert_eq!(Some(reason.kind()), self.failure());
                let unsent = error.unsent().expect("the connection is lost");
                let written = self.written_len();
                let sent = self.frame_ends.partition_point(|end| *end <= written);
                let Unsent {
                    messages, bytes, ..
                } = unsent;
                let expected = (self.frame_ends.len() - sent, self.bytes.len() - written);
                assert_eq!((messages, bytes), expected);
            }
            other => panic!("{other:?}"),
        }
    }

    /// What is true at any time.
    pub(super) fn check(&self, queued: usize) {
        self.failure();
        self.written.look(|record| {
            assert!(self.bytes.starts_with(&record.bytes));
            assert_eq!(queued, self.bytes.len() - record.bytes.len());
            if let Some(position) = record.shut_down_at.last() {
                assert!(self.closing && *position == self.bytes.len());
                assert_eq!(record.shut_down_at.len(), 1);
            }
        });
    }

    /// Whether the transport was flushed after the last byte.
    pub(super) fn is_flushed(&self) -> bool {
        self.written.look(|record| {
            let flushed = record.flushed_at.last().copied().unwrap_or_default();
            flushed == record.bytes.len()
        })
    }

    /// What is true after a flush that went well. In a queue the end may have failed since.
    pub(super) fn check_flushed(&self) {
        self.written
            .look(|record| assert!(record.bytes == self.bytes));
        assert!(self.is_flushed());
    }

    pub(super) fn check_closed(&self) {
        self.check_flushed();
        assert_eq!(self.failure(), None, "went well after a failure");
        self.written
            .look(|record| assert_eq!(record.shut_down_at, [self.bytes.len()]));
    }
}

impl<A: Adapter> Writing<A> {
    pub(super) fn new(writer: A::Writer, written: Written, config: Config) -> Self {
        Self {
            writer,
            accepted: Accepted {
                written,
                bytes: Vec::new(),
                frame_ends: Vec::new(),
                closing: false,
                offered: 0,
            },
            config,
            words: Outcome::new(),
        }
    }

    pub(super) fn apply(&mut self, operation: u8, choices: &mut Choices<'_>) {
        let polls = polls(choices, MOST_WRITE_POLLS);
        match operation % 16 {
            0..7 => self.offer(operation % 16, choices, polls),
            operation @ (7 | 8) => {
                let result = if operation == 7 {
                    poll_at_most(self.writer.ready(), polls)
                } else {
                    let writer = &mut self.writer;
                    poll_at_most(poll_fn(|cx| Pin::new(&mut *writer).poll_ready(cx)), polls)
                };
                if self.is_done(result, polls) {
                    self.check_mark(0);
                }
            }
            operation @ 9..14 => {
                let result = if operation < 12 {
                    poll_at_most(self.writer.flush(), polls)
                } else {
                    let writer = &mut self.writer;
                    poll_at_most(poll_fn(|cx| Pin::new(&mut *writer).poll_flush(cx)), polls)
                };
                if self.is_done(result, polls) {
                    self.accepted.check_flushed();
                }
            }
            operation => {
                self.accepted.closing |= polls > 0;
                let result = if operation == 14 {
                    poll_at_most(self.writer.close(), polls)
                } else {
                    let writer = &mut self.writer;
                    poll_at_most(poll_fn(|cx| Pin::new(&mut *writer).poll_close(cx)), polls)
                };
                if self.is_done(result, polls) {
                    self.accepted.check_closed();
                }
            }
        }
        self.accepted.check(self.writer.queued_bytes());
    }

    fn offer(&mut self, operation: u8, choices: &mut Choices<'_>, polls: usize) {
        let datagram = self.accepted.datagram(choices);
        let (one, writer) = (datagram.clone(), &mut self.writer);
        let result = match operation {
            0 | 1 => poll_at_most(writer.send(one), polls),
            2 => poll_at_most(writer.send_ref(DatagramRef::from(&datagram)), polls),
            3 | 4 => poll_at_most(writer.feed(one), polls),
            5 => Some(writer.push(one)),
            _ => Some(Pin::new(writer).start_send(one)),
        };
        let total = self.accepted.written_len() + self.writer.queued_bytes();
        let accepted = self.accepted.accepts(&datagram, total);
        if let Some(Err(error)) = &result {
            let returned = (!accepted && operation != 2).then_some(&datagram);
            assert_eq!(error.datagram(), returned);
        }
        if self.is_done(result, polls) {
            assert!(accepted);
            assert!(datagram.data().len() <= self.config.max_send_len());
            match operation {
                0..3 => self.accepted.check_flushed(),
                3 | 4 => self.check_mark(datagram.size()),
                _ => {}
            }
        }
    }

    /// Whether it went well. What did not is checked, and that only few polls are not enough.
    fn is_done(&mut self, result: Option<Result<(), WriteError>>, polls: usize) -> bool {
        let Some(result) = result else {
            assert!(polls < MOST_WRITE_POLLS, "wakes itself again and again");
            return false;
        };
        self.words.push(format!("{result:?}"));
        match &result {
            Ok(()) => assert_eq!(self.accepted.failure(), None, "went well after a failure"),
            Err(error) => self.accepted.check_error(error),
        }
        result.is_ok()
    }

    /// Below the mark but for the last `more` bytes.
    fn check_mark(&self, more: usize) {
        let before = self.writer.queued_bytes() - more;
        assert!(before == 0 || before < self.config.high_water_mark());
    }

    /// Closes it, and hears twice what became of it.
    pub(super) fn end(mut self) -> Outcome {
        self.accepted.closing = true;
        for _ in 0..2 {
            let result = poll_at_most(self.writer.close(), MOST_WRITE_POLLS);
            if self.is_done(result, MOST_WRITE_POLLS) {
                self.accepted.check_closed();
            }
            self.accepted.check(self.writer.queued_bytes());
        }
        self.words
            .push(format!("{:?}", self.accepted.written.record()));
        self.words
    }

    /// The writer, what it has accepted, and what was said.
    pub(super) fn into_parts(self) -> (A::Writer, Accepted, Outcome) {
        (self.writer, self.accepted, self.words)
    }
}
