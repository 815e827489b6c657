//! One route: its queue, and what becomes of a datagram that does not fit.

use alloc::collections::VecDeque;

use crate::datagram::{ConnectDatagram, DatagramRef};

use super::config::{Overflow, RouteConfig};
use super::copies::Copies;
use super::route_stats::RouteStats;

#[derive(Debug)]
pub(super) struct Route<W> {
    config: RouteConfig,
    queue: VecDeque<ConnectDatagram>,
    copies: Copies,
    stats: RouteStats,
    /// Since the receiver last took anything, the driver let it run.
    gave_way: bool,
    /// Whom to notify of the next datagram or the end.
    pub(super) waiting: Option<W>,
}

/// What is to become of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Queue,
    Discard,
    /// It stays with the decoder until there is room.
    HoldLine,
    /// The receiver gets a chance to make room first, once.
    GiveWay,
}

impl<W> Route<W> {
    pub(super) fn new(config: RouteConfig) -> Self {
        Self {
            config,
            queue: VecDeque::new(),
            copies: Copies::default(),
            stats: RouteStats::default(),
            gave_way: false,
            waiting: None,
        }
    }

    /// Makes room for a datagram of `data_len` bytes, if that can be done.
    pub(super) fn admit(&mut self, data_len: usize) -> Admission {
        if self.fits(data_len, self.config.capacity()) {
            return Admission::Queue;
        }
        let overflow = self.config.overflow();
        if overflow != Overflow::HoldLine && !self.gave_way {
            self.gave_way = true;
            return Admission::GiveWay;
        }
        match overflow {
            Overflow::HoldLine => Admission::HoldLine,
            Overflow::DiscardNewest => Admission::Discard,
            Overflow::DiscardOldest => {
                while !self.fits(data_len, self.config.capacity()) {
                    let oldest = self.pop();
                    self.count_discarded(oldest.map_or(0, |oldest| oldest.data().len()));
                }
                Admission::Queue
            }
        }
    }

    /// Whether a line that is held for a datagram of `data_len` bytes should go on: with an eighth of the
    /// capacity to spare, so that a change of tasks moves more than one small datagram.
    pub(super) fn has_ample_room(&self, data_len: usize) -> bool {
        let capacity = self.config.capacity();
        self.fits(data_len, capacity - capacity / 8)
    }

    /// After [`Admission::Queue`].
    pub(super) fn push(&mut self, datagram: ConnectDatagram) {
        let data_len = datagram.data().len();
        self.count(data_len);
        self.stats.queued_bytes += cost(data_len);
        self.queue.push_back(datagram);
    }

    /// After [`Admission::Queue`], of data that shares its memory with others.
    #[inline]
    pub(super) fn push_copy(&mut self, datagram: DatagramRef<'_>) {
        let data = self.copies.copy(datagram.data(), self.stats.queued_bytes);
        self.push(ConnectDatagram::from_parts(datagram.recipient(), data));
    }

    /// After [`Admission::Discard`].
    pub(super) fn discard(&mut self, data_len: usize) {
        self.count(data_len);
        self.count_discarded(data_len);
    }

    /// After [`Admission::HoldLine`], once for every time.
    pub(super) fn count_hold(&mut self) {
        self.stats.line_holds += 1;
    }

    /// The first datagram of the queue. A queue that is found empty holds no memory.
    #[inline]
    pub(super) fn take(&mut self) -> Option<ConnectDatagram> {
        self.gave_way = false;
        let datagram = self.pop();
        if datagram.is_none() {
            self.queue = VecDeque::new();
            self.copies = Copies::default();
        }
        datagram
    }

    pub(super) fn stats(&self) -> RouteStats {
        RouteStats {
            queued_messages: self.queue.len(),
            ..self.stats
        }
    }

    fn fits(&self, data_len: usize, within: usize) -> bool {
        self.queue.is_empty() || self.stats.queued_bytes.saturating_add(cost(data_len)) <= within
    }

    #[inline]
    fn pop(&mut self) -> Option<ConnectDatagram> {
        let datagram = self.queue.pop_front()?;
        self.stats.queued_bytes -= cost(datagram.data().len());
        Some(datagram)
    }

    fn count(&mut self, data_len: usize) {
        self.stats.messages += 1;
        self.stats.bytes += data_len as u64;
    }

    fn count_discarded(&mut self, data_len: usize) {
        self.stats.discarded_messages += 1;
        self.stats.discarded_bytes += data_len as u64;
    }
}

const fn cost(data_len: usize) -> usize {
    data_len + RouteConfig::OVERHEAD
}

// A queue that doubles has place for twice as many datagrams as are in it.
const _: () = assert!(2 * size_of::<ConnectDatagram>() <= RouteConfig::OVERHEAD);
