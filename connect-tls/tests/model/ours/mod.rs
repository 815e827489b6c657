//! The crate under test as a side: its halves as an adapter drives them, with what must be true of each.

mod receiving;
mod sending;

use connect_proto::{Goal, Inbound, Outbound, SendStats};
use connect_tls::{HandshakeStep, TlsConnection, TlsError, TlsHandle};

use crate::model::Direction;
use crate::operation::Entry;

/// The most ciphertext at a time: four records of data and what TLS adds to them, or the handshake with a few
/// messages about keys.
const MOST_CIPHERTEXT: usize = MOST_STAGED + MOST_OWN_WORDS;

/// Plain bytes that are encrypted at once, and what TLS adds to them or says itself.
const MOST_STAGED: usize = 64 * 1024;
const MOST_OWN_WORDS: usize = 8 * 1024;

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

    /// The next step of the handshake, done as it says.
    pub(crate) fn shake_hands(&mut self, from: &mut Direction, out: &mut Direction) {
        match self.handle.handshake_step().expect("well") {
            HandshakeStep::Flush => while self.step(Goal::StageFlushed, 1000, out) {},
            HandshakeStep::Read => self.carry(Entry::Read, 1000, from),
            HandshakeStep::Done => {}
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
            assert!(outbound.queued() <= stats.queued_bytes + MOST_OWN_WORDS);
            assert!(stats.queued_bytes <= outbound.queued() + MOST_STAGED);
            let is_dead = self.failure.is_some();
            assert!(outbound.queued() > 0 || stats.queued_bytes == 0 || is_dead);
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
