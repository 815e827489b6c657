//! What must be true at the end of a conversation.

use std::io::ErrorKind;

use connect_proto::{ConnectDatagram, ReadError, Unsent};

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
        self.judge_received(&parsed.messages);
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

    /// These came and nothing else, in this order, or each lane in this order.
    pub(crate) fn judge_received(&self, expected: &[Message]) {
        let books = &self.books;
        if books.receiving.len() == 1 {
            same(books.received.iter(), expected.iter());
        }
        for lane in 0..books.lanes.len() as u16 {
            let received = books.received.iter();
            same(
                received.filter(|datagram| datagram.recipient() == lane),
                expected.iter().filter(|message| message.recipient == lane),
            );
        }
    }

    /// Its account of what was not sent is that of the bytes which the pipe took.
    fn judge_plain_sender(&self) {
        let Self { record, books } = self;
        let unsent = match books.sending.as_ref().expect("the sender never ended") {
            Ok(()) => self.judge_success(&record.entered),
            Err(failure) => {
                assert_eq!(failure.io, Some(record.writer_told.expect("a reason")));
                failure.unsent
            }
        };
        self.check_account(&record.entered, unsent, 0);
        self.check_told();
    }

    /// The plain bytes that `entered` end well, and so does the pipe. Nothing is left unsent.
    pub(crate) fn judge_success(&self, entered: &[u8]) -> Unsent {
        let record = &self.record;
        assert!(record.shut_down, "not ended");
        assert_eq!(
            record.writer_told, None,
            "a failure that nobody has heard of"
        );
        assert_eq!(naive::parse(entered, usize::MAX).verdict, Ok(()));
        Unsent::default()
    }

    /// What was accepted is among the plain bytes that `entered`, or `unsent`, or both: up to `most_twice` bytes of it
    /// at the end of those that entered.
    pub(crate) fn check_account(&self, entered: &[u8], unsent: Unsent, most_twice: usize) {
        let (accepted, perhaps) = self.accepted();
        let counted = entered.len() + unsent.bytes;
        assert!(
            accepted.1 <= counted,
            "{counted} bytes are counted, {} were accepted",
            accepted.1
        );
        let most_twice = most_twice.min(entered.len()).min(unsent.bytes);
        let twice = counted.saturating_sub(accepted.1 + perhaps.1);
        let most_twice = most_twice.min(counted - accepted.1);
        assert!(
            twice <= most_twice,
            "{twice} bytes are counted twice; the bound is {most_twice}"
        );
        let counted = |twice| {
            let sent = naive::parse(&entered[..entered.len() - twice], usize::MAX);
            sent.messages.len() + unsent.messages
        };
        let (most, least) = (counted(twice), counted(most_twice));
        assert!(
            accepted.0 <= most && least <= accepted.0 + perhaps.0,
            "{least} to {most} messages are counted, not {accepted:?} and perhaps {perhaps:?}"
        );
    }

    /// Datagrams and bytes that were accepted for certain, and those that may have been.
    fn accepted(&self) -> ((usize, usize), (usize, usize)) {
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
