//! The settings of one route.

use crate::config::{MOST_QUEUED, clamp};

/// How much one route may hold, and what happens when that is not enough. A plain value.
///
/// ```
/// use connect_proto::router::{Overflow, RouteConfig};
///
/// let prices = RouteConfig::new()
///     .with_capacity(16 * 1024)
///     .with_overflow(Overflow::DiscardOldest); // only the latest count
/// assert_eq!(prices.capacity(), 16 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "setters return the changed configuration"]
pub struct RouteConfig {
    capacity: usize,
    overflow: Overflow,
}

/// What happens to a datagram that its route has no room for.
///
/// ```
/// use connect_proto::router::{Delivery, Overflow, RouteConfig, Router, Taken};
/// use connect_proto::{Config, ConnectDatagram, Decoder, Inbound};
///
/// let mut router = Router::new();
/// let latest_only = RouteConfig::new().with_capacity(0).with_overflow(Overflow::DiscardOldest);
/// let prices = router.add(20, latest_only)?;
/// let mut inbound = Inbound::from(Decoder::new(&Config::new()));
/// for price in ["1.00", "1.01"] {
///     inbound.extend_from_slice(&ConnectDatagram::new(20, price)?.encode()?);
/// }
/// let mut notify: Vec<&str> = Vec::new();
/// assert_eq!(router.deliver(&mut inbound, &mut notify), Delivery::GiveWay); // the receiver's chance
/// assert_eq!(router.deliver(&mut inbound, &mut notify), Delivery::NeedInput);
/// assert_eq!(router.take(prices, &mut notify)?, Taken::Datagram(ConnectDatagram::new(20, "1.01")?));
/// assert_eq!(router.route_stats(prices).discarded_messages, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Overflow {
    /// It stays where it is, and the connection with it, until the receiver has taken enough: no
    /// datagram is lost, and every route behind waits. The default, because nothing else keeps the
    /// promise that what was sent arrives.
    #[default]
    HoldLine,
    /// It is discarded, and counted. Before the first since the receiver last took anything, the driver lets it
    /// run once: who keeps up loses nothing only because of the order in which tasks are run.
    DiscardNewest,
    /// The oldest of the queue are discarded until it fits, and counted; otherwise as `DiscardNewest`.
    DiscardOldest,
}

impl RouteConfig {
    /// What a queued datagram counts beside its data, in bytes: about what its place in the queue costs. So
    /// the capacity bounds memory, also when the datagrams are tiny.
    pub const OVERHEAD: usize = 80;

    /// 64 KiB, [`Overflow::HoldLine`].
    pub const fn new() -> Self {
        Self {
            capacity: 64 * 1024,
            overflow: Overflow::HoldLine,
        }
    }

    /// How many bytes may be queued, each datagram with its data and [`OVERHEAD`](Self::OVERHEAD); any
    /// number, above half of `usize::MAX` that half, so that the bytes can be counted.
    ///
    /// A datagram is queued if it fits or the queue is empty; so a longer one passes, alone, and with 0
    /// every datagram goes alone. Memory is needed only for what is queued, and at most about twice as
    /// much. Default: 64 KiB, as much as a busy connection reads at once: of datagrams of 1 KiB and more a
    /// receiver which takes all that is here keeps up at one change of tasks for each read, of tiny ones at
    /// several.
    pub const fn with_capacity(mut self, bytes: usize) -> Self {
        self.capacity = clamp(bytes, 0, MOST_QUEUED);
        self
    }

    /// What happens to a datagram that does not fit. Default: [`Overflow::HoldLine`].
    pub const fn with_overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// How many bytes may be queued.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// What happens to a datagram that does not fit.
    #[must_use]
    pub const fn overflow(&self) -> Overflow {
        self.overflow
    }
}

impl Default for RouteConfig {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_leaves_room_to_count() {
        let highest = RouteConfig::new().with_capacity(usize::MAX);
        assert_eq!(highest.capacity(), usize::MAX / 2);
    }
}
