//! What is done with the receiving half.

use std::io;

use connect_proto::{Decoded, ReadError};
use connect_tls::TlsError;

use super::Ours;
use crate::model::Direction;
use crate::operation::{Entry, Lane};

/// The longest block for ciphertext that is read.
const MOST_READ: usize = 64 * 1024;

/// What the transport fails with.
const READ_FAILURE: io::ErrorKind = io::ErrorKind::ConnectionReset;

impl Ours {
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
                inbound.handle_quiet_read(&ciphertext[..count], 2000, Ok(count));
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
            Entry::QuietRead => inbound.handle_quiet_read(&[0], 1, Ok(0)),
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

    pub(crate) fn fail_read(&mut self, from: &Direction) {
        if let Some(inbound) = &mut self.inbound {
            // What is known stays known.
            self.read_failed |= !from.is_close_carried() && self.failure.is_none();
            inbound.fail(READ_FAILURE.into());
        }
    }
}
