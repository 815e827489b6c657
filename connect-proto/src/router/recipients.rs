//! Which recipients a route takes.

use core::fmt;
use core::ops::{Range, RangeInclusive};

/// A stretch of recipient tags: made of one tag, of `1..10`, or of `1..=9`.
///
/// ```
/// use connect_proto::router::Recipients;
///
/// assert_eq!(Recipients::from(1..10), Recipients::from(1..=9));
/// assert!(Recipients::from(1..=9).contains(9));
/// assert_eq!(Recipients::from(7).to_string(), "7");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recipients {
    start: u16,
    /// Behind the last; one more than a tag can say.
    end: u32,
}

impl Recipients {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start as u32 >= self.end
    }

    /// Whether `recipient` is one of them.
    #[must_use]
    pub const fn contains(self, recipient: u16) -> bool {
        self.start <= recipient && (recipient as u32) < self.end
    }

    pub(super) const fn start(self) -> u16 {
        self.start
    }

    /// Neither is empty.
    pub(super) const fn overlaps(self, other: Self) -> bool {
        (self.start as u32) < other.end && (other.start as u32) < self.end
    }
}

impl From<u16> for Recipients {
    fn from(recipient: u16) -> Self {
        Self::from(recipient..=recipient)
    }
}

impl From<Range<u16>> for Recipients {
    fn from(range: Range<u16>) -> Self {
        Self {
            start: range.start,
            end: range.end.into(),
        }
    }
}

impl From<RangeInclusive<u16>> for Recipients {
    fn from(range: RangeInclusive<u16>) -> Self {
        let end = if range.is_empty() {
            u32::from(*range.start())
        } else {
            u32::from(*range.end()) + 1
        };
        Self {
            start: *range.start(),
            end,
        }
    }
}

impl fmt::Display for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end.checked_sub(1) {
            Some(last) if last == u32::from(self.start) => write!(f, "{last}"),
            Some(last) if last > u32::from(self.start) => write!(f, "{}..={last}", self.start),
            _ => write!(f, "{}..{}", self.start, self.end),
        }
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipients({self})")
    }
}
