//! What must be true at the end of a conversation.

use std::io::ErrorKind;

use connect_proto::{ConnectDatagram, ReadError};

use super::conversation::Conversation;
use super::flow::Ending;
use super::ledger::Fate;
use super::world::{Direction, Outcome};
use crate::naive::{self, Message};

impl Outcome {
    /// Panics unless a conversation without TLS came to the end that it must have.
    pub(crate) fn judge_plain(&self, plan: &Conversation) {
        let limits = [&plan.server, &plan.client].map(|party| party.config.max_receive_len());
        for (direction, limit) in [(&self.up, limits[0]), (&self.down, limits[1])] {
            direction.judge_plain_receiver(limit);
            direction.judge_plain_sender();
        }
        self.judge_uncut();
    }

    /// Without a cut everything arrives, and everybody is content.
    pub(crate) fn judge_uncut(&self) {
        if self.up.record.is_cut || self.down.record.is_cut {
            return;
        }
        for Direction { record, books } in [&self.up, &self.down] {
            assert!(books.no_connection.is_none(), "no connection");
            assert!(matches!(books.sending, Some(Ok(()))), "{:?}", books.sending);
            assert!(books.told.is_empty(), "{:?}", books.told);
            assert!(!books.receiving.is_empty());
            for receiving in &books.receiving {
                assert!(receiving.is_ok(), "{receiving:?}");
            }
            let missing: usize = books.lanes.iter().map(|lane| lane.missing()).sum();
            assert_eq!(missing, 0, "datagrams that did not come");
            assert_eq!(record.left, record.entered.len());
        }
    }
}

impl Direction {
    /// It has exactly what is whole of what left the pipe, and says how that ended.
    fn judge_plain_receiver(&self, limit: usize) {
        let Self { record, books } = self;
        let parsed = naive::parse(&record.entered[..record.left], limit);
        if books.receiving.len() == 1 {
            same(books.received.iter(), parsed.messages.iter());
        }
        for lane in 0..books.lanes.len() as u16 {
            let received = books.received.iter();
            let messages = parsed.messages.iter();
            same(
                received.filter(|datagram| datagram.recipient() == lane),
                messages.filter(|message| message.recipient == lane),
            );
        }
        assert!(!books.receiving.is_empty(), "the receiver never ended");
        for receiving in &books.receiving {
            match (record.reader_told, receiving, parsed.verdict) {
                (Some(Ending::End), Ok(()), Ok(())) => {}
                (Some(Ending::End), Err(ReadError::Protocol(error)), Err(expected)) => {
                    assert_eq!(*error, expected);
                }
                (Some(Ending::Reset), Err(ReadError::Io(error)), _) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                }
                ending => panic!("not the end that it has: {ending:?}"),
            }
        }
    }

    /// Its account of what was not sent is that of the bytes which the pipe took.
    fn judge_plain_sender(&self) {
        let Self { record, books } = self;
        let parsed = naive::parse(&record.entered, usize::MAX);
        match books.sending.as_ref().expect("the sender never ended") {
            Ok(()) => {
                assert!(record.shut_down, "not ended");
                assert_eq!(
                    record.writer_told, None,
                    "a failure that nobody has heard of"
                );
                assert_eq!(parsed.verdict, Ok(()));
                self.check_account(parsed.messages.len(), record.entered.len());
            }
            Err(failure) => {
                assert_eq!(failure.io, Some(record.writer_told.expect("a reason")));
                let messages = parsed.messages.len() + failure.unsent.messages;
                let bytes = record.entered.len() + failure.unsent.bytes;
                self.check_account(messages, bytes);
            }
        }
        self.check_told();
    }

    /// So many were accepted, sent or not.
    fn check_account(&self, messages: usize, bytes: usize) {
        let (accepted, perhaps) = self.accepted();
        let range = accepted.0..=accepted.0 + perhaps.0;
        assert!(
            range.contains(&messages),
            "{messages} messages, not {range:?}"
        );
        let range = accepted.1..=accepted.1 + perhaps.1;
        assert!(range.contains(&bytes), "{bytes} bytes, not {range:?}");
    }

    /// Datagrams and bytes that were accepted for certain, and those that may have been.
    pub(crate) fn accepted(&self) -> ((usize, usize), (usize, usize)) {
        let (mut accepted, mut perhaps) = ((0, 0), (0, 0));
        for (datagram, fate) in self.books.lanes.iter().flat_map(|lane| &lane.entries) {
            let sum = match fate {
                Fate::Accepted => &mut accepted,
                Fate::GivenUp => &mut perhaps,
                Fate::Refused => continue,
                Fate::Offered => panic!("a sender does not know what became of a datagram"),
            };
            sum.0 += 1;
            sum.1 += datagram.size();
        }
        (accepted, perhaps)
    }

    /// Whoever sent through a queue was told the same as the driver.
    pub(crate) fn check_told(&self) {
        for told in &self.books.told {
            let Some(Err(failure)) = &self.books.sending else {
                panic!("a failure that the driver has not heard of: {told:?}");
            };
            assert_eq!(told, failure);
        }
    }
}

fn same<'a>(
    received: impl Iterator<Item = &'a ConnectDatagram>,
    expected: impl Iterator<Item = &'a Message>,
) {
    let mut received = received;
    for message in expected {
        let Some(datagram) = received.next() else {
            panic!("{} bytes were whole and not handed out", message.data.len());
        };
        assert_eq!(datagram.recipient(), message.recipient);
        assert!(*datagram.data() == message.data, "other data");
    }
    assert!(received.next().is_none(), "more than was whole");
}
