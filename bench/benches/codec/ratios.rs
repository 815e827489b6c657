//! All contenders in turn, round by round, so that a busy moment of the machine hits all of them
//! alike; then medians.

use std::path::PathBuf;
use std::time::Instant;

use connect_bench::Failure;
use connect_bench::results::{Record, Results};
use connect_bench::statistics::turns;
use connect_bench::units::bytes;

use crate::{PAYLOAD_LENS, decode, encode};

const MEASURE: &str = "ns per message";

/// Measures what `words` of the command line ask for, prints it, and saves it if they name a file.
pub(crate) fn run(words: impl Iterator<Item = String>) -> Result<(), Failure> {
    let arguments = Arguments::parse(words)?;
    let mut results = Results::by("cargo bench --bench codec -- ratios");
    println!("{MEASURE}, medians of {} rounds", arguments.rounds);
    for chunk_len in decode::CHUNK_LENS {
        let group = format!("decode {} chunks", bytes(chunk_len as u64));
        for payload_len in PAYLOAD_LENS {
            let case = decode::Case::new(payload_len, chunk_len);
            let place = (group.as_str(), payload_len, case.count);
            measure(&mut results, &case, place, &DECODERS, arguments.rounds);
        }
        print_group(&results, &group, &DECODERS);
    }
    for payload_len in PAYLOAD_LENS {
        let case = encode::Case::new(payload_len);
        let place = ("encode", payload_len, case.count);
        measure(&mut results, &case, place, &ENCODERS, arguments.rounds);
    }
    print_group(&results, "encode", &ENCODERS);
    arguments.save.map_or(Ok(()), |path| results.save(&path))
}

struct Arguments {
    /// Odd by default, so that the median is one of them.
    rounds: usize,
    save: Option<PathBuf>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut arguments = Self {
            rounds: 21,
            save: None,
        };
        while let Some(word) = words.next() {
            match (word.as_str(), words.next()) {
                ("--rounds", Some(rounds)) => arguments.rounds = rounds.parse()?,
                ("--save", Some(path)) => arguments.save = Some(path.into()),
                // What cargo adds.
                ("--bench", None) => {}
                _ => return Err(format!("{word}: ratios [--rounds N] [--save FILE]").into()),
            }
        }
        Ok(arguments)
    }
}

/// One way to do the work of a case, and what it is compared with.
struct Contender<Case> {
    name: &'static str,
    floor: &'static str,
    check: fn(&Case),
    run: fn(&Case),
}

const DECODERS: [Contender<decode::Case>; 7] = {
    use decode::{AsynchronousCodec, ConnectBatch, ConnectBorrow, ConnectOwned, Contender as _};
    use decode::{FloorBorrow, FloorOwned, LengthDelimited};
    [
        decoder::<FloorBorrow>(FloorBorrow::NAME),
        decoder::<ConnectBorrow>(FloorBorrow::NAME),
        decoder::<ConnectBatch>(FloorBorrow::NAME),
        decoder::<FloorOwned>(FloorOwned::NAME),
        decoder::<ConnectOwned>(FloorOwned::NAME),
        decoder::<LengthDelimited>(FloorOwned::NAME),
        decoder::<AsynchronousCodec>(FloorOwned::NAME),
    ]
};

const fn decoder<C: decode::Contender>(floor: &'static str) -> Contender<decode::Case> {
    Contender {
        name: C::NAME,
        floor,
        check: |case| case.check::<C>(),
        run: |case| C::run(case, &mut decode::Discard),
    }
}

const ENCODERS: [Contender<encode::Case>; 7] = {
    use encode::{AsynchronousCodec, ConnectOwned, ConnectRef, ConnectRefBatch, Contender as _};
    use encode::{FloorCopy, FloorOwned, LengthDelimited};
    [
        encoder::<FloorCopy>(FloorCopy::NAME),
        encoder::<ConnectRef>(FloorCopy::NAME),
        encoder::<ConnectRefBatch>(FloorCopy::NAME),
        // It clones what it is given, as all below have to.
        encoder::<FloorOwned>(FloorOwned::NAME),
        encoder::<ConnectOwned>(FloorOwned::NAME),
        encoder::<LengthDelimited>(FloorOwned::NAME),
        encoder::<AsynchronousCodec>(FloorOwned::NAME),
    ]
};

const fn encoder<C: encode::Contender>(floor: &'static str) -> Contender<encode::Case> {
    Contender {
        name: C::NAME,
        floor,
        check: |case| case.check::<C>(),
        run: |case| C::run(case, &mut encode::Discard),
    }
}

fn measure<Case>(
    results: &mut Results,
    case: &Case,
    (group, payload_len, count): (&str, usize, usize),
    contenders: &[Contender<Case>],
    rounds: usize,
) {
    for contender in contenders {
        (contender.check)(case);
        // The first run faults pages in and fills caches.
        (contender.run)(case);
    }
    for round in 0..rounds {
        for at in turns(contenders.len(), round) {
            let contender = &contenders[at];
            let start = Instant::now();
            (contender.run)(case);
            let nanoseconds = start.elapsed().as_secs_f64() * 1e9;
            results.push(Record {
                group: group.into(),
                contender: contender.name.into(),
                x: payload_len as u64,
                measure: MEASURE.into(),
                round,
                value: nanoseconds / count as f64,
            });
        }
    }
}

/// A line for each contender: the time, and how many times that of its floor it is.
fn print_group<Case>(results: &Results, group: &str, contenders: &[Contender<Case>]) {
    print!("\n{group:<20}");
    for payload_len in PAYLOAD_LENS {
        print!("{:>16}", bytes(payload_len as u64));
    }
    println!();
    for Contender { name, floor, .. } in contenders {
        print!("{name:<20}");
        for x in PAYLOAD_LENS.map(|payload_len| payload_len as u64) {
            let median = results.median(group, name, x, MEASURE);
            let ratio = results.ratio(group, [name, floor], x, MEASURE);
            let (median, ratio) = (median.unwrap_or(f64::NAN), ratio.unwrap_or(f64::NAN));
            print!("{median:>9.2} ({ratio:>4.2})");
        }
        println!();
    }
}
