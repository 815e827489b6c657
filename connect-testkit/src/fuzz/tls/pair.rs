//! Two sides that behave, and a transport that cuts.

use crate::datagrams;
use crate::fuzz::choices::Choices;
use crate::naive::Message;
use crate::tls::{Buffered, Endpoint, Handshake, MOST_REFRESHES, Pair, Staged, reproducible};

use super::line::Line;
use super::party::Party;

/// To keep a case short.
const MAX_STEPS: usize = 400;
const MAX_SENT: usize = 300_000;

/// A client has a flight to answer and a server its tickets; a close of both takes one more.
const MAX_ROUNDS: usize = 10;

/// Two sides of a TLS connection, at least one of them ours, that send, write in part, receive in part, change
/// keys, close and are cut off, in any order, the handshake included. What arrives is always the front of what
/// was sent, all of it if the transport has moved everything; an end is clean only if the peer has made it, and
/// a truncation if the transport was cut.
///
/// # Panics
///
/// On a finding.
pub fn tls_pair(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mut connection = Connection::new(&mut choices);
    for _ in 0..MAX_STEPS {
        if choices.are_over() {
            break;
        }
        connection.step(&mut choices);
    }
    connection.check_to_the_end();
}

struct Connection {
    parties: [Party; 2],
    /// From the client, and from the server.
    lines: [Line; 2],
    has_key_updates: bool,
    refreshes: [usize; 2],
    sent: usize,
}

impl Connection {
    fn new(choices: &mut Choices<'_>) -> Self {
        let handshake = choices.one_of(&Handshake::ALL);
        let (client, server) = reproducible(handshake);
        let style = choices.byte();
        if style & 0x80 > 0 {
            // The handshake to come resumes this one.
            let first = Staged::client(client.clone(), "localhost");
            let mut first = Pair::established(first, Staged::server(&server));
            first.server.close();
            first.run();
        }
        let our_client = |client, entry| {
            let staged = Staged::client(client, "localhost").with_entry(entry);
            Party::Ours(Box::new(staged))
        };
        let entries = [
            choices.one_of(&Staged::ENTRIES),
            choices.one_of(&Staged::ENTRIES),
        ];
        let our_server = |entry| Party::Ours(Box::new(Staged::server(&server).with_entry(entry)));
        let parties = match style % 3 {
            0 => [our_client(client, entries[0]), our_server(entries[1])],
            1 => {
                let oracle = Buffered::server(server.clone());
                [
                    our_client(client, entries[0]),
                    Party::Oracle(Box::new(oracle)),
                ]
            }
            _ => {
                let oracle = Buffered::client(client, "localhost");
                [Party::Oracle(Box::new(oracle)), our_server(entries[1])]
            }
        };
        Self {
            parties,
            lines: Default::default(),
            has_key_updates: handshake.is_tls13(),
            refreshes: [0; 2],
            sent: 0,
        }
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        let step = choices.byte();
        let side = usize::from(step >> 7);
        match step % 12 {
            0 => self.send(side, 1 + usize::from(choices.byte())),
            1 => self.send(side, 1 + choices.number()),
            2 => {
                let len = 1 + usize::from(choices.byte());
                for _ in 0..choices.byte() {
                    self.send(side, len);
                }
            }
            3 => drop(self.write(side, 1 + choices.number())),
            4 => drop(self.deliver(side, 1 + usize::from(choices.byte()))),
            5 => drop(self.deliver(side, 1 + choices.number())),
            6 => drop(self.exchange()),
            7 => self.refresh_keys(side),
            8 => self.close(side),
            9 => self.cut(side),
            10 => self.parties[side].handle_would_block(),
            _ => self.lines[1 - side].check(&mut self.parties[side]),
        }
    }

    fn send(&mut self, side: usize, len: usize) {
        let line = &mut self.lines[side];
        let is_over = matches!(self.parties[side], Party::Oracle(_)) && line.is_closed();
        if self.sent + len > MAX_SENT || is_over {
            return;
        }
        self.sent += len;
        let index = line.sent_len();
        let message = Message {
            recipient: (index as u16).wrapping_mul(40_503),
            data: datagrams::content(2 * index + side, len),
        };
        line.push(&mut self.parties[side], message);
    }

    fn write(&mut self, side: usize, most: usize) -> bool {
        self.lines[side].write(&mut self.parties[side], most)
    }

    fn deliver(&mut self, side: usize, most: usize) -> bool {
        let [client, server] = &mut self.parties;
        match side {
            0 => self.lines[0].deliver(client, server, most),
            _ => self.lines[1].deliver(server, client, most),
        }
    }

    /// Everything that is to be said, once in each direction. Says whether there was anything.
    fn exchange(&mut self) -> bool {
        let mut any = false;
        for side in [0, 1] {
            any |= self.write(side, usize::MAX);
            any |= self.deliver(side, usize::MAX);
        }
        any
    }

    fn refresh_keys(&mut self, side: usize) {
        if self.refreshes[side] == MOST_REFRESHES {
            return;
        }
        self.refreshes[side] += 1;
        let is_closed = self.lines[side].is_closed();
        let party = &mut self.parties[side];
        let is_possible = self.has_key_updates && !party.is_handshaking();
        match party {
            Party::Ours(staged) => {
                let result = staged.handle.refresh_keys();
                if staged.handle.failure().is_none() && !is_closed {
                    assert_eq!(result.is_ok(), is_possible, "{result:?}");
                }
            }
            Party::Oracle(buffered) if is_possible && !is_closed => buffered.refresh_keys(),
            Party::Oracle(_) => {}
        }
    }

    /// To close before the end of the handshake is something that the oracle cannot do well.
    fn close(&mut self, side: usize) {
        let party = &mut self.parties[side];
        if matches!(party, Party::Ours(_)) || !party.is_handshaking() {
            self.lines[side].close(party);
        }
    }

    /// The end of the transport from `side` to the other.
    fn cut(&mut self, side: usize) {
        self.lines[side].cut(&mut self.parties[1 - side]);
    }

    fn check_to_the_end(&mut self) {
        let mut rounds = 0;
        while self.exchange() {
            rounds += 1;
            assert!(rounds < MAX_ROUNDS, "no end of it");
        }
        let is_cut = self.lines.iter().any(Line::is_cut);
        for party in &mut self.parties {
            assert!(is_cut || !party.is_handshaking(), "no handshake");
            party.check_at_rest(is_cut);
        }
        let [client, server] = &mut self.parties;
        self.lines[0].check_at_rest(client, server);
        self.lines[1].check_at_rest(server, client);
        for side in [0, 1] {
            self.cut(side);
            self.lines[side].check(&mut self.parties[1 - side]);
        }
        assert!(!self.exchange(), "words after the end");
    }
}
