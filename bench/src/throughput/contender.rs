//! Who takes part, on which transports, in what.

use std::time::Duration;

use connect_bench::Failure;
use connect_bench::messages::{Feed, Messages};
use connect_bench::options::Feature;
use connect_bench::receipt::{Receipt, Received};
use connect_tokio::Config;

use crate::ground::Ground;
use crate::transport::Transport;
use crate::trips::{Times, Trips};
use crate::{codec, floor, ours, ours_on_async_std, raw, websocket};

pub struct Contender {
    pub name: &'static str,
    pub transports: &'static [Transport],
    pub one_way: OneWay,
    pub round_trip: Option<RoundTrip>,
}

/// Both sides of a run: how many messages were sent, and what was received.
pub type OneWay = fn(&Ground, Run) -> Result<(u64, Received), Failure>;

/// Both sides of a run: the times, and the echo, which has nothing to say.
pub type RoundTrip = fn(&Ground, Run) -> Result<(Times, ()), Failure>;

/// What both sides of a run know.
#[derive(Clone, Copy)]
pub struct Run {
    pub messages: Messages,
    /// Before anything is timed.
    pub warm_up: Duration,
    pub timed: Duration,
    /// Of Connect where it is used as it comes, unless the command line says otherwise.
    pub config: Config,
}

impl Run {
    /// For how long messages are sent.
    pub fn time(&self) -> Duration {
        self.warm_up + self.timed
    }

    /// What is sent, from now on.
    pub fn feed(&self) -> Feed {
        self.messages.feed(self.time())
    }

    pub fn receipt(&self) -> Receipt {
        Receipt::new(self.messages, self.warm_up)
    }

    /// What goes there and back, from now on.
    pub fn trips(&self) -> Trips {
        Trips::new(self.messages, self.warm_up, self.timed)
    }
}

/// The one that the others are compared with.
pub const SUBJECT: &str = "floor";

const TCP: &[Transport] = &[Transport::Tcp];
#[cfg(any(feature = "libzmq", feature = "omq", feature = "zeromq"))]
const PLAIN: &[Transport] = &[Transport::Tcp, Transport::Unix];
const TLS: &[Transport] = &[Transport::Tls, Transport::UnixTls];

const KIB: usize = 1024;

pub const CONTENDERS: &[Contender] = &[
    contender(SUBJECT, floor::one_way::<{ 64 * KIB }>).and(floor::round_trip),
    contender("floor 256k", floor::one_way::<{ 256 * KIB }>),
    contender("floor 1m", floor::one_way::<{ 1024 * KIB }>),
    contender("raw stream", raw::one_way).on(TLS),
    contender("connect", ours::one_way).and(ours::round_trip),
    contender("connect batch", ours::one_way_batch),
    contender("connect deep", ours::one_way_deep),
    contender("connect queue", ours::one_way_queue).and(ours::round_trip_queue),
    contender("ldc", codec::one_way).and(codec::round_trip),
    contender("ldc tuned", codec::one_way_tuned),
    contender("tungstenite", websocket::one_way).and(websocket::round_trip),
    contender("asynchronous-codec", codec::one_way_futures).on(TCP),
    contender("floor async-std", floor::one_way_async_std)
        .and(floor::round_trip_async_std)
        .on(TCP),
    contender("connect async-std", ours_on_async_std::one_way)
        .and(ours_on_async_std::round_trip)
        .on(TCP),
    #[cfg(feature = "libzmq")]
    contender("libzmq", crate::libzmq::one_way)
        .and(crate::libzmq::round_trip)
        .on(PLAIN),
    #[cfg(feature = "omq")]
    contender("omq", crate::omq::one_way::<0>)
        .and(crate::omq::round_trip)
        .on(PLAIN),
    #[cfg(feature = "omq")]
    contender("omq io thread", crate::omq::one_way::<1>).on(PLAIN),
    #[cfg(feature = "zeromq")]
    contender("zeromq", crate::zeromq_rs::one_way)
        .and(crate::zeromq_rs::round_trip)
        .on(PLAIN),
];

/// Features that bring more of them.
pub const FEATURES: &[Feature] = &[
    ("libzmq", cfg!(feature = "libzmq")),
    ("omq", cfg!(feature = "omq")),
    ("zeromq", cfg!(feature = "zeromq")),
];

/// One that takes part one way, on every transport.
const fn contender(name: &'static str, one_way: OneWay) -> Contender {
    Contender {
        name,
        transports: &Transport::ALL,
        one_way,
        round_trip: None,
    }
}

impl Contender {
    pub fn takes_part(&self, round_trip: bool) -> bool {
        !round_trip || self.round_trip.is_some()
    }

    /// In round trips as well.
    const fn and(mut self, round_trip: RoundTrip) -> Self {
        self.round_trip = Some(round_trip);
        self
    }

    /// Only there.
    const fn on(mut self, transports: &'static [Transport]) -> Self {
        self.transports = transports;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every contender on every transport that it knows, for a moment.
    fn each(sizes: &[usize], check: impl Fn(&Contender, &Ground, Run) -> Result<(), Failure>) {
        let runs = sizes.iter().map(|&size| Run {
            messages: Messages::new(1, size, false),
            // So that a machine that has much else to do does not matter.
            warm_up: Duration::ZERO,
            timed: Duration::from_millis(20),
            config: Config::new(),
        });
        let runs: Vec<Run> = runs.collect();
        for contender in CONTENDERS {
            for &transport in contender.transports {
                let ground = Ground::new(transport);
                for &run in &runs {
                    if let Err(error) = check(contender, &ground, run) {
                        let (name, size) = (contender.name, run.messages.size);
                        panic!("{name} over {transport:?}, {size} bytes: {error}");
                    }
                }
            }
        }
    }

    #[test]
    fn everybody_moves_all_messages_one_way() {
        each(&[64, 20_000], |contender, ground, run| {
            let (sent, received) = (contender.one_way)(ground, run)?;
            assert_eq!(received.counts, [sent], "{}", contender.name);
            assert!(received.rate > 0.0);
            Ok(())
        });
    }

    #[test]
    fn everybody_brings_messages_back() {
        each(&[64, 100_000], |contender, ground, run| {
            let round_trip = contender.round_trip;
            round_trip.map_or(Ok(()), |round_trip| round_trip(ground, run).map(drop))
        });
    }

    #[test]
    fn names_differ() {
        for (at, contender) in CONTENDERS.iter().enumerate() {
            let same = |other: &Contender| other.name == contender.name;
            assert!(!CONTENDERS[at + 1..].iter().any(same), "{}", contender.name);
        }
    }
}
