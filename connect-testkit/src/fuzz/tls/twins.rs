//! The crate under test and the oracle in the same role, fed the same bytes.

use std::fmt::Debug;
use std::sync::Arc;

use connect_proto::{DecodeError, ReadError};
use connect_tls::TlsError;
use connect_tls::rustls::{ClientConfig, ServerConfig};

use crate::datagrams;
use crate::memory_bound::MemoryBound;
use crate::naive::{self, Message};
use crate::plan::Entry;
use crate::tls::{Buffered, Ending, Endpoint, Staged};

/// What ours may hold beside datagrams that were received, what its decoder holds and what is queued: handshake messages in
/// parts, which are kept twice while their buffer grows, and a block of ciphertext. As documented.
const MAX_HELD: usize = 3 * 128 * 1024 + 64 * 1024;

/// What rustls keeps of each server for a client: eight tickets, each with the certificates of the server. None here is
/// longer.
const MOST_SESSIONS: usize = 8 * (MOST_TICKET + MOST_CERTIFICATES);
const MOST_TICKET: usize = 10 * 1024;
const MOST_CERTIFICATES: usize = 48 * 1024;

/// The crate under test and the oracle in the same role, fed the same bytes. Nothing in them is left to chance,
/// so they must say the same, byte for byte, and end for the same reason.
pub(super) struct Twins<Held> {
    ours: Staged,
    oracle: Buffered,
    /// The oracle cannot follow any more.
    is_alone: bool,
    /// What the configuration may keep: of a client the sessions with its server.
    most_kept: usize,
    /// The oracle says something else from here on.
    has_own_words: bool,
    /// What the allocator has given to anybody.
    held: Held,
    held_by_ours: usize,
    decoder: MemoryBound,
    sent: usize,
}

impl<Held: Fn() -> usize> Twins<Held> {
    pub(super) fn clients(config: &Arc<ClientConfig>, entry: Entry, held: Held) -> Self {
        let (ours, oracle) = (Arc::clone(config), Arc::clone(config));
        let before = held();
        let ours = Staged::client(ours, "localhost").with_entry(entry);
        let held_by_ours = held().saturating_sub(before);
        Self {
            most_kept: MOST_SESSIONS,
            ..Self::new(
                ours,
                Buffered::client(oracle, "localhost"),
                held,
                held_by_ours,
            )
        }
    }

    pub(super) fn servers(config: &Arc<ServerConfig>, entry: Entry, held: Held) -> Self {
        let before = held();
        let ours = Staged::server(config).with_entry(entry);
        let held_by_ours = held().saturating_sub(before);
        Self::new(
            ours,
            Buffered::server(Arc::clone(config)),
            held,
            held_by_ours,
        )
    }

    fn new(ours: Staged, oracle: Buffered, held: Held, held_by_ours: usize) -> Self {
        let block_len = ours.inbound.read_block_len();
        Self {
            ours,
            oracle,
            is_alone: false,
            most_kept: 0,
            has_own_words: false,
            held,
            held_by_ours,
            decoder: MemoryBound::new(block_len),
            sent: 0,
        }
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.ours.handle.is_handshaking()
    }

    pub(super) fn is_failed(&self) -> bool {
        self.ours.handle.failure().is_some()
    }

    /// Whether the peer has said close_notify, be it within a datagram.
    pub(super) fn is_closed(&mut self) -> bool {
        matches!(
            self.ours.ending(),
            Ending::Clean | Ending::Failed(ReadError::Protocol(DecodeError::UnexpectedEof { .. }))
        )
    }

    /// Something is done to ours, whose memory is counted.
    fn with_ours<T>(&mut self, work: impl FnOnce(&mut Staged) -> T) -> T {
        let before = (self.held)();
        let value = work(&mut self.ours);
        let after = (self.held)();
        self.held_by_ours = (self.held_by_ours + after).saturating_sub(before);
        self.decoder.note(self.ours.inbound.buffered());
        value
    }

    /// Bytes for both.
    pub(super) fn give(&mut self, bytes: &[u8]) {
        self.with_ours(|ours| ours.give(bytes));
        if !self.is_alone {
            self.oracle.give(bytes);
        }
        self.check();
    }

    /// What both say, which is the same.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let said = self.with_ours(Staged::take);
        self.held_by_ours = self.held_by_ours.saturating_sub(said.capacity());
        let is_same = said == self.oracle.take();
        assert!(
            is_same || self.is_alone || self.has_own_words,
            "other words"
        );
        said
    }

    /// Both send a datagram, unless their handshake is under way: what waits for its end shares records at ours
    /// alone.
    pub(super) fn send(&mut self, len: usize) {
        if self.is_handshaking() {
            return;
        }
        let index = self.sent;
        self.sent += 1;
        // Each has one of its own, so that it is clear whose memory that is.
        let datagram = || datagrams::datagram(index, 7, len);
        let is_accepted = self.with_ours(|ours| ours.outbound.push(datagram()).is_ok());
        assert!(is_accepted || self.is_failed());
        if !self.is_failed() && !self.is_alone {
            self.oracle.send(&[datagram()]);
        }
    }

    /// Both change their keys: after the handshake, as long as nothing has failed, and if the version of TLS can.
    pub(super) fn refresh_keys(&mut self, version_can: bool) {
        if self.refresh_ours(version_can) && !self.is_alone {
            self.oracle.refresh_keys();
        }
    }

    fn refresh_ours(&mut self, version_can: bool) -> bool {
        let is_possible = version_can && !self.is_handshaking() && !self.is_failed();
        let is_done = self.with_ours(|ours| ours.handle.refresh_keys().is_ok());
        assert_eq!(is_done, is_possible, "a change of keys");
        is_done
    }

    /// Ours changes its keys. While a part of a message is here, the oracle takes that for a fault of the peer.
    pub(super) fn refresh_own_keys(&mut self) {
        self.refresh_ours(true);
        self.has_own_words = true;
    }

    pub(super) fn handle_would_block(&mut self) {
        self.with_ours(|ours| ours.inbound.handle_would_block());
        if self.ours.inbound.buffered() == 0 {
            self.decoder.reset();
        }
    }

    /// Both have received the same and stand the same.
    fn check(&mut self) {
        // Datagrams that are taken out become ours; what the answer holds does not.
        self.with_ours(|ours| drop(ours.ending()));
        let ending = self.ours.ending();
        let failure = self.ours.handle.failure();
        let is_too_long = matches!(failure, Some(TlsError::HandshakeMessageTooLong { .. }));
        // Each has a limit of its own for messages in parts.
        self.is_alone |= is_too_long || self.oracle.is_overfull();
        if !self.is_alone {
            let parsed = naive::parse(self.oracle.plain(), usize::MAX);
            assert!(self.ours.received() == parsed.messages, "other datagrams");
            let expected = self.oracle.failure().cloned().map(TlsError::Rustls);
            assert_same(&failure, &expected);
            match (parsed.verdict, ending) {
                (Err(error), Ending::Failed(ReadError::Protocol(protocol))) => {
                    assert_eq!(protocol, error);
                    let is_cut = matches!(error, DecodeError::UnexpectedEof { .. });
                    assert!(!is_cut || self.oracle.is_peer_closed());
                }
                (Ok(()) | Err(DecodeError::UnexpectedEof { .. }), Ending::Open) => {
                    assert!(expected.is_none() && !self.oracle.is_peer_closed());
                }
                (Ok(()), Ending::Clean) => assert!(self.oracle.is_peer_closed()),
                (Ok(()) | Err(DecodeError::UnexpectedEof { .. }), ending) => {
                    assert_same(&ending.tls_error(), &expected);
                }
                (Err(error), ending) => panic!("{ending:?} instead of {error:?}"),
            }
        }
        self.check_held();
    }

    fn check_held(&mut self) {
        let received: usize = self
            .ours
            .received()
            .iter()
            .map(|message| message.data.len() + 2 * size_of::<Message>())
            .sum();
        let decoder = self.decoder.bound(self.ours.inbound.buffered());
        let queued = 2 * self.ours.outbound.queued();
        let allowed = MAX_HELD + self.most_kept + received + decoder + queued;
        assert!(
            self.held_by_ours <= allowed,
            "{} bytes instead of {allowed}",
            self.held_by_ours
        );
    }

    /// The transport ends: without close_notify before, or after a failure, nothing is of any use any more.
    pub(super) fn check_to_the_end(&mut self) {
        self.take();
        let handshaking = self.is_handshaking();
        let earlier = self.ours.handle.failure();
        let received = self.ours.received().len();
        for _ in 0..2 {
            self.with_ours(Staged::finish);
            let failure = self.ours.handle.failure();
            let ending = self.ours.ending();
            match (&ending, &failure) {
                (Ending::Failed(ReadError::Protocol(_)), _) | (Ending::Clean, None) => {}
                (_, Some(_)) => assert_same(&ending.tls_error(), &failure),
                (_, None) => panic!("{ending:?}"),
            }
            match (&earlier, &failure) {
                (None, None) => assert!(self.is_alone || self.oracle.is_peer_closed()),
                (None, Some(error)) => {
                    assert_eq!(*error, TlsError::Truncated { handshaking });
                    assert!(self.is_alone || !self.oracle.is_peer_closed());
                }
                (Some(_), _) => assert_same(&earlier, &failure),
            }
            if let Some(error) = &failure {
                self.with_ours(|ours| check_dead(ours, error));
            }
            self.check_held();
        }
        assert_eq!(
            self.ours.received().len(),
            received,
            "received after the end"
        );
    }
}

/// A failed connection says nothing any more, and the same to whoever asks.
fn check_dead(ours: &mut Staged, error: &TlsError) {
    let _ = ours.outbound.push(datagrams::datagram(0, 1, 1));
    ours.outbound.finish();
    assert!(ours.take().is_empty(), "words after the last ones");
    assert_same(&ours.handle.handshake_step().err(), &Some(error));
    assert_same(&ours.handle.refresh_keys().err(), &Some(error));
    if let Err(refused) = ours.outbound.outbox() {
        assert_same(&TlsError::of_write(&refused), &Some(error));
    }
    ours.give(&[23, 3, 3, 0, 20]);
    ours.give(&[0; 400]);
}

/// Both failures say the same. They are compared as text: what is wrong with a certificate may be an `OtherError`
/// of rustls, which equals nothing, not even itself.
#[track_caller]
fn assert_same(left: &impl Debug, right: &impl Debug) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"), "another failure");
}
