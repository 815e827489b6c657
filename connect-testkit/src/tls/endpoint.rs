//! One side of a TLS connection, whatever it is made of.

use connect_proto::ConnectDatagram;

use crate::naive::{self, Message};

/// One side of a TLS connection, whatever it is made of.
pub trait Endpoint {
    /// Ciphertext from the peer.
    fn give(&mut self, ciphertext: &[u8]);

    /// The next ciphertext for the peer, `most` bytes at the most: a write that may be a partial one.
    fn take_some(&mut self, most: usize) -> Vec<u8>;

    /// All ciphertext for the peer.
    fn take(&mut self) -> Vec<u8> {
        self.take_some(usize::MAX)
    }

    /// Queues datagrams.
    fn send(&mut self, datagrams: &[ConnectDatagram]);

    /// Ends the sending direction.
    fn close(&mut self);

    /// Changes the keys of the sending direction.
    fn refresh_keys(&mut self);

    /// What has arrived whole, in order.
    fn messages(&mut self) -> Vec<Message>;

    /// Whether the peer has ended its sending direction.
    fn is_peer_closed(&mut self) -> bool;
}

/// What a receiver of these datagrams must have.
#[must_use]
pub fn expected(datagrams: &[ConnectDatagram]) -> Vec<Message> {
    naive::parse(&naive::encode(datagrams), usize::MAX).messages
}
