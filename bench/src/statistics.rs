//! Numbers of several rounds.

use connect_testkit::SplitMix64;

/// The value in the middle; of an even number of values, the mean of the two.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let above = *values.get(values.len() / 2)?;
    let below = *values.get((values.len() - 1) / 2)?;
    Some(below + (above - below) / 2.0)
}

/// The places of a round, in which each of `count` contenders has its turn: the first round as they are listed, which is
/// how tables show them, the others shuffled, and for the same round always in the same order.
///
/// Everybody leaves caches, clocks and the system's buffers behind for who comes next. In an order that merely rotates,
/// that would be the same one in nearly every round.
pub fn turns(count: usize, round: usize) -> Vec<usize> {
    let mut random = SplitMix64::new(round as u64);
    let mut places: Vec<usize> = (0..count).collect();
    if round == 0 {
        return places;
    }
    for last in (1..count).rev() {
        places.swap(last, random.below(last + 1));
    }
    places
}

/// The lowest of the sorted values that at least `percent` of them are not above: the nearest rank, which is a value
/// that was there.
pub fn percentile<T: Copy>(sorted: &[T], percent: f64) -> Option<T> {
    let last = sorted.len().checked_sub(1)?;
    let rank = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
    sorted.get(rank.saturating_sub(1).min(last)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_values_are_above_the_median_as_below() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![7.0]), Some(7.0));
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![3.0, 1.0]), Some(2.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn everybody_has_a_turn_in_each_round() {
        for (count, round) in [(0, 4), (1, 0), (2, 1), (17, 3)] {
            let mut places = turns(count, round);
            assert_eq!(places, turns(count, round));
            assert!(round > 0 || places.is_sorted());
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
    fn percentiles_are_the_lowest_that_enough_values_are_not_above() {
        assert_eq!(percentile::<u8>(&[], 50.0), None);
        for count in [1, 2, 9, 10, 100, 101, 1000] {
            let values: Vec<usize> = (1..=count).collect();
            for percent in [0, 1, 50, 99, 100] {
                let value = percentile(&values, percent as f64).unwrap();
                // Of these values, each says how many are not above it.
                let enough = |value| value * 100 >= percent * count;
                assert!(enough(value), "{percent} % of {count}: {value}");
                assert!(
                    value == 1 || !enough(value - 1),
                    "{percent} % of {count}: {value}"
                );
            }
        }
        let thousand: Vec<usize> = (1..=1000).collect();
        assert_eq!(percentile(&thousand, 99.9), Some(999));
    }
}
