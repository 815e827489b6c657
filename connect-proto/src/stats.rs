//! Numbers about a connection, as they are at one moment.

/// What a connection has sent and what waits to be sent. Cheap: nothing is counted for it
/// but the queued messages, and of these only those of one block that the transport has taken a part of.
///
/// Since the beginning of the connection. Bytes are those of frames, with their headers and without what TLS
/// adds. What is queued and what was handed to the transport are told apart as in [`Unsent`](crate::Unsent).
///
/// ```
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound};
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// outbound.push(ConnectDatagram::new(7, "hello")?)?;
/// outbound.handle_write(13, Ok(10))?; // the transport took a part
/// let stats = outbound.stats();
/// assert_eq!((stats.messages, stats.bytes, stats.writes), (0, 10, 1));
/// assert_eq!((stats.queued_messages, stats.queued_bytes), (1, 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendStats {
    /// Datagrams handed to the transport whole.
    pub messages: u64,
    /// Bytes handed to the transport.
    pub bytes: u64,
    /// Datagrams accepted and not yet handed to the transport whole.
    pub queued_messages: usize,
    /// Bytes accepted and not yet handed to the transport.
    pub queued_bytes: usize,
    /// The most that `queued_bytes` ever was.
    pub most_queued_bytes: usize,
    /// Writes that the transport took anything of: usually one system call each.
    pub writes: u64,
    /// Times that the transport was flushed.
    pub flushes: u64,
    /// Senders that wait for room in the queue; always 0 without a queue.
    pub waiting: usize,
}

/// What one connection has received so far: a snapshot, and cheap enough to be taken at any time.
///
/// ```
/// use connect_proto::{Config, Decoder, Inbound};
///
/// let mut inbound = Inbound::from(Decoder::new(&Config::new()));
/// inbound.extend_from_slice(&[0, 0, 0, 9, 0, 1, 0, 7, b'h', b'e']); // not all of it yet
/// let stats = inbound.stats();
/// assert_eq!((stats.messages, stats.bytes, stats.buffered_bytes), (0, 10, 10));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiveStats {
    /// Datagrams handed out: to the application, or to the routes of a [`router`](crate::router).
    pub messages: u64,
    /// Bytes received, headers included. Over TLS the plain bytes, not the records. Those of a broken
    /// stream count, too, up to the read in which its fault was found.
    pub bytes: u64,
    /// Bytes received and not yet handed out: whole datagrams, and the beginning of one.
    pub buffered_bytes: usize,
}

/// Both directions of a connection.
///
/// ```
/// use connect_proto::{ConnectionStats, ReceiveStats, SendStats};
///
/// /// How much went through since an earlier snapshot, both ways together.
/// fn bytes_since(before: &ConnectionStats, now: &ConnectionStats) -> u64 {
///     now.received.bytes - before.received.bytes + now.sent.bytes - before.sent.bytes
/// }
/// let start = ConnectionStats::new(ReceiveStats::default(), SendStats::default());
/// assert_eq!(bytes_since(&start, &start), 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionStats {
    /// What came in.
    pub received: ReceiveStats,
    /// What went out, or waits to.
    pub sent: SendStats,
}

impl ConnectionStats {
    /// The numbers of the two directions together.
    #[must_use]
    pub const fn new(received: ReceiveStats, sent: SendStats) -> Self {
        Self { received, sent }
    }
}
