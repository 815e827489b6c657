//! A peer that sends what no peer would.

use crate::datagrams;
use crate::fuzz::choices::Choices;
use crate::naive;
use crate::tls::{
    Buffered, Endpoint, Forger, Handshake, MOST_REFRESHES, Secrets, Staged, alert_of, key_update,
    log_client, log_server, reproducible, session_ticket,
};

use super::mutation::mutate;
use super::twins::Twins;

/// To keep a case short.
const MAX_STEPS: usize = 100;
const MAX_PIECES: usize = 300;

/// More than this of one message and its records is refused: 128 KiB as documented, and a read.
const MAX_IN_PARTS: usize = 192 * 1024;

/// A handshake takes fewer.
const MAX_ROUNDS: usize = 10;

/// A client or a server of ours, before, in and after its handshake, gets bytes of chance, records of a peer
/// that were changed on their way, and records that are encrypted well but forbidden. The oracle is in the same
/// role, gets the same bytes and knows the same secrets: both must receive the same, say the same (so the same
/// alerts), and fail for the same reason. `held` is how many bytes the allocator has given out.
///
/// # Panics
///
/// On a finding.
pub fn tls_hostile(input: &[u8], held: impl Fn() -> usize) {
    let mut choices = Choices::new(input);
    let mut hostile = Hostile::new(&mut choices, held);
    for _ in 0..MAX_STEPS {
        if choices.are_over() {
            break;
        }
        hostile.step(&mut choices);
    }
    hostile.twins.check_to_the_end();
}

struct Hostile<Held> {
    twins: Twins<Held>,
    peer: Buffered,
    peer_closed: bool,
    /// Writes what the peer sends, from the end of the handshake on.
    forger: Option<Forger>,
    has_key_updates: bool,
    refreshes: usize,
    sent: usize,
}

impl<Held: Fn() -> usize> Hostile<Held> {
    fn new(choices: &mut Choices<'_>, held: Held) -> Self {
        let handshake = choices.one_of(&Handshake::ALL);
        let entry = choices.one_of(&Staged::ENTRIES);
        let style = choices.byte();
        let is_client = style & 0x80 > 0;
        let secrets = Secrets::new();
        let (client, server) = reproducible(handshake);
        let (twins, peer) = if is_client {
            let peer = Buffered::server(log_server(&server, &secrets));
            (Twins::clients(&client, entry, held), peer)
        } else {
            let peer = Buffered::client(log_client(&client, &secrets), "localhost");
            (Twins::servers(&server, entry, held), peer)
        };
        let mut hostile = Self {
            twins,
            peer,
            peer_closed: false,
            forger: None,
            has_key_updates: handshake.is_tls13(),
            refreshes: 0,
            sent: 0,
        };
        let is_forged = style % 3 == 2 && handshake.is_tls13();
        if style % 3 > 0 {
            hostile.establish();
        }
        if is_forged {
            let forger = match is_client {
                true => secrets.forge_server(),
                false => secrets.forge_client(),
            };
            hostile.forger = Some(forger);
        }
        hostile
    }

    fn establish(&mut self) {
        for _ in 0..MAX_ROUNDS {
            let flight = self.peer.take();
            self.twins.give(&flight);
            self.answer();
        }
        assert!(!self.twins.is_handshaking() && !self.peer.is_handshaking());
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() % 16 {
            0 => {
                let len = choices.byte();
                self.twins.give(choices.bytes(len.into()));
            }
            1 => {
                let content_type = choices.byte();
                let len = choices.byte();
                let body = choices.bytes(len.into());
                let header = [content_type, 3, 3, 0, body.len() as u8];
                self.twins.give(&[&header, body].concat());
            }
            2 => self.peer_sends(1 + usize::from(choices.byte())),
            3 => self.peer_sends(1 + choices.number()),
            4 => self.peer_refreshes(),
            5 => self.peer_closes(),
            6 => self.carry(choices),
            7 => {
                self.twins.send(1 + usize::from(choices.byte()));
                self.answer();
            }
            8 => {
                if self.refreshes < MOST_REFRESHES {
                    self.refreshes += 1;
                    match self.forger {
                        None => self.twins.refresh_keys(self.has_key_updates),
                        Some(_) => self.twins.refresh_own_keys(),
                    }
                }
            }
            9 => self.twins.handle_would_block(),
            10 => {
                let content_type = choices.byte();
                let len = choices.byte();
                self.forge(content_type, choices.bytes(len.into()));
            }
            11 => {
                let message = key_update(choices.byte() % 2 > 0);
                self.forge_in_parts(&message, choices);
                if let Some(forger) = &mut self.forger {
                    forger.change_keys();
                }
            }
            12 => {
                // With a record to each byte too long, and not much longer than that.
                let message = session_ticket(choices.number() as u16 % 10_000);
                self.forge_in_parts(&message, choices);
            }
            13 => {
                let frames = self.frames(1 + usize::from(choices.byte()));
                self.forge(23, &frames);
            }
            14 => {
                let len = choices.byte();
                let message = choices.bytes(len.into());
                self.forge_in_parts(message, choices);
            }
            _ => self.answer(),
        }
        self.answer();
    }

    fn frames(&mut self, len: usize) -> Vec<u8> {
        self.sent += 1;
        naive::encode(&[datagrams::datagram(self.sent, 9, len)])
    }

    /// Whether the peer is one that sends by itself.
    fn peer_speaks(&self) -> bool {
        self.forger.is_none() && !self.peer_closed && self.peer.failure().is_none()
    }

    fn peer_sends(&mut self, len: usize) {
        if self.peer_speaks() {
            let frames = self.frames(len);
            self.peer.write(&frames);
        }
    }

    fn peer_refreshes(&mut self) {
        let is_possible = self.has_key_updates && !self.peer.is_handshaking();
        if is_possible && self.refreshes < MOST_REFRESHES && self.peer_speaks() {
            self.refreshes += 1;
            self.peer.refresh_keys();
        }
    }

    fn peer_closes(&mut self) {
        if !self.peer.is_handshaking() && self.peer_speaks() {
            self.peer.close();
            self.peer_closed = true;
        }
    }

    /// What the peer has to say, changed and in pieces.
    fn carry(&mut self, choices: &mut Choices<'_>) {
        if self.forger.is_some() {
            return;
        }
        let mut words = self.peer.take();
        let piece_len = usize::from(choices.byte());
        mutate(&mut words, choices);
        let piece_len = match piece_len {
            0 => words.len(),
            len => len.max(words.len() / MAX_PIECES),
        };
        for piece in words.chunks(piece_len.max(1)) {
            self.twins.give(piece);
            self.answer();
        }
    }

    /// What both say, for the peer. In a build with debug assertions rustls does not survive a fault behind its own
    /// close_notify.
    fn answer(&mut self) {
        let words = self.twins.take();
        if !(self.peer_closed && self.twins.is_failed()) {
            self.peer.give(&words);
        }
        // A peer whose words are forged still reads ours: it fails only when ours has failed and says so.
        if self.forger.is_some() {
            let failure = self.peer.failure();
            let is_told = alert_of(failure).is_some();
            assert!(
                is_told || failure.is_none(),
                "refused by the peer: {failure:?}"
            );
            assert!(
                !is_told || self.twins.is_failed(),
                "an alert without a failure"
            );
        }
    }

    fn forge(&mut self, content_type: u8, content: &[u8]) {
        if let Some(forger) = &mut self.forger {
            let record = forger.record(content_type.into(), content);
            self.twins.give(&record);
        }
    }

    fn forge_in_parts(&mut self, message: &[u8], choices: &mut Choices<'_>) {
        let part_len = 1 + usize::from(choices.byte());
        let sends_between = choices.byte() % 2 > 0;
        let Some(forger) = &mut self.forger else {
            return;
        };
        let mut parts = forger.in_parts(message, part_len);
        if sends_between {
            for part in parts.drain(..parts.len().min(MAX_PIECES)) {
                self.twins.give(&part);
                self.twins.send(10);
                self.answer();
            }
        }
        let rest = parts.concat();
        self.twins.give(&rest);
        // Behind close_notify nothing is looked at.
        let is_over = self.twins.is_failed() || self.twins.is_closed();
        assert!(is_over || rest.len() <= MAX_IN_PARTS);
    }
}
