//! How a byte stream is cut into reads or writes.

use core::iter::FusedIterator;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::random::SplitMix64;

/// How a byte stream is cut into reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// All bytes together.
    AtOnce,
    /// Always this many bytes, at least one; 1 is byte by byte.
    Each(usize),
    /// At the end of every frame, moved by each of these offsets: `[0]` gives whole frames, `[-1, 0, 1]`
    /// three cuts around every end, `[4, 8]` cuts behind the size field and behind the header.
    FrameEnds(Vec<isize>),
    /// Pseudo random lengths between 1 and `longest`, of which most are short.
    Random {
        /// What the lengths follow from.
        seed: u64,
        /// The longest cut.
        longest: usize,
    },
    /// These lengths, over and over; 0 counts as 1.
    Cycle(Vec<usize>),
}

impl Schedule {
    /// One schedule of each kind, and the hardest of each.
    #[must_use]
    pub fn interesting() -> Vec<Self> {
        let mut schedules = vec![
            Self::AtOnce,
            Self::Each(1),
            Self::Each(7),
            Self::Each(8),
            Self::Each(4 * 1024),
            Self::Each(64 * 1024),
            Self::Cycle(vec![1, 7, 4095, 4097]),
            Self::Cycle(vec![8, 65_536, 3]),
        ];
        for offsets in [&[-1][..], &[0], &[1], &[-1, 0, 1], &[4, 6, 8], &[7, 9]] {
            schedules.push(Self::FrameEnds(offsets.to_vec()));
        }
        for (seed, longest) in [(1, 16), (2, 3000), (3, 200_000)] {
            schedules.push(Self::Random { seed, longest });
        }
        schedules
    }

    /// Any schedule.
    pub fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            Just(Self::AtOnce),
            (1..64usize).prop_map(Self::Each),
            vec(-9..10isize, 1..4).prop_map(Self::FrameEnds),
            (any::<u64>(), prop_oneof![1..100usize, 1..200_000usize])
                .prop_map(|(seed, longest)| Self::Random { seed, longest }),
            vec(prop_oneof![1..12usize, 1..70_000usize], 1..6).prop_map(Self::Cycle),
        ]
    }

    /// The lengths of the cuts of a stream of `total` bytes whose frames end at `frame_ends`. None is 0,
    /// and their sum is `total`.
    #[must_use]
    pub fn cuts(&self, total: usize, frame_ends: &[usize]) -> Cuts {
        let lengths = match self {
            Self::AtOnce => Lengths::Repeated(vec![total]),
            Self::Each(length) => Lengths::Repeated(vec![*length]),
            Self::Cycle(lengths) => Lengths::Repeated(lengths.clone()),
            Self::FrameEnds(offsets) => Lengths::Positions(positions(frame_ends, offsets)),
            Self::Random { seed, longest } => Lengths::Random {
                random: SplitMix64::new(*seed),
                longest: *longest,
            },
        };
        Cuts {
            lengths,
            produced: 0,
            position: 0,
            total,
        }
    }
}

/// Sorted, with the latest position first.
fn positions(frame_ends: &[usize], offsets: &[isize]) -> Vec<usize> {
    let mut positions: Vec<usize> = frame_ends
        .iter()
        .chain(&[0])
        .flat_map(|end| {
            offsets
                .iter()
                .map(|offset| end.saturating_add_signed(*offset))
        })
        .collect();
    positions.sort_unstable_by(|first, second| second.cmp(first));
    positions
}

/// The lengths of successive cuts of one stream.
#[derive(Clone, Debug)]
pub struct Cuts {
    lengths: Lengths,
    produced: usize,
    position: usize,
    total: usize,
}

#[derive(Clone, Debug)]
enum Lengths {
    Repeated(Vec<usize>),
    Positions(Vec<usize>),
    Random { random: SplitMix64, longest: usize },
}

impl Iterator for Cuts {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let left = self.total - self.position;
        if left == 0 {
            return None;
        }
        let wanted = match &mut self.lengths {
            Lengths::Repeated(lengths) if lengths.is_empty() => left,
            Lengths::Repeated(lengths) => lengths[self.produced % lengths.len()],
            Lengths::Positions(positions) => {
                while positions.last().is_some_and(|next| *next <= self.position) {
                    positions.pop();
                }
                positions.last().map_or(left, |next| next - self.position)
            }
            Lengths::Random { random, longest } => {
                let most = match random.below(4) {
                    0 => *longest,
                    1 => (*longest).min(64),
                    _ => (*longest).min(2000),
                };
                1 + random.below(most.max(1))
            }
        };
        let length = wanted.clamp(1, left);
        self.produced += 1;
        self.position += length;
        Some(length)
    }
}

impl FusedIterator for Cuts {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Counts;
    use crate::property::check_property;

    #[test]
    fn frame_ends_are_cut_where_they_say() {
        let cuts = |offsets: &[isize]| -> Vec<usize> {
            Schedule::FrameEnds(offsets.to_vec())
                .cuts(30, &[10, 20, 30])
                .collect()
        };
        assert_eq!(cuts(&[0]), [10, 10, 10]);
        assert_eq!(cuts(&[-1, 0, 1]), [1, 8, 1, 1, 8, 1, 1, 8, 1]);
        assert_eq!(cuts(&[4, 8]), [4, 4, 6, 4, 6, 4, 2]);
    }

    #[test]
    fn every_schedule_covers_the_stream() {
        let strategy = (Schedule::any(), 0..5000usize);
        check_property("schedules", 256, &strategy, |(schedule, total)| {
            let cuts: Vec<usize> = schedule
                .cuts(total, &[total / 3, total / 2, total])
                .collect();
            assert!(cuts.iter().all(|cut| *cut > 0));
            assert_eq!(cuts.iter().sum::<usize>(), total);
            Counts {
                cases: 1,
                datagrams: 0,
                cuts: cuts.len() as u64,
                bytes: total as u64,
            }
        });
    }
}
