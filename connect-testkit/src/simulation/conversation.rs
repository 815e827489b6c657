//! What two applications say to each other, over which network.

use connect_proto::{Config, HEADER_LEN};

use super::faults::{Conditions, Cut};
use crate::random::SplitMix64;

/// One connection from its beginning to its end. The same plan is the same conversation, step by step.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Of everything that is left to chance.
    pub seed: u64,
    /// The side that connects.
    pub client: Party,
    /// The side that is connected to.
    pub server: Party,
    /// From client to server.
    pub up: Way,
    /// From server to client.
    pub down: Way,
    /// How many of eight turns the network gets if others want them, too.
    pub network_turns: usize,
}

/// What one side does.
#[derive(Clone, Debug)]
pub struct Party {
    /// Its settings.
    pub config: Config,
    /// What it sends: for each sender, the lengths of its datagrams.
    pub senders: Vec<Vec<usize>>,
    /// It sends through a queue. Otherwise there is one sender, which has the writer to itself.
    pub sends_by_queue: bool,
    /// It receives through a router, whose routes have this capacity.
    pub route_capacity: Option<usize>,
    /// How many pieces one write of its transport takes.
    pub pieces: usize,
    /// It takes its time between two datagrams.
    pub dawdles: bool,
    /// Its senders wait for each datagram to be flushed, and do nothing else.
    pub is_simple: bool,
}

/// What one direction of the network does.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// How it behaves.
    pub conditions: Conditions,
    /// How it ends, if it does.
    pub cut: Option<Cut>,
}

/// How many bytes each direction has before both sides are ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeLen {
    /// From client to server.
    pub up: usize,
    /// From server to client.
    pub down: usize,
}

impl HandshakeLen {
    /// Without TLS.
    pub const NONE: Self = Self { up: 0, down: 0 };
}

impl Conversation {
    /// The conversation of `seed`, behind a handshake of that length. Every other one is to be cut, where the
    /// datagrams end at the latest; one that ends earlier escapes.
    #[must_use]
    pub fn random(seed: u64, handshake: HandshakeLen) -> Self {
        let mut random = SplitMix64::new(seed);
        let (mut client, mut server) = (Party::random(&mut random), Party::random(&mut random));
        client.expect(&server, &mut random);
        server.expect(&client, &mut random);
        let mut way = |handshake: usize, party: &Party, cuts: bool| {
            let len = handshake + party.stream_len();
            Way {
                conditions: Conditions::random(&mut random, len),
                cut: cuts.then(|| Cut::random(&mut random, len + 2)),
            }
        };
        let cuts = SplitMix64::new(!seed).below(6);
        Self {
            seed,
            up: way(handshake.up, &client, cuts == 0 || cuts == 2),
            down: way(handshake.down, &server, cuts == 1 || cuts == 2),
            network_turns: 1 + SplitMix64::new(seed ^ 7).below(7),
            client,
            server,
        }
    }
}

impl Party {
    /// Sends these, one after the other, over a writer of its own.
    #[must_use]
    pub fn simple(lengths: &[usize]) -> Self {
        Self {
            config: Config::new(),
            senders: vec![lengths.to_vec()],
            sends_by_queue: false,
            route_capacity: None,
            pieces: 1,
            dawdles: false,
            is_simple: true,
        }
    }

    fn random(random: &mut SplitMix64) -> Self {
        let mark = match random.below(4) {
            0 => random.below(2),
            1 => random.below(100),
            2 => random.below(2000),
            _ => 64 * 1024,
        };
        let config = Config::new()
            .with_high_water_mark(mark)
            .with_read_block_len([512, 700, 64 * 1024][random.below(3)])
            .with_chain_threshold([1, 8, 64, 4096][random.below(4)]);
        let sends_by_queue = random.one_in(2);
        let senders = if sends_by_queue {
            1 + random.below(4)
        } else {
            1
        };
        Self {
            config,
            senders: (0..senders).map(|_| some_lengths(random)).collect(),
            sends_by_queue,
            route_capacity: random
                .one_in(3)
                .then(|| [0, 100, 1000, 64 * 1024][random.below(4)]),
            pieces: 1 + random.below(4),
            dawdles: random.one_in(3),
            is_simple: false,
        }
    }

    /// Accepts what the peer sends, and perhaps not a byte more.
    fn expect(&mut self, peer: &Self, random: &mut SplitMix64) {
        if random.one_in(2) {
            self.config = self.config.with_max_receive_len(peer.longest_data());
        }
    }

    /// The longest data that it sends.
    pub(crate) fn longest_data(&self) -> usize {
        let lengths = self.senders.iter().flatten();
        lengths.copied().max().unwrap_or(1)
    }

    pub(crate) fn longest_frame(&self) -> usize {
        HEADER_LEN + self.longest_data()
    }

    /// How many bytes it sends, headers included.
    #[must_use]
    pub fn stream_len(&self) -> usize {
        let lengths = self.senders.iter().flatten();
        lengths.map(|len| HEADER_LEN + len).sum()
    }
}

fn some_lengths(random: &mut SplitMix64) -> Vec<usize> {
    let count = random.below(10);
    (0..count)
        .map(|_| match random.below(400) {
            0..340 => 1 + random.below(40),
            340..390 => 1 + random.below(600),
            390..399 => 1 + random.below(6000),
            _ => 1 + random.below(80_000),
        })
        .collect()
}
