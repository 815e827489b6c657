//! Two sides, of which one may be the oracle, and both directions between them.

use std::sync::Arc;

use connect_proto::{Config, Goal};
use connect_testkit::naive;
use connect_testkit::tls::{Buffered, Endpoint, MOST_REFRESHES};
use connect_tls::TlsConnection;
use connect_tls::rustls::pki_types::ServerName;
use connect_tls::rustls::{ClientConfig, ServerConfig};

use crate::model::Direction;
use crate::operation::{Action, Entry, Lane, Operation};
use crate::ours::Ours;

/// More rounds than any handshake and any queue here need.
const MOST_ROUNDS: usize = 1000;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Peers {
    BothOurs,
    OracleServes,
    OracleAsks,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) peers: Peers,
    /// The handshake is complete before the first operation.
    pub(crate) established: bool,
    pub(crate) high_water_mark: usize,
}

enum Side {
    Ours(Box<Ours>),
    Oracle(Box<Buffered>),
}

/// Client and server, with the direction that each of them sends in.
pub(crate) struct Pair {
    sides: [Side; 2],
    directions: [Direction; 2],
    refreshes: [usize; 2],
    /// The oracle has closed its direction.
    closed: bool,
}

impl Pair {
    pub(crate) fn new(
        settings: &Settings,
        client: &Arc<ClientConfig>,
        server: &Arc<ServerConfig>,
    ) -> Self {
        let mark = settings.high_water_mark;
        let config = Config::new().with_high_water_mark(mark);
        let client = match settings.peers {
            Peers::OracleAsks => {
                Side::Oracle(Box::new(Buffered::client(Arc::clone(client), "localhost")))
            }
            _ => {
                let name = ServerName::try_from("localhost").unwrap();
                let client = TlsConnection::client(Arc::clone(client), name, &config).unwrap();
                Side::Ours(Box::new(Ours::new(client, false, mark)))
            }
        };
        let server = match settings.peers {
            Peers::OracleServes => Side::Oracle(Box::new(Buffered::server(Arc::clone(server)))),
            _ => {
                let server = TlsConnection::server(server, &config).unwrap();
                Side::Ours(Box::new(Ours::new(server, true, mark)))
            }
        };
        let mut pair = Self {
            sides: [client, server],
            directions: <[Direction; 2]>::default(),
            refreshes: [0; 2],
            closed: false,
        };
        if settings.established {
            pair.shake_hands();
        }
        pair
    }

    pub(crate) fn apply(&mut self, operation: &Operation) {
        let side = operation.side;
        let (out, from) = two(&mut self.directions, side);
        match &mut self.sides[side] {
            Side::Ours(ours) => match operation.action {
                Action::Push(len) => ours.push(out.next(side, len), false, out),
                Action::PushRef(len) => ours.push(out.next(side, len), true, out),
                Action::Step(goal, most) => drop(ours.step(goal, most, out)),
                Action::Advance(most) => ours.advance(most, out),
                Action::Carry(entry, most) => ours.carry(entry, most, from),
                Action::Take(lane, most) => ours.take(lane, most, from),
                Action::WouldBlock => ours.would_block(),
                Action::RefreshKeys if self.refreshes[side] == MOST_REFRESHES => {}
                Action::RefreshKeys => {
                    ours.refresh_keys();
                    self.refreshes[side] += 1;
                }
                Action::Finish => ours.finish(),
                Action::EndTransport => from.ended = true,
                Action::CutTransport => from.cut(),
                Action::FailRead => ours.fail_read(from),
                Action::FailWrite => ours.fail_write(out),
                Action::DropReader => ours.inbound = None,
                Action::DropWriter => ours.outbound = None,
            },
            Side::Oracle(oracle) => match operation.action {
                Action::Push(len) | Action::PushRef(len) if !self.closed => {
                    let datagram = out.next(side, len);
                    oracle.send(std::slice::from_ref(&datagram));
                    out.accept(datagram);
                }
                Action::Step(Goal::Closed, _) | Action::Finish if !oracle.is_handshaking() => {
                    oracle.close();
                    self.closed = true;
                }
                Action::Step(..) | Action::Advance(_) => write_of_oracle(oracle, self.closed, out),
                Action::Carry(_, most) => {
                    let count = most.min(from.under_way().len());
                    give_to_oracle(oracle, count, from);
                }
                Action::Take(..) => take_of_oracle(oracle, from),
                Action::RefreshKeys
                    if !oracle.is_handshaking()
                        && !self.closed
                        && self.refreshes[side] < MOST_REFRESHES =>
                {
                    oracle.refresh_keys();
                    self.refreshes[side] += 1;
                }
                Action::EndTransport => from.ended = true,
                Action::CutTransport => from.cut(),
                _ => {}
            },
        }
    }

    pub(crate) fn check(&mut self) {
        for (side, direction) in self.sides.iter_mut().zip(&mut self.directions) {
            match side {
                Side::Ours(ours) => ours.check(direction),
                Side::Oracle(oracle) => assert_eq!(oracle.failure(), None),
            }
        }
    }

    /// Everything is written and delivered that can be. Then everything has arrived that can.
    pub(crate) fn finish(&mut self) {
        self.carry_everything();
        self.check();
        let undisturbed = self.sides.iter().all(|side| match side {
            Side::Ours(ours) => ours.sends() && ours.receives(),
            Side::Oracle(_) => true,
        });
        let lost = self.directions.iter().any(|direction| direction.lost);
        assert!(
            !self.is_handshaking() || !undisturbed || lost,
            "everything has arrived, and both wait"
        );
        for side in 0..2 {
            self.check_arrived(side);
        }
    }

    /// Nothing that `side` has sent is missing, unless there is a reason.
    fn check_arrived(&self, side: usize) {
        let direction = &self.directions[side];
        let sends = match &self.sides[side] {
            Side::Ours(ours) => ours.sends(),
            Side::Oracle(_) => true,
        };
        let receives = match &self.sides[1 - side] {
            Side::Ours(ours) => ours.receives(),
            Side::Oracle(_) => true,
        };
        if self.is_handshaking() || !sends || !receives || direction.lost {
            return;
        }
        assert_eq!(direction.received, direction.accepted(), "not everything");
        let finished = match &self.sides[side] {
            Side::Ours(ours) => ours.finished,
            Side::Oracle(_) => self.closed,
        };
        assert_eq!(direction.close_notify.is_some(), finished);
        assert_eq!(direction.is_close_carried(), finished);
    }

    /// As adapters do: each side does what it is told to, and nothing else.
    fn shake_hands(&mut self) {
        for _ in 0..MOST_ROUNDS {
            for side in 0..2 {
                let (out, from) = two(&mut self.directions, side);
                match &mut self.sides[side] {
                    Side::Ours(ours) => ours.shake_hands(from, out),
                    Side::Oracle(oracle) => {
                        give_to_oracle(oracle, from.under_way().len(), from);
                        write_of_oracle(oracle, self.closed, out);
                    }
                }
            }
            if !self.is_handshaking() {
                return;
            }
        }
        panic!("the handshake never ends");
    }

    fn carry_everything(&mut self) {
        for _ in 0..MOST_ROUNDS {
            let mut moved = false;
            for side in 0..2 {
                let (out, from) = two(&mut self.directions, side);
                let before = (out.written, from.carried);
                match &mut self.sides[side] {
                    Side::Ours(ours) => {
                        ours.carry(Entry::Slice, usize::MAX, from);
                        ours.take(Lane::Owned, usize::MAX, from);
                        while ours.step(Goal::StageFlushed, usize::MAX, out) {}
                    }
                    Side::Oracle(oracle) => {
                        give_to_oracle(oracle, from.under_way().len(), from);
                        take_of_oracle(oracle, from);
                        write_of_oracle(oracle, self.closed, out);
                    }
                }
                moved |= before != (out.written, from.carried);
            }
            if !moved {
                return;
            }
        }
        panic!("it never ends");
    }

    fn is_handshaking(&self) -> bool {
        self.sides.iter().any(|side| match side {
            Side::Ours(ours) => ours.is_handshaking(),
            Side::Oracle(oracle) => oracle.is_handshaking(),
        })
    }

    pub(crate) fn received(&self) -> usize {
        self.directions.iter().map(|way| way.received).sum()
    }

    pub(crate) fn carried(&self) -> usize {
        self.directions.iter().map(|way| way.carried).sum()
    }
}

/// The direction that `side` sends in, and the other.
fn two(directions: &mut [Direction; 2], side: usize) -> (&mut Direction, &mut Direction) {
    let [first, second] = directions;
    if side == 0 {
        (first, second)
    } else {
        (second, first)
    }
}

fn write_of_oracle(oracle: &mut Buffered, closed: bool, out: &mut Direction) {
    let ciphertext = oracle.take();
    if ciphertext.is_empty() {
        return;
    }
    out.write(&ciphertext);
    if !oracle.is_handshaking() {
        out.claim(out.accepted_bytes());
        out.close_notify = closed.then_some(out.written);
    }
}

fn give_to_oracle(oracle: &mut Buffered, count: usize, from: &mut Direction) {
    oracle.give(&from.under_way()[..count]);
    from.carry(count);
    assert_eq!(oracle.failure(), None);
    assert_eq!(oracle.is_peer_closed(), from.is_close_carried());
}

fn take_of_oracle(oracle: &Buffered, from: &mut Direction) {
    let plain = oracle.plain();
    from.check_plain(plain.len() as u64);
    let parsed = naive::parse(plain, usize::MAX);
    for message in &parsed.messages[from.received..] {
        from.receive(message.recipient, &message.data);
    }
}
