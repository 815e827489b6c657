//! However a stream is cut, driven and taken, it means the same: the oracle over fixed cases and over
//! random ones.

use connect_proto::{Config, ConnectDatagram};
use connect_testkit::{
    Counts, Entry, Lane, Plan, Reading, Schedule, check_property, datagrams, naive, oracle,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// Settings under which the fixed cases meet every length of block and threshold.
fn configs() -> [Config; 3] {
    [
        Config::new(),
        Config::new()
            .with_read_block_len(512)
            .with_chain_threshold(64)
            .with_high_water_mark(0),
        Config::new().with_read_block_len(4096),
    ]
}

/// More cuts than that of one stream prove nothing that fewer do not.
const MOST_CUTS: usize = 20_000;

fn cuts(stream_len: usize, frame_ends: &[usize], schedule: &Schedule) -> usize {
    schedule
        .cuts(stream_len, frame_ends)
        .take(MOST_CUTS + 1)
        .count()
}

#[test]
fn every_fixed_case_survives_every_schedule() {
    let mut total = Counts::default();
    for lengths in datagrams::interesting_lengths() {
        let case = datagrams::of_lengths(&lengths);
        let frame_ends = datagrams::frame_ends(&case);
        let stream_len = frame_ends.last().copied().unwrap_or_default();
        let schedules: Vec<Schedule> = Schedule::interesting()
            .into_iter()
            .filter(|schedule| cuts(stream_len, &frame_ends, schedule) <= MOST_CUTS)
            .collect();
        for config in configs() {
            for (turn, choice) in Plan::choices(config).into_iter().enumerate() {
                // Every choice meets every second schedule while the case is small, and some when it
                // is large; every schedule meets many choices.
                let stride = if stream_len > 50_000 { 11 } else { 2 };
                for input in (turn % stride..schedules.len()).step_by(stride) {
                    let plan = Plan {
                        input: schedules[input].clone(),
                        output: schedules[(input + turn) % schedules.len()].clone(),
                        ..choice.clone()
                    };
                    total += oracle::check_datagrams(&case, &plan);
                }
            }
        }
    }
    println!("fixed cases: {total}");
    assert!(total.cases > 5_000 && total.cuts > 500_000, "{total}");
}

#[test]
fn any_datagrams_survive_any_plan() {
    let strategy = (datagrams::any(), Plan::any());
    check_property("any datagrams", 400, &strategy, |(case, plan)| {
        oracle::check_datagrams(&case, &plan)
    });
}

/// A stream that was valid before some of its bytes were changed, cut out or doubled.
fn mutated_stream() -> impl Strategy<Value = Vec<u8>> {
    let short = vec(prop_oneof![1..20usize, 1..700usize], 1..12);
    let mutation = (any::<Index>(), any::<u8>(), 0..5u8);
    (short, vec(mutation, 0..4)).prop_map(|(lengths, mutations)| {
        let mut stream = naive::encode(&datagrams::of_lengths(&lengths));
        for (position, value, kind) in mutations {
            if stream.is_empty() {
                break;
            }
            let position = position.index(stream.len());
            match kind {
                0 => stream[position] = value,
                1 => stream[position] ^= 1 << (value % 8),
                2 => stream.truncate(position),
                3 => drop(stream.remove(position)),
                _ => stream.insert(position, value),
            }
        }
        stream
    })
}

/// Headers of which each field is likely to be wrong, with anything behind them.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let size = prop_oneof![0..12u32, 0..2000u32, any::<u32>()];
    let version = prop_oneof![8 => Just(1u16), 1 => any::<u16>()];
    let frame = (size, version, any::<u16>(), vec(any::<u8>(), 0..40)).prop_map(
        |(size, version, recipient, data)| {
            let mut bytes = size.to_be_bytes().to_vec();
            bytes.extend_from_slice(&version.to_be_bytes());
            bytes.extend_from_slice(&recipient.to_be_bytes());
            bytes.extend_from_slice(&data);
            bytes
        },
    );
    prop_oneof![
        vec(frame, 1..4).prop_map(|frames| frames.concat()),
        vec(any::<u8>(), 0..200),
    ]
}

#[test]
fn any_bytes_mean_to_the_decoder_what_they_mean_to_the_reference() {
    let limit = prop_oneof![Just(usize::MAX), 1..800usize];
    let stream = prop_oneof![3 => mutated_stream(), 1 => garbage()];
    let strategy = (stream, limit, Plan::any());
    check_property("any bytes", 3000, &strategy, |(stream, limit, mut plan)| {
        plan.config = plan.config.with_max_receive_len(limit);
        oracle::check_bytes(&stream, &plan)
    });
}

/// Short frames in long blocks: what is shared is a copy. Whole frames in each read: the decoder runs
/// empty often, and a buffer that is put back then meets the copy of what was there before.
#[test]
fn a_buffer_may_be_put_back_at_any_time() {
    let mut total = Counts::default();
    let lengths: Vec<usize> = (5..60).collect();
    let case: Vec<ConnectDatagram> = datagrams::of_lengths(&lengths);
    for seed in 0..600 {
        let plan = Plan {
            entry: Entry::Taken,
            reading: Reading::AnyTime,
            lane: Lane::Mixed,
            input: Schedule::FrameEnds(vec![0]),
            seed,
            ..Plan::new(Config::new())
        };
        total += oracle::check_datagrams(&case, &plan);
    }
    println!("buffers put back: {total}");
}
