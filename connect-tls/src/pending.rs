//! How many handshakes a listener runs at once, and for how long.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::handshake_error::HandshakeError;

/// How many handshakes a listener runs at once, and for how long.
///
/// Whoever is one too many displaces the slowest, the one that began first. So a flood of connections which
/// say nothing displaces itself, while a client that goes on with its handshake is done before its turn
/// comes. To wait instead would lock everybody out.
///
/// ```
/// use connect_tls::HandshakeLimits;
/// use std::time::Duration;
///
/// let limits = HandshakeLimits::new().with_max_pending(64).with_time_limit(Duration::from_secs(3));
/// assert_eq!((limits.max_pending(), limits.time_limit().as_secs()), (64, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeLimits {
    max_pending: usize,
    time_limit: Duration,
}

impl HandshakeLimits {
    /// The defaults: 1024 handshakes, 10 seconds for each.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_pending: 1024,
            time_limit: Duration::from_secs(10),
        }
    }

    /// How many handshakes run at once; at least one. Each holds a socket and about 5 KiB; one whose peer
    /// sends its messages in tiny parts up to 400 KiB, until that is refused. Default: 1024, which a client
    /// that needs 100 ms survives among 10,000 new connections a second.
    #[must_use]
    pub const fn with_max_pending(mut self, handshakes: usize) -> Self {
        self.max_pending = if handshakes == 0 { 1 } else { handshakes };
        self
    }

    /// How long a handshake may take; zero lets nobody in. Default: 10 seconds, long enough for lost packets on a bad
    /// line.
    #[must_use]
    pub const fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// How many handshakes run at once.
    #[must_use]
    pub const fn max_pending(&self) -> usize {
        self.max_pending
    }

    /// How long a handshake may take.
    #[must_use]
    pub const fn time_limit(&self) -> Duration {
        self.time_limit
    }
}

impl Default for HandshakeLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// Which handshakes are under way: what a listener asks before it begins one, and when its clock rings.
/// Reads no clock itself.
///
/// `T` is whatever gives a handshake up.
///
/// When changing this: all handshakes have the same time limit, so the order in which they began is that
/// in which they end, and the first is both the slowest and the next to time out.
///
/// ```
/// use connect_tls::{HandshakeError, HandshakeLimits, PendingHandshakes};
/// use std::time::{Duration, Instant};
///
/// let limits = HandshakeLimits::new().with_max_pending(1).with_time_limit(Duration::from_secs(10));
/// let mut pending = PendingHandshakes::new(limits);
/// let now = Instant::now();
/// let (_, displaced) = pending.begin(now, "slow");
/// assert!(displaced.is_none());
/// let (_, displaced) = pending.begin(now, "silent");
/// assert!(matches!(displaced, Some(("slow", HandshakeError::Displaced { limit: 1 }))));
///
/// assert_eq!(pending.deadline(), Some(now + limits.time_limit()));
/// let expired = pending.expire(now + limits.time_limit());
/// assert!(matches!(expired, Some(("silent", HandshakeError::TimedOut { .. }))));
/// ```
#[derive(Debug)]
pub struct PendingHandshakes<T> {
    limits: HandshakeLimits,
    pending: BTreeMap<u64, (Option<Instant>, T)>,
    next: u64,
}

/// A handshake under way.
///
/// ```
/// use connect_tls::{HandshakeLimits, PendingHandshakes};
///
/// let mut pending = PendingHandshakes::new(HandshakeLimits::new());
/// let (id, _) = pending.begin(std::time::Instant::now(), "a peer");
/// assert_eq!(pending.len(), 1);
/// pending.end(id); // it has a connection now, or none
/// assert!(pending.is_empty());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandshakeId(u64);

impl<T> PendingHandshakes<T> {
    /// None under way.
    #[must_use]
    pub const fn new(limits: HandshakeLimits) -> Self {
        Self {
            limits,
            pending: BTreeMap::new(),
            next: 0,
        }
    }

    /// A handshake begins. If that is one too many, the slowest is returned, to be given up.
    #[must_use = "the displaced handshake is to be given up"]
    pub fn begin(
        &mut self,
        now: Instant,
        handshake: T,
    ) -> (HandshakeId, Option<(T, HandshakeError)>) {
        let displaced = (self.pending.len() >= self.limits.max_pending)
            .then(|| self.pending.pop_first())
            .flatten()
            .map(|(_, (_, slowest))| {
                let limit = self.limits.max_pending;
                (slowest, HandshakeError::Displaced { limit })
            });
        let id = self.next;
        self.next += 1;
        // A limit beyond the end of the clock is none.
        let deadline = now.checked_add(self.limits.time_limit);
        self.pending.insert(id, (deadline, handshake));
        (HandshakeId(id), displaced)
    }

    /// A handshake has ended, in whichever way.
    pub fn end(&mut self, id: HandshakeId) {
        self.pending.remove(&id.0);
    }

    /// When the next handshake times out, if any is under way.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let (_, (deadline, _)) = self.pending.first_key_value()?;
        *deadline
    }

    /// A handshake that has timed out by `now`, to be given up. Ask until there is none.
    pub fn expire(&mut self, now: Instant) -> Option<(T, HandshakeError)> {
        if self.deadline()? > now {
            return None;
        }
        let (_, (_, handshake)) = self.pending.pop_first()?;
        let limit = self.limits.time_limit;
        Some((handshake, HandshakeError::TimedOut { limit }))
    }

    /// How many are under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether none is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}
