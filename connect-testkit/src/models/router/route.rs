//! A route, naively.

use std::collections::VecDeque;

use connect_proto::ConnectDatagram;
use connect_proto::router::{RouteConfig, RouteId};

/// What a route is, naively.
pub(crate) struct NaiveRoute {
    pub(crate) id: RouteId,
    pub(crate) recipients: Vec<u16>,
    pub(crate) is_rest: bool,
    pub(crate) config: RouteConfig,
    pub(crate) queue: VecDeque<ConnectDatagram>,
    pub(crate) waiting: Option<u32>,
    pub(crate) open: bool,
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) discarded: u64,
    pub(crate) discarded_bytes: u64,
    /// It was full, may discard, and its receiver has taken nothing since.
    pub(crate) gave_way: bool,
    pub(crate) holds: u64,
}

impl NaiveRoute {
    pub(crate) fn new(
        id: RouteId,
        recipients: Vec<u16>,
        is_rest: bool,
        config: RouteConfig,
    ) -> Self {
        Self {
            id,
            recipients,
            is_rest,
            config,
            queue: VecDeque::new(),
            waiting: None,
            open: true,
            sent: 0,
            sent_bytes: 0,
            discarded: 0,
            discarded_bytes: 0,
            gave_way: false,
            holds: 0,
        }
    }

    /// A datagram with so many bytes of data was sent to it.
    pub(crate) const fn count(&mut self, len: usize) {
        self.sent += 1;
        self.sent_bytes += len as u64;
    }

    pub(crate) const fn count_discarded(&mut self, len: usize) {
        self.discarded += 1;
        self.discarded_bytes += len as u64;
    }

    pub(crate) fn used(&self) -> usize {
        self.queue.iter().map(cost).sum()
    }

    pub(crate) fn fits(&self, len: usize, within: usize) -> bool {
        self.queue.is_empty() || self.used() + len + RouteConfig::OVERHEAD <= within
    }
}

fn cost(datagram: &ConnectDatagram) -> usize {
    datagram.data().len() + RouteConfig::OVERHEAD
}
