//! What a network does to a direction.

use crate::random::SplitMix64;

/// How a direction behaves as long as it lives.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// How many bytes may be on their way; more make the writer wait.
    pub capacity: usize,
    /// The most that one write takes.
    pub longest_write: usize,
    /// The most that one turn of the network carries.
    pub longest_carry: usize,
    /// The most that one read gives.
    pub longest_read: usize,
    /// One call in so many makes the direction stand still; 0 is never.
    pub stalls_one_in: usize,
    /// For how many turns of the network at the most.
    pub longest_stall: usize,
    /// It stands still once when so many bytes have arrived, for `longest_stall` turns.
    pub stall_after: Option<usize>,
    /// One call in so many has to wait, or is interrupted, for no reason; 0 is never.
    pub hinders_one_in: usize,
}

/// Where and how a direction is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many bytes get in before.
    pub after: usize,
    /// What the reader notices.
    pub reader: ReaderSees,
    /// What the writer notices.
    pub writer: WriterSees,
    /// What has not arrived by then never will.
    pub loses_what_is_under_way: bool,
    /// The other direction is cut, too, at the same moment.
    pub both_ways: bool,
}

/// What the reader notices of a cut, behind the last bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderSees {
    /// The stream ends, as if the peer had ended it.
    End,
    /// Reading fails.
    Reset,
    /// Nothing comes, until the writer is gone.
    Nothing,
}

/// What the writer notices of a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriterSees {
    /// Writing, flushing and ending fail.
    Failure,
    /// Writes take 0 bytes.
    NoRoom,
    /// Everything is taken, and gone.
    Nothing,
}

impl Conditions {
    /// Every call moves all that it can.
    #[must_use]
    pub const fn calm() -> Self {
        Self::chopping(usize::MAX)
    }

    /// So many bytes at a time at the most, and often less; without a limit if that is `usize::MAX`.
    #[must_use]
    pub const fn chopping(longest: usize) -> Self {
        Self {
            capacity: usize::MAX,
            longest_write: longest,
            longest_carry: longest,
            longest_read: longest,
            stalls_one_in: 0,
            longest_stall: 1,
            stall_after: None,
            hinders_one_in: 0,
        }
    }

    /// Every call moves all that it can, but for one stall.
    #[must_use]
    pub const fn stalling_after(bytes: usize, turns: usize) -> Self {
        Self {
            longest_stall: turns,
            stall_after: Some(bytes),
            ..Self::calm()
        }
    }

    /// Any, such that a stream of `stream_len` bytes is through after about a hundred turns.
    #[must_use]
    pub const fn random(random: &mut SplitMix64, stream_len: usize) -> Self {
        let least = 1 + stream_len / 40;
        Self {
            capacity: some_size(random, least),
            longest_write: some_size(random, least),
            longest_carry: some_size(random, least),
            longest_read: some_size(random, least),
            stalls_one_in: [0, 0, 10, 50][random.below(4)],
            longest_stall: 1 + random.below(20),
            stall_after: None,
            hinders_one_in: [0, 0, 3, 9][random.below(4)],
        }
    }
}

/// Now and then so small that next to nothing moves at once, and as often without a limit as with one.
const fn some_size(random: &mut SplitMix64, least: usize) -> usize {
    match random.below(8) {
        0 => least + random.below(3),
        1 | 2 => least + random.below(100),
        3 | 4 => least + random.below(5000),
        _ => usize::MAX,
    }
}

impl Cut {
    /// Every manner that lets at least one side notice.
    pub fn manners(after: usize) -> impl Iterator<Item = Self> {
        let manners = [ReaderSees::End, ReaderSees::Reset, ReaderSees::Nothing]
            .into_iter()
            .flat_map(|reader| {
                [WriterSees::Failure, WriterSees::NoRoom, WriterSees::Nothing]
                    .map(|writer| (reader, writer))
            });
        let noticed =
            manners.filter(|manner| *manner != (ReaderSees::Nothing, WriterSees::Nothing));
        let flags = [(false, false), (true, false), (false, true), (true, true)];
        noticed.flat_map(move |(reader, writer)| {
            flags.map(|(loses_what_is_under_way, both_ways)| Self {
                after,
                reader,
                writer,
                loses_what_is_under_way,
                both_ways,
            })
        })
    }

    /// Any, within the first `below` bytes.
    #[must_use]
    pub fn random(random: &mut SplitMix64, below: usize) -> Self {
        let after = random.below(below);
        let manner = random.below(Self::manners(0).count());
        Self::manners(after).nth(manner).expect("counted")
    }
}
