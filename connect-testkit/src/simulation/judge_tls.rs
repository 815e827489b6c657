//! What must be true at the end of a conversation with TLS.

use std::io::{self, ErrorKind};

use connect_proto::{ReadError, Unsent, WriteError, WriteErrorKind};
use connect_tls::TlsError;

use super::conversation::{Conversation, HandshakeLen, Party};
use super::flow::Ending;
use super::world::{Direction, Outcome};
use crate::naive;
use crate::tls::records;

/// The plain bytes of one direction, in records that are whole.
pub(super) struct Opened {
    /// Which the pipe took.
    pub(super) entered: Vec<u8>,
    /// Which the peer got.
    pub(super) left: Vec<u8>,
}

/// close_notify on the wire: header, level and description, content type, tag. Only other alerts are that short,
/// and those end nothing cleanly: the shortest of datagrams has 9 bytes, and a change of keys 5.
const CLOSE_NOTIFY_LEN: usize = 5 + 2 + 1 + 16;

/// So many plain bytes share a record at the most.
pub const RECORD_LEN: usize = 16 * 1024;

/// What a sender may call unsent although it is written: what was encrypted at once, until all of that is written and
/// what TLS has to say behind it.
pub const BLOCK_LEN: usize = 4 * RECORD_LEN;

impl Outcome {
    /// Panics unless a conversation with TLS came to the end that it must have. `opened` is what went up and down.
    pub(super) fn judge_tls(
        &self,
        plan: &Conversation,
        handshake: HandshakeLen,
        opened: [&Opened; 2],
    ) {
        let Self { up, down, .. } = self;
        up.judge_handshake(down, handshake.down);
        down.judge_handshake(up, handshake.up);
        up.judge_tls_receiver(down, &opened[0].left);
        down.judge_tls_receiver(up, &opened[1].left);
        up.judge_tls_sender(down, &opened[0].entered, most_twice(&plan.client));
        down.judge_tls_sender(up, &opened[1].entered, most_twice(&plan.server));
        self.judge_uncut();
    }
}

impl Direction {
    /// It fails for what the network did, which must be enough for that. `expected` is how long the handshake of the
    /// peer is.
    fn judge_handshake(&self, back: &Self, expected: usize) {
        let Some(error) = &self.books.no_connection else {
            return;
        };
        let (told_writer, told_reader) = (self.record.writer_told, back.record.reader_told);
        assert!(
            self.record.is_cut || back.record.is_cut,
            "no cut, and {error}"
        );
        assert!(
            told_writer.is_some() || back.record.left < expected,
            "the handshake was here, and {error}"
        );
        let mut tls = error.downcast_ref::<TlsError>();
        if let Some(error) = error.downcast_ref::<WriteError>() {
            if let WriteErrorKind::Io(error) = error.kind() {
                return assert_eq!(told_writer, Some(error.kind()));
            }
            tls = TlsError::of_write(error);
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            return assert_eq!(told_reader, Some(Ending::Reset));
        }
        assert_eq!(tls, Some(&TlsError::Truncated { handshaking: true }));
        assert_eq!(told_reader, Some(Ending::End));
    }

    /// It has exactly what is whole of what `left` the pipe. A clean end is what the peer says by close_notify, behind
    /// everything else, and nothing but that.
    fn judge_tls_receiver(&self, back: &Self, left: &[u8]) {
        let Self { record, books } = self;
        // Whoever sends back is who receives here.
        assert_eq!(
            books.receiving.is_empty(),
            back.books.no_connection.is_some()
        );
        self.judge_received(&naive::parse(left, usize::MAX).messages);
        let all_came = record.left == record.entered.len();
        for receiving in &books.receiving {
            match receiving {
                Ok(()) => {
                    assert!(all_came, "a clean end before the end");
                    let last = records(&record.entered).pop().expect("a handshake");
                    assert_eq!(last.bytes.len(), CLOSE_NOTIFY_LEN, "no close_notify");
                    let missing: usize = books.lanes.iter().map(|lane| lane.missing()).sum();
                    assert_eq!(missing, 0, "datagrams before a clean end");
                    continue;
                }
                Err(ReadError::Io(error)) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                    assert_eq!(record.reader_told, Some(Ending::Reset));
                }
                Err(error) => {
                    let truncated = TlsError::Truncated { handshaking: false };
                    assert_eq!(TlsError::of_read(error), Some(&truncated));
                    assert_eq!(record.reader_told, Some(Ending::End));
                }
            }
            let closed = matches!(books.sending, Some(Ok(()))) && all_came;
            assert!(!closed, "no clean end, although all came");
        }
    }

    /// Its account of what was not sent is that of the records which the pipe took whole.
    fn judge_tls_sender(&self, back: &Self, entered: &[u8], most_twice: usize) {
        let Self { record, books } = self;
        let Some(sending) = &books.sending else {
            assert!(books.no_connection.is_some(), "the sender never ended");
            return self.check_account(entered, Unsent::default(), 0);
        };
        let unsent = match sending {
            Ok(()) => self.judge_success(entered),
            Err(failure) => {
                match failure.io {
                    Some(kind) => assert_eq!(record.writer_told, Some(kind)),
                    None => assert_eq!(back.record.reader_told, Some(Ending::End), "{failure:?}"),
                }
                failure.unsent
            }
        };
        self.check_account(entered, unsent, most_twice);
        self.check_told();
    }
}

/// How many bytes a sender may call unsent that are written: none if it flushes one record after the other.
fn most_twice(party: &Party) -> usize {
    let is_record_by_record = party.is_simple && !party.sends_by_queue;
    if is_record_by_record && party.longest_frame() <= RECORD_LEN {
        0
    } else {
        BLOCK_LEN
    }
}
