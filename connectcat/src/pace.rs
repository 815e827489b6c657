//! How fast messages are sent.

use std::time::Duration;

use tokio::time::Instant;

/// A message every so often, or as fast as they go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    interval: Duration,
    next: Option<Instant>,
}

/// How far behind a pace may fall and still catch up. After a longer hold-up the rest keeps its distances.
const MOST_BEHIND: Duration = Duration::from_secs(1);

impl Pace {
    /// A message each `interval`; zero is as fast as they go. The first goes at once.
    pub(crate) const fn new(interval: Duration) -> Self {
        Self {
            interval,
            next: None,
        }
    }

    /// Takes the next turn: when it is, unless it is now or was to be earlier.
    pub(crate) fn take_turn(&mut self, now: Instant) -> Option<Instant> {
        if self.interval.is_zero() {
            return None;
        }
        let earliest = now.checked_sub(MOST_BEHIND).unwrap_or(now);
        let turn = self.next.map_or(now, |next| next.max(earliest));
        self.next = turn.checked_add(self.interval);
        (turn > now).then_some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn milliseconds(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn turns_are_an_interval_apart_however_late_each_is_taken() {
        let begin = Instant::now();
        let mut pace = Pace::new(milliseconds(10));
        assert_eq!(pace.take_turn(begin), None);
        assert_eq!(pace.take_turn(begin), Some(begin + milliseconds(10)));
        // Late for the next three, which catch up.
        let late = begin + milliseconds(45);
        for _ in 0..3 {
            assert_eq!(pace.take_turn(late), None);
        }
        assert_eq!(pace.take_turn(late), Some(begin + milliseconds(50)));
    }

    #[test]
    fn a_long_hold_up_is_not_caught_up_with() {
        let begin = Instant::now();
        let mut pace = Pace::new(milliseconds(500));
        pace.take_turn(begin);
        let late = begin + Duration::from_secs(3600);
        let at_once = (0..100).take_while(|_| pace.take_turn(late).is_none());
        assert_eq!(at_once.count(), 3);
    }

    #[test]
    fn no_interval_is_no_wait() {
        let mut pace = Pace::new(Duration::ZERO);
        let now = Instant::now();
        assert!((0..1000).all(|_| pace.take_turn(now).is_none()));
    }
}
