//! What both sides of a connection know of each other, and what has to arrive.

use std::array;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use connect_proto::ReadError;
use connect_testkit::SplitMix64;
use connect_tokio::ConnectDatagram;
use tokio::time::timeout;

use crate::ledger::{Ledger, Mistakes};
use crate::series::{self, LANES, Series};
use crate::settings::Transport;
use crate::shared::PATIENCE;

/// A connection between a good client and the server. In one process each side can ask what the other has sent.
#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) transport: Transport,
    pub(crate) up: Direction,
    pub(crate) down: Direction,
    /// Whether the server hands messages to a router.
    pub(crate) server_routes: bool,
    /// Whether the server at times reads nothing for seconds.
    pub(crate) server_is_slow: bool,
    killed: AtomicBool,
}

/// How many times a conversation may use [`PATIENCE`] up: a slow reader is slow to get to its end.
const MOST_WAITS: usize = 10;

/// What one side sends.
#[derive(Debug)]
pub(crate) struct Direction {
    /// Whether it is sent through a queue. Otherwise the lanes take turns in a known order.
    pub(crate) by_queue: bool,
    turns: u64,
    lanes: [Series; LANES],
    sent: [AtomicU64; LANES],
    heard: AtomicU64,
    closing: AtomicBool,
}

impl Conversation {
    pub(crate) fn new(random: &mut SplitMix64, transport: Transport) -> Self {
        let (by_queue_up, by_queue_down) = (random.one_in(4), random.one_in(3));
        Self {
            transport,
            up: Direction::new(random, by_queue_up),
            down: Direction::new(random, by_queue_down),
            server_routes: random.one_in(3),
            server_is_slow: random.one_in(10),
            killed: AtomicBool::new(false),
        }
    }

    /// From now on the client may be gone at any moment.
    pub(crate) fn kill(&self) {
        self.killed.store(true, SeqCst);
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.killed.load(SeqCst)
    }

    /// Waits for `future` as long as anything arrives in either direction. `None` if it is stuck.
    pub(crate) async fn wait_for<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let heard = || self.up.heard() + self.down.heard();
        let mut future = pin!(future);
        for _ in 0..MOST_WAITS {
            let before = heard();
            if let Ok(output) = timeout(PATIENCE, &mut future).await {
                return Some(output);
            }
            if heard() == before {
                break;
            }
        }
        None
    }

    /// What is wrong with the way in which a direction ended, if anything.
    pub(crate) fn fault_of_end(
        &self,
        direction: &Direction,
        end: &Result<(), ReadError>,
    ) -> Option<String> {
        let transport = self.transport;
        match end {
            Ok(()) if direction.closing.load(SeqCst) => None,
            // A crashed client looks like that; TLS knows better.
            Ok(()) if self.is_killed() && transport == Transport::Tcp => None,
            Ok(()) => Some(format!("{transport}: an end that nobody made")),
            Err(error) if self.is_killed() && is_cut(error) => None,
            Err(error) => Some(format!("{transport}: {error}")),
        }
    }
}

/// What a connection that was cut off may say.
fn is_cut(error: &ReadError) -> bool {
    use connect_proto::DecodeError::UnexpectedEof;
    match error {
        ReadError::Io(_) | ReadError::Protocol(UnexpectedEof { .. }) => true,
        ReadError::Stage(error) => error.is_truncation(),
        _ => false,
    }
}

impl Direction {
    pub(crate) fn new(random: &mut SplitMix64, by_queue: bool) -> Self {
        Self {
            by_queue,
            turns: random.next(),
            lanes: array::from_fn(|_| Series::new(random.next())),
            sent: array::from_fn(|_| AtomicU64::new(0)),
            heard: AtomicU64::new(0),
            closing: AtomicBool::new(false),
        }
    }

    /// The lane of the message that a writer sends after `place` others.
    pub(crate) const fn lane_at(&self, place: u64) -> usize {
        SplitMix64::new(self.turns ^ place).below(LANES)
    }

    /// The next message of a writer, which is about to be sent.
    pub(crate) fn next_in_turn(&self) -> ConnectDatagram {
        let place = self.sent.iter().map(|sent| sent.load(SeqCst)).sum();
        self.next(self.lane_at(place))
    }

    /// The next message of a lane, which is about to be sent.
    pub(crate) fn next(&self, lane: usize) -> ConnectDatagram {
        let number = self.sent[lane].fetch_add(1, SeqCst);
        let content = self.lanes[lane].content(number);
        let recipient = series::recipient(lane, number);
        ConnectDatagram::new(recipient, content).expect("content is neither empty nor too long")
    }

    /// Another message has arrived.
    pub(crate) fn hear(&self) {
        self.heard.fetch_add(1, SeqCst);
    }

    /// How many messages have arrived.
    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(SeqCst)
    }

    /// Nothing more is about to be sent.
    pub(crate) fn close(&self) {
        self.closing.store(true, SeqCst);
    }

    pub(crate) fn ledgers(&self) -> [Ledger; LANES] {
        self.lanes.map(Ledger::new)
    }

    /// The verdict on what has arrived. Everything had to, if the stream came to its proper end.
    pub(crate) fn judge(&self, ledgers: [Ledger; LANES], ended: bool) -> Mistakes {
        let whole = ended && self.closing.load(SeqCst);
        let mut mistakes = Mistakes::default();
        for (ledger, sent) in ledgers.into_iter().zip(&self.sent) {
            mistakes += ledger.close(sent.load(SeqCst), whole);
        }
        mistakes
    }
}
