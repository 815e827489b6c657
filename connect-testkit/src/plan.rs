//! How the oracle drives the machines in one case.

use connect_proto::Config;
use proptest::option;
use proptest::prelude::*;

use crate::schedule::Schedule;

/// How datagrams are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Owned.
    Owned,
    /// Borrowed.
    Borrowed,
    /// Now so, now so.
    Mixed,
}

/// What happens to owned datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Each is dropped at once.
    Nothing,
    /// All are held until the end, when their content must still be intact.
    Everything,
    /// Some are held, some dropped.
    Some,
}

/// The way that received bytes take into the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// `spare` and `commit`.
    Spare,
    /// `spare_buf` and `commit`.
    SpareBuf,
    /// `extend_from_slice`.
    Slice,
    /// As a driver with `is_quiet`: a short array and `extend_from_slice`, or `spare` and `commit`.
    Driver,
    /// `take_spare` and `put_back`, also of foreign, late and lost buffers.
    Taken,
    /// Any of these in turn.
    Mixed,
}

/// When more bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Only after the decoder asked for input, as its documentation wants it.
    WhenNeeded,
    /// Also while datagrams wait inside.
    AnyTime,
}

/// How the oracle drives the machines in one case. Everything follows from it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The settings of both machines.
    pub config: Config,
    /// How the received stream is cut.
    pub input: Schedule,
    /// How the written stream is cut.
    pub output: Schedule,
    /// How datagrams are asked for.
    pub lane: Lane,
    /// What happens to owned datagrams.
    pub keeping: Keeping,
    /// How bytes get in.
    pub entry: Entry,
    /// When bytes are read.
    pub reading: Reading,
    /// Whether the transport takes several pieces in one write.
    pub vectored: bool,
    /// What every other choice follows from.
    pub seed: u64,
}

impl Plan {
    /// The plainest driver: everything at once, through the space of the decoder, owned datagrams.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            input: Schedule::AtOnce,
            output: Schedule::AtOnce,
            lane: Lane::Owned,
            keeping: Keeping::Nothing,
            entry: Entry::Spare,
            reading: Reading::WhenNeeded,
            vectored: false,
            seed: 0,
        }
    }

    /// Every combination of the choices that are not schedules.
    #[must_use]
    pub fn choices(config: Config) -> Vec<Self> {
        let mut plans = Vec::new();
        for (lane, keeping) in LANES {
            for entry in ENTRIES {
                for reading in [Reading::WhenNeeded, Reading::AnyTime] {
                    let seed = plans.len() as u64;
                    plans.push(Self {
                        lane,
                        keeping,
                        entry,
                        reading,
                        vectored: seed % 2 == 1,
                        seed,
                        ..Self::new(config)
                    });
                }
            }
        }
        plans
    }

    /// Any plan.
    pub fn any() -> impl Strategy<Value = Self> {
        (
            any_config(),
            (Schedule::any(), Schedule::any()),
            proptest::sample::select(&LANES[..]),
            proptest::sample::select(&ENTRIES[..]),
            (any::<bool>(), any::<bool>(), any::<u64>()),
        )
            .prop_map(
                |(config, (input, output), (lane, keeping), entry, (eager, vectored, seed))| Self {
                    config,
                    input,
                    output,
                    lane,
                    keeping,
                    entry,
                    reading: if eager {
                        Reading::WhenNeeded
                    } else {
                        Reading::AnyTime
                    },
                    vectored,
                    seed,
                },
            )
    }
}

/// Blocks short enough that every datagram meets their end, the defaults, and blocks that none meets.
fn any_config() -> impl Strategy<Value = Config> {
    let read_block_len = prop_oneof![
        2 => Just(512usize),
        2 => 512..6000usize,
        3 => Just(64 * 1024),
        1 => Just(3 * 1024 * 1024),
    ];
    let chain_threshold =
        option::of(prop_oneof![2 => Just(4096usize), 1 => 0..64usize, 1 => Just(usize::MAX)]);
    (read_block_len, chain_threshold, 0..200_000usize).prop_map(|(block, chain, mark)| {
        let config = Config::new()
            .with_read_block_len(block)
            .with_high_water_mark(mark);
        match chain {
            Some(chain) => config.with_chain_threshold(chain),
            None => config,
        }
    })
}

/// Keeping matters to owned datagrams only.
const LANES: [(Lane, Keeping); 6] = [
    (Lane::Owned, Keeping::Nothing),
    (Lane::Owned, Keeping::Everything),
    (Lane::Owned, Keeping::Some),
    (Lane::Borrowed, Keeping::Nothing),
    (Lane::Mixed, Keeping::Nothing),
    (Lane::Mixed, Keeping::Some),
];

const ENTRIES: [Entry; 6] = [
    Entry::Spare,
    Entry::Slice,
    Entry::Driver,
    Entry::Taken,
    Entry::SpareBuf,
    Entry::Mixed,
];
