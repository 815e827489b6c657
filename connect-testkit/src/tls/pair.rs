//! Two endpoints and the way between them, which cuts.

use super::endpoint::Endpoint;
use crate::counts::Counts;
use crate::schedule::{Cuts, Schedule};

/// One direction: ciphertext under way, which is delivered in pieces.
#[derive(Debug)]
pub struct Way {
    cuts: Cuts,
    under_way: Vec<u8>,
    delivered: usize,
    /// Everything that was ever sent this way.
    pub sent: Vec<u8>,
    /// In how many pieces it was delivered.
    pub pieces: usize,
}

impl Way {
    /// Nothing under way.
    #[must_use]
    pub fn new(schedule: &Schedule) -> Self {
        Self {
            cuts: schedule.cuts(usize::MAX, &[]),
            under_way: Vec::new(),
            delivered: 0,
            sent: Vec::new(),
            pieces: 0,
        }
    }

    /// Takes what `from` has to say, and delivers one piece to `to`. Says whether there was any.
    fn carry(&mut self, from: &mut impl Endpoint, to: &mut impl Endpoint) -> bool {
        let new = from.take();
        self.sent.extend_from_slice(&new);
        if self.delivered == self.under_way.len() {
            self.delivered = 0;
            self.under_way = new;
        } else {
            self.under_way.extend_from_slice(&new);
        }
        let waiting = &self.under_way[self.delivered..];
        if waiting.is_empty() {
            return false;
        }
        let len = self.cuts.next().unwrap_or(waiting.len()).min(waiting.len());
        to.give(&waiting[..len]);
        self.delivered += len;
        self.pieces += 1;
        true
    }
}

/// Two endpoints and the way between them.
#[derive(Debug)]
pub struct Pair<Client, Server> {
    /// The client.
    pub client: Client,
    /// The server.
    pub server: Server,
    /// From client to server.
    pub up: Way,
    /// From server to client.
    pub down: Way,
}

impl<Client: Endpoint, Server: Endpoint> Pair<Client, Server> {
    /// Joins two endpoints, with both directions cut by `schedule`.
    #[must_use]
    pub fn new(client: Client, server: Server, schedule: &Schedule) -> Self {
        Self::with_schedules(client, server, schedule, schedule)
    }

    /// Joins two endpoints.
    #[must_use]
    pub fn with_schedules(client: Client, server: Server, up: &Schedule, down: &Schedule) -> Self {
        Self {
            client,
            server,
            up: Way::new(up),
            down: Way::new(down),
        }
    }

    /// Joins two endpoints and runs their handshake without cuts.
    #[must_use]
    pub fn established(client: Client, server: Server) -> Self {
        let mut pair = Self::new(client, server, &Schedule::AtOnce);
        pair.run();
        pair
    }

    /// One piece in each direction. Says whether there was any.
    pub fn turn(&mut self) -> bool {
        let up = self.up.carry(&mut self.client, &mut self.server);
        let down = self.down.carry(&mut self.server, &mut self.client);
        up || down
    }

    /// Delivers until nobody has anything to say.
    pub fn run(&mut self) {
        while self.turn() {}
    }

    /// How much went through, of `datagrams` datagrams.
    #[must_use]
    pub fn counts(&self, datagrams: usize) -> Counts {
        Counts {
            cases: 1,
            datagrams: datagrams as u64,
            cuts: (self.up.pieces + self.down.pieces) as u64,
            bytes: (self.up.sent.len() + self.down.sent.len()) as u64,
        }
    }
}
