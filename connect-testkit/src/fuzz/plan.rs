//! A plan of the oracle, as an input says it.

use connect_proto::Config;

use super::choices::Choices;
use crate::plan::{Entry, Keeping, Lane, Plan, Reading};
use crate::schedule::Schedule;

/// More cuts than that of one stream take long and prove nothing that fewer do not.
const MOST_CUTS: usize = 2000;

/// The plan that the first sixteen bytes say, for about `stream_len` bytes.
pub(crate) fn plan(choices: &mut Choices<'_>, stream_len: usize) -> Plan {
    let shortest = 1 + stream_len / MOST_CUTS;
    let config = config(choices);
    let (lane, keeping) = choices.one_of(&[
        (Lane::Owned, Keeping::Nothing),
        (Lane::Borrowed, Keeping::Nothing),
        (Lane::Mixed, Keeping::Some),
        (Lane::Owned, Keeping::Everything),
        (Lane::Owned, Keeping::Some),
        (Lane::Mixed, Keeping::Nothing),
    ]);
    Plan {
        config,
        lane,
        keeping,
        entry: choices.one_of(&[
            Entry::Spare,
            Entry::Slice,
            Entry::Driver,
            Entry::Taken,
            Entry::SpareBuf,
            Entry::Mixed,
        ]),
        reading: choices.one_of(&[Reading::WhenNeeded, Reading::AnyTime]),
        vectored: choices.flag(),
        seed: u64::from(choices.byte()),
        input: schedule(choices, shortest),
        output: schedule(choices, shortest),
    }
}

fn config(choices: &mut Choices<'_>) -> Config {
    Config::new()
        .with_read_block_len(choices.one_of(&[512, 64 * 1024, 515, 600, 1024, 4096]))
        .with_chain_threshold(choices.one_of(&[4096, 0, 1, 9, 60, 1000, usize::MAX]))
        .with_high_water_mark(choices.one_of(&[64 * 1024, 0, 1, 100, 5000, usize::MAX]))
        .with_max_receive_len(choices.one_of(&[usize::MAX, 1, 2, 60, 300, 5000]))
}

/// Four bytes, whatever they say.
fn schedule(choices: &mut Choices<'_>, shortest: usize) -> Schedule {
    let kind = choices.byte();
    let bytes = [choices.byte(), choices.byte(), choices.byte()];
    let [one, two, three] = bytes.map(usize::from);
    let long = 256 * two + three;
    match kind % 5 {
        0 => Schedule::AtOnce,
        1 => Schedule::Each(shortest.max(one)),
        2 => Schedule::FrameEnds(bytes.map(|byte| isize::from(byte as i8) % 10).to_vec()),
        3 => Schedule::Random {
            seed: u64::from(bytes[0]),
            longest: long.max(8 * shortest),
        },
        _ => Schedule::Cycle([one, long].map(|len| len.max(shortest)).to_vec()),
    }
}
