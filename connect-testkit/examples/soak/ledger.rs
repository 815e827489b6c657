//! What arrived of one series of messages, compared with what was sent.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use crate::series::{Series, TAGS};

/// What went wrong with the messages of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mistakes {
    /// Left out: a later one came without it, or the stream ended properly before it.
    pub(crate) lost: u64,
    /// Arrived once more.
    pub(crate) duplicated: u64,
    /// Arrived behind a later one.
    pub(crate) reordered: u64,
    /// Arrived with other content, or was never sent.
    pub(crate) corrupt: u64,
}

/// Takes note of the messages of one series as they arrive.
#[derive(Debug)]
pub(crate) struct Ledger {
    series: Series,
    next: u64,
    missing: BTreeSet<u64>,
    mistakes: Mistakes,
}

impl Ledger {
    pub(crate) fn new(series: Series) -> Self {
        Self {
            series,
            next: 0,
            missing: BTreeSet::new(),
            mistakes: Mistakes::default(),
        }
    }

    /// A message with this tag, which says where in the series it belongs, as long as fewer than half of
    /// all tags are left out at once.
    pub(crate) fn note(&mut self, tag: u16, data: &[u8]) {
        let ahead = (u64::from(tag).wrapping_sub(self.next)) % TAGS;
        let number = if ahead < TAGS / 2 {
            Some(self.next + ahead)
        } else {
            (self.next + ahead).checked_sub(TAGS)
        };
        let Some(number) = number else {
            self.mistakes.corrupt += 1;
            return;
        };
        if data != self.series.content(number) {
            self.mistakes.corrupt += 1;
        }
        if number >= self.next {
            self.missing.extend(self.next..number);
            self.next = number + 1;
        } else if self.missing.remove(&number) {
            self.mistakes.reordered += 1;
        } else {
            self.mistakes.duplicated += 1;
        }
    }

    /// The verdict, when `sent` messages were sent and, if `whole`, all of them had to arrive.
    pub(crate) fn close(self, sent: u64, whole: bool) -> Mistakes {
        let mut mistakes = self.mistakes;
        mistakes.lost += self.missing.len() as u64;
        if whole {
            mistakes.lost += sent.saturating_sub(self.next);
        }
        mistakes.corrupt += self.next.saturating_sub(sent);
        mistakes
    }
}

impl AddAssign for Mistakes {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.corrupt += other.corrupt;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: Series = Series::new(7);

    fn ledger_of(numbers: impl IntoIterator<Item = u64>) -> Ledger {
        let mut ledger = Ledger::new(SERIES);
        for number in numbers {
            ledger.note(Series::tag(number), &SERIES.content(number));
        }
        ledger
    }

    #[test]
    fn a_whole_series_has_no_mistakes() {
        let count = 3 * TAGS / 2;
        let mistakes = ledger_of(0..count).close(count, true);
        assert_eq!(mistakes, Mistakes::default());
    }

    #[test]
    fn what_is_left_out_is_lost() {
        let lost = |numbers: &[u64], sent, whole| {
            let mistakes = ledger_of(numbers.iter().copied()).close(sent, whole);
            let others = Mistakes {
                lost: 0,
                ..mistakes
            };
            assert_eq!(others, Mistakes::default());
            mistakes.lost
        };
        assert_eq!(lost(&[0, 1, 3, 6], 7, true), 3);
        assert_eq!(lost(&[0, 1, 3, 6], 7, false), 3);
        assert_eq!(lost(&[], 2, true), 2);
        assert_eq!(lost(&[0, 1], 5, true), 3);
        assert_eq!(lost(&[0, 1], 5, false), 0, "the end of a cut stream");
    }

    #[test]
    fn what_comes_twice_is_duplicated() {
        let mistakes = ledger_of([0, 1, 1, 2, 0]).close(3, true);
        let expected = Mistakes {
            duplicated: 2,
            ..Mistakes::default()
        };
        assert_eq!(mistakes, expected);
    }

    #[test]
    fn what_comes_late_is_reordered_and_not_lost() {
        let mistakes = ledger_of([0, 2, 3, 1, 4]).close(5, true);
        let expected = Mistakes {
            reordered: 1,
            ..Mistakes::default()
        };
        assert_eq!(mistakes, expected);
    }

    #[test]
    fn what_differs_is_corrupt() {
        let mut changed = SERIES.content(1);
        changed[0] ^= 1;
        let mut longer = SERIES.content(1);
        longer.push(0);
        let foreign = Series::new(8).content(1);
        for data in [changed, longer, foreign, Vec::new()] {
            let mut ledger = ledger_of([0]);
            ledger.note(Series::tag(1), &data);
            let expected = Mistakes {
                corrupt: 1,
                ..Mistakes::default()
            };
            assert_eq!(ledger.close(2, true), expected);
        }
    }

    #[test]
    fn what_was_never_sent_is_corrupt() {
        assert_eq!(ledger_of(0..5).close(3, true).corrupt, 2);
        let mut ledger = Ledger::new(SERIES);
        ledger.note(Series::tag(TAGS - 1), &SERIES.content(TAGS - 1));
        assert_eq!(ledger.close(0, true).corrupt, 1);
    }
}
