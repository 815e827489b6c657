//! One direction of a connection: what is under way, and what was said about it.

use crate::naive::Message;

use super::party::{End, Party};

/// One direction of a connection, from a sender to a receiver.
#[derive(Default)]
pub(super) struct Line {
    under_way: Vec<u8>,
    delivered: usize,
    /// What the sender has accepted.
    sent: Vec<Message>,
    /// How many of them were delivered whole, for certain.
    arrived: u64,
    /// The sender was told to close.
    closed: bool,
    /// The transport was cut.
    cut: bool,
}

impl Line {
    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) const fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn sent_len(&self) -> usize {
        self.sent.len()
    }

    /// The sender queues a datagram, and refuses to after its end.
    pub(super) fn push(&mut self, sender: &mut Party, message: Message) {
        let data = message.data.clone();
        let datagram = connect_proto::ConnectDatagram::new(message.recipient, data).unwrap();
        match sender.push(datagram) {
            Ok(()) => {
                assert!(!self.closed, "accepted after the end");
                self.sent.push(message);
            }
            Err(datagram) => {
                assert!(self.closed || is_failed(sender), "refused");
                assert!(*datagram.data() == message.data);
            }
        }
    }

    pub(super) fn close(&mut self, sender: &mut Party) {
        sender.endpoint().close();
        self.closed = true;
    }

    /// The sender writes `most` bytes at the most. Says whether there were any.
    pub(super) fn write(&mut self, sender: &mut Party, most: usize) -> bool {
        let new = sender.endpoint().take_some(most);
        assert!(new.len() <= most);
        if new.len() < most {
            sender.handle_flushed();
        }
        if !self.cut {
            self.under_way.extend_from_slice(&new);
        }
        !new.is_empty()
    }

    /// The receiver gets `most` bytes at the most. Says whether there were any.
    pub(super) fn deliver(&mut self, sender: &Party, receiver: &mut Party, most: usize) -> bool {
        if self.cut {
            return false;
        }
        let waiting = &self.under_way[self.delivered..];
        let len = most.min(waiting.len());
        receiver.endpoint().give(&waiting[..len]);
        self.delivered += len;
        if self.delivered == self.under_way.len() {
            self.under_way.clear();
            self.delivered = 0;
            self.arrived = sender.sent();
        }
        len > 0
    }

    /// The transport ends here, with whatever is still under way.
    pub(super) fn cut(&mut self, receiver: &mut Party) {
        self.cut = true;
        self.under_way = Vec::new();
        self.delivered = 0;
        receiver.finish();
    }

    /// What holds at any time.
    pub(super) fn check(&self, receiver: &mut Party) {
        let received = receiver.check_received(&self.sent);
        assert!(received as u64 >= self.arrived, "not whole");
        match receiver.ending() {
            End::Clean => {
                assert!(self.closed, "an end that nobody has made");
                assert_eq!(received, self.sent.len(), "an end before everything");
            }
            End::Truncated { handshaking } => {
                assert!(self.cut, "not cut");
                assert!(!handshaking || received == 0);
            }
            End::Open => {}
        }
    }

    /// What holds once neither side has anything to say, and everything that was said has arrived.
    pub(super) fn check_at_rest(&self, sender: &mut Party, receiver: &mut Party) {
        self.check(receiver);
        if self.cut || is_lost(sender) || is_lost(receiver) {
            return;
        }
        assert_eq!(receiver.check_received(&self.sent), self.sent.len());
        assert_eq!(receiver.ending() == End::Clean, self.closed);
    }
}

/// A side that was cut off, during its handshake or later.
fn is_lost(party: &mut Party) -> bool {
    party.is_handshaking() || is_failed(party)
}

fn is_failed(party: &mut Party) -> bool {
    matches!(party.ending(), End::Truncated { .. })
}
