//! Which route takes which recipients.

use alloc::vec::Vec;

use super::error::RouteError;
use super::recipients::Recipients;

/// Ranges that do not overlap, in ascending order, and the route of all other recipients.
#[derive(Debug)]
pub(super) struct Table<R> {
    ranges: Vec<(Recipients, R)>,
    rest: Option<R>,
}

impl<R: Copy + PartialEq> Table<R> {
    pub(super) const fn new() -> Self {
        Self {
            ranges: Vec::new(),
            rest: None,
        }
    }

    pub(super) fn add(&mut self, recipients: Recipients, route: R) -> Result<(), RouteError> {
        if recipients.is_empty() {
            return Err(RouteError::NoRecipients { recipients });
        }
        let overlapping = self
            .ranges
            .iter()
            .find(|(range, _)| range.overlaps(recipients));
        if let Some(&(existing, _)) = overlapping {
            return Err(RouteError::Overlap {
                recipients,
                existing,
            });
        }
        let place = self.count_up_to(recipients.start());
        self.ranges.insert(place, (recipients, route));
        Ok(())
    }

    pub(super) fn add_rest(&mut self, route: R) -> Result<(), RouteError> {
        if self.rest.is_some() {
            return Err(RouteError::SecondRest);
        }
        self.rest = Some(route);
        Ok(())
    }

    /// The recipients of `route` have none any more.
    pub(super) fn remove(&mut self, route: R) {
        self.ranges.retain(|&(_, other)| other != route);
        self.rest = self.rest.filter(|&rest| rest != route);
    }

    #[inline]
    pub(super) fn find(&self, recipient: u16) -> Option<R> {
        let range = self.ranges.get(self.count_up_to(recipient).wrapping_sub(1));
        match range {
            Some(&(range, route)) if range.contains(recipient) => Some(route),
            _ => self.rest,
        }
    }

    /// How many ranges begin at `recipient` or before.
    #[inline]
    fn count_up_to(&self, recipient: u16) -> usize {
        self.ranges
            .partition_point(|(range, _)| range.start() <= recipient)
    }
}
