//! All contenders in turn, round by round, so that a busy moment of the machine hits all of them
//! alike; then medians.

use std::time::Instant;

use crate::{decode, encode};

/// Odd, so that the median is one of them.
const ROUNDS: usize = 21;

/// The time per message of every contender, for every round.
struct Rounds<const CONTENDERS: usize>(Vec<[f64; CONTENDERS]>);

impl<const CONTENDERS: usize> Rounds<CONTENDERS> {
    fn measure(count: usize, contenders: [&dyn Fn(); CONTENDERS]) -> Self {
        let round = || {
            contenders.map(|contender| {
                let start = Instant::now();
                contender();
                start.elapsed().as_secs_f64() * 1e9 / count as f64
            })
        };
        round(); // The first one faults pages in and fills caches.
        Self((0..ROUNDS).map(|_| round()).collect())
    }

    fn nanoseconds(&self, contender: usize) -> f64 {
        median(self.0.iter().map(|round| round[contender]))
    }

    /// The median of the ratios within a round, which is steadier than the ratio of two medians.
    fn ratio(&self, numerator: usize, denominator: usize) -> f64 {
        median(
            self.0
                .iter()
                .map(|round| round[numerator] / round[denominator]),
        )
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn run() {
    decode_table();
    println!();
    encode_table();
}

fn decode_table() {
    use decode::{Case, ConnectBatch, ConnectBorrow, ConnectOwned, Discard, FloorBorrow};
    use decode::{Contender, FloorOwned, LengthDelimited};

    println!("decode, ns per message, medians of {ROUNDS} rounds");
    println!("  targets for 16 to 256 B: batch/floor <= 1.3, own/floor <= 1.3, peer/own >= 2.5");
    println!(
        "{:>7} {:>7} | {:>9} {:>9} {:>11} {:>9} {:>12} | {:>9} {:>9} {:>9} {:>9} {:>9}",
        "payload",
        "chunk",
        "floor",
        "batch",
        "batch/floor",
        "borrow",
        "borrow/floor",
        "floor",
        "own",
        "own/floor",
        "peer",
        "peer/own"
    );
    for case in Case::all() {
        case.check::<FloorBorrow>();
        case.check::<ConnectBorrow>();
        case.check::<ConnectBatch>();
        case.check::<FloorOwned>();
        case.check::<ConnectOwned>();
        case.check::<LengthDelimited>();
        let rounds = Rounds::measure(
            case.count,
            [
                &|| FloorBorrow::run(&case, &mut Discard),
                &|| ConnectBorrow::run(&case, &mut Discard),
                &|| FloorOwned::run(&case, &mut Discard),
                &|| ConnectOwned::run(&case, &mut Discard),
                &|| LengthDelimited::run(&case, &mut Discard),
                &|| ConnectBatch::run(&case, &mut Discard),
            ],
        );
        println!(
            "{:>7} {:>7} | {:>9.2} {:>9.2} {:>11.2} {:>9.2} {:>12.2} | {:>9.2} {:>9.2} {:>9.2} {:>9.2} {:>9.2}",
            crate::Bytes(case.payload_len),
            crate::Bytes(case.chunk_len),
            rounds.nanoseconds(0),
            rounds.nanoseconds(5),
            rounds.ratio(5, 0),
            rounds.nanoseconds(1),
            rounds.ratio(1, 0),
            rounds.nanoseconds(2),
            rounds.nanoseconds(3),
            rounds.ratio(3, 2),
            rounds.nanoseconds(4),
            rounds.ratio(4, 3),
        );
    }
}

fn encode_table() {
    use encode::{Case, ConnectOwned, ConnectRef, Discard, FloorCopy, FloorOwned};
    use encode::{Contender, LengthDelimited};

    println!("encode, ns per message, medians of {ROUNDS} rounds");
    println!(
        "  targets for 16 to 256 B: ref/floor <= 2, own/floor <= 2 (its floor clones as well)"
    );
    println!(
        "{:>7} | {:>9} {:>9} {:>9} | {:>9} {:>9} {:>9} {:>9} {:>9}",
        "payload", "floor", "ref", "ref/floor", "floor", "own", "own/floor", "peer", "peer/own"
    );
    for case in Case::all() {
        case.check::<FloorCopy>();
        case.check::<ConnectRef>();
        case.check::<FloorOwned>();
        case.check::<ConnectOwned>();
        case.check::<LengthDelimited>();
        let rounds = Rounds::measure(
            case.count,
            [
                &|| FloorCopy::run(&case, &mut Discard),
                &|| ConnectRef::run(&case, &mut Discard),
                &|| FloorOwned::run(&case, &mut Discard),
                &|| ConnectOwned::run(&case, &mut Discard),
                &|| LengthDelimited::run(&case, &mut Discard),
            ],
        );
        println!(
            "{:>7} | {:>9.2} {:>9.2} {:>9.2} | {:>9.2} {:>9.2} {:>9.2} {:>9.2} {:>9.2}",
            crate::Bytes(case.payload_len),
            rounds.nanoseconds(0),
            rounds.nanoseconds(1),
            rounds.ratio(1, 0),
            rounds.nanoseconds(2),
            rounds.nanoseconds(3),
            rounds.ratio(3, 2),
            rounds.nanoseconds(4),
            rounds.ratio(4, 3),
        );
    }
}
