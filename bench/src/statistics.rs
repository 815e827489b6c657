//! Numbers of several rounds.

/// The value in the middle; of an even number of values, the upper one of the two.
pub fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable_by(|left, right| {
        left.partial_cmp(right).unwrap_or(std::cmp::Ordering::Equal)
    });
    values.get(values.len() / 2).copied()
}

/// The places of a round, in which each of `count` contenders has its turn: the first of one round is the last of the
/// next.
pub fn turns(count: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |turn| (round + turn) % count)
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
    fn everybody_has_a_turn_and_the_first_changes() {
        assert_eq!(turns(3, 0).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(turns(3, 4).collect::<Vec<_>>(), [1, 2, 0]);
        assert_eq!(turns(0, 4).count(), 0);
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
