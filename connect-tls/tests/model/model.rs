//! One direction of a connection as lists: what was accepted, what is under way, what has arrived.

use connect_proto::{ConnectDatagram, SendStats};
use connect_testkit::datagrams;

/// One direction, from the side that sends to the one that receives.
#[derive(Debug, Default)]
pub(crate) struct Direction {
    /// What the sender has accepted, and where each frame of it ends.
    accepted: Vec<ConnectDatagram>,
    frame_ends: Vec<u64>,
    /// Ciphertext that the transport has taken and not delivered, behind what is `carried`.
    under_way: Vec<u8>,
    pub(crate) written: usize,
    pub(crate) carried: usize,
    /// How many plain bytes the sender has called sent, by how much ciphertext was written then.
    claims: Vec<(usize, u64)>,
    /// Where close_notify ends, once it is encrypted.
    pub(crate) close_notify: Option<usize>,
    /// Nothing more is delivered than what is under way.
    pub(crate) ended: bool,
    /// Some ciphertext will never arrive.
    pub(crate) lost: bool,
    /// What is accepted from here on can never arrive, for the sender has failed.
    dead_from: Option<usize>,
    pub(crate) received: usize,
}

impl Direction {
    /// The next datagram of this direction: no two are alike.
    pub(crate) fn next(&self, side: usize, len: usize) -> ConnectDatagram {
        let index = 2 * self.accepted.len() + side;
        datagrams::datagram(index, index as u16, len)
    }

    pub(crate) fn accept(&mut self, datagram: ConnectDatagram) {
        let end = self.accepted_bytes() + datagram.size() as u64;
        self.accepted.push(datagram);
        self.frame_ends.push(end);
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.len()
    }

    pub(crate) fn accepted_bytes(&self) -> u64 {
        self.frame_ends.last().copied().unwrap_or_default()
    }

    pub(crate) fn frames_within(&self, bytes: u64) -> usize {
        self.frame_ends.partition_point(|end| *end <= bytes)
    }

    /// The transport takes ciphertext.
    pub(crate) fn write(&mut self, ciphertext: &[u8]) {
        self.written += ciphertext.len();
        let most = self.close_notify.unwrap_or(usize::MAX);
        assert!(self.written <= most, "bytes follow close_notify");
        if self.ended {
            self.lost = true;
        } else {
            self.under_way.extend_from_slice(ciphertext);
        }
    }

    /// What the sender calls sent now, must have arrived when all that is written by now has.
    pub(crate) fn claim(&mut self, bytes: u64) {
        self.claims.push((self.written, bytes));
    }

    pub(crate) fn under_way(&self) -> &[u8] {
        &self.under_way
    }

    /// The transport has delivered the first `count` bytes of what is under way.
    pub(crate) fn carry(&mut self, count: usize) {
        self.under_way.drain(..count);
        self.carried += count;
    }

    /// The transport has delivered as many to somebody who ignores them.
    pub(crate) fn lose(&mut self, count: usize) {
        self.under_way.drain(..count);
        self.lost |= count > 0;
    }

    /// The transport is cut.
    pub(crate) fn cut(&mut self) {
        self.ended = true;
        self.lost |= !self.under_way.is_empty();
        self.under_way.clear();
    }

    pub(crate) fn die(&mut self) {
        self.dead_from.get_or_insert(self.accepted.len());
    }

    pub(crate) fn is_close_carried(&self) -> bool {
        self.close_notify.is_some_and(|end| end <= self.carried)
    }

    /// A datagram arrives: the next that was accepted.
    pub(crate) fn receive(&mut self, recipient: u16, data: &[u8]) {
        let Some(sent) = self.accepted.get(self.received) else {
            panic!("datagram {} was never sent", self.received);
        };
        assert_eq!(recipient, sent.recipient(), "datagram {}", self.received);
        assert!(data == &sent.data()[..], "datagram {}", self.received);
        self.received += 1;
        let alive = self.dead_from.is_none_or(|end| self.received <= end);
        assert!(alive, "sent after a failure");
    }

    /// The receiver says that it has had so many plain bytes: no more than were accepted, and all that the sender
    /// has called sent by the ciphertext that has arrived.
    pub(crate) fn check_plain(&self, bytes: u64) {
        assert!(bytes <= self.accepted_bytes());
        let known = self.claims.partition_point(|claim| claim.0 <= self.carried);
        let claimed = self.claims[..known].last().map_or(0, |claim| claim.1);
        assert!(bytes >= claimed, "{claimed} were called sent, not {bytes}");
    }

    /// What the sender says about itself.
    pub(crate) fn check_sent(&self, stats: &SendStats, before: &SendStats) {
        assert_eq!(
            stats.bytes + stats.queued_bytes as u64,
            self.accepted_bytes()
        );
        let messages = stats.messages as usize;
        assert_eq!(messages + stats.queued_messages, self.accepted());
        assert_eq!(messages, self.frames_within(stats.bytes));
        assert!(stats.bytes >= before.bytes, "what is sent stays sent");
        assert!(stats.most_queued_bytes >= stats.queued_bytes);
    }
}
