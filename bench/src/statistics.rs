//! Numbers of several rounds.

use connect_testkit::SplitMix64;

/// The value in the middle; of an even number of values, the upper one of the two.
pub fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable_by(|left, right| {
        left.partial_cmp(right).unwrap_or(std::cmp::Ordering::Equal)
    });
    values.get(values.len() / 2).copied()
}

/// The places of a round, in which each of `count` contenders has its turn: shuffled, and for the same round always in
/// the same order.
///
/// Everybody leaves caches, clocks and the system's buffers behind for who comes next. In an order that merely rotates,
/// that would be the same one in nearly every round.
pub fn turns(count: usize, round: usize) -> Vec<usize> {
    let mut random = SplitMix64::new(round as u64);
    let mut places: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        places.swap(last, random.below(last + 1));
    }
    places
}

/// What `percent` of the sorted values are not above.
pub fn percentile<T: Copy>(sorted: &[T], percent: f64) -> Option<T> {
    let last = sorted.len().checked_sub(1)?;
    let at = (last as f64 * percent / 100.0).round() as usize;
    sorted.get(at.min(last)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_nothing_is_nothing() {
        assert_eq!(median::<u8>(vec![]), None);
        assert_eq!(median(vec![3, 1, 2]), Some(2));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(3.0));
    }

    #[test]
    fn everybody_has_a_turn_in_each_round() {
        for (count, round) in [(0, 4), (1, 0), (2, 1), (17, 3)] {
            let mut places = turns(count, round);
            assert_eq!(places, turns(count, round));
            places.sort_unstable();
            assert_eq!(places, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nobody_follows_the_same_one_much_more_often_than_others() {
        const COUNT: usize = 5;
        const ROUNDS: usize = 1000;
        let mut follows = [[0; COUNT]; COUNT];
        let mut is_first = [0; COUNT];
        for round in 0..ROUNDS {
            let places = turns(COUNT, round);
            is_first[places[0]] += 1;
            for pair in places.windows(2) {
                follows[pair[0]][pair[1]] += 1;
            }
        }
        // Of four pairs in a round, each of the twenty is one in a fifth of the rounds; so is each the first.
        let about = ROUNDS / COUNT * 3 / 4..ROUNDS / COUNT * 5 / 4;
        assert!(is_first.iter().all(|times| about.contains(times)));
        for (before, behind) in follows.iter().enumerate() {
            let others = (0..COUNT).filter(|other| *other != before);
            assert!(
                others
                    .map(|other| behind[other])
                    .all(|times| about.contains(&times))
            );
        }
    }

    #[test]
    fn percentiles_are_values_that_were_there() {
        assert_eq!(percentile::<u8>(&[], 50.0), None);
        let values: Vec<u32> = (0..=100).collect();
        for percent in [0.0, 50.0, 99.0, 100.0] {
            assert_eq!(percentile(&values, percent), Some(percent as u32));
        }
    }
}
