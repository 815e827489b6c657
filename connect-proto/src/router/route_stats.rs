//! Numbers of one route.

/// What one route has received, and where it is now: a snapshot.
///
/// What its receiver has taken is `messages` without `queued_messages` and `discarded_messages`.
///
/// ```
/// use connect_proto::router::{Delivery, RouteConfig, Router};
/// use connect_proto::{Config, ConnectDatagram, Decoder, Inbound};
///
/// let mut router = Router::<&str>::new();
/// let orders = router.add(1..=9, RouteConfig::new())?;
/// let mut inbound = Inbound::from(Decoder::new(&Config::new()));
/// inbound.extend_from_slice(&ConnectDatagram::new(7, "an order")?.encode()?);
/// assert_eq!(router.deliver(&mut inbound, &mut Vec::new()), Delivery::NeedInput);
/// let stats = router.route_stats(orders);
/// assert_eq!((stats.messages, stats.bytes), (1, 8));
/// assert_eq!((stats.queued_messages, stats.queued_bytes), (1, 8 + RouteConfig::OVERHEAD));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteStats {
    /// Datagrams that came for its recipients, discarded ones included.
    pub messages: u64,
    /// Bytes of data in them, without headers.
    pub bytes: u64,
    /// Datagrams in the queue.
    pub queued_messages: usize,
    /// What they count of the capacity, in bytes: their data, and
    /// [`RouteConfig::OVERHEAD`](super::RouteConfig::OVERHEAD) for each.
    pub queued_bytes: usize,
    /// Datagrams that were discarded; 0 unless [`Overflow`](super::Overflow) allows it.
    pub discarded_messages: u64,
    /// Bytes of data in them.
    pub discarded_bytes: u64,
    /// How often this route has held the line: the connection waited for its receiver.
    pub line_holds: u64,
}
