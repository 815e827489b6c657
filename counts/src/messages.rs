//! What is sent and received.

use bytes::Bytes;
use connect_proto::{ConnectDatagram, DatagramRef, Header};

/// The only recipient.
pub(crate) const RECIPIENT: u16 = 7;

/// `size` bytes that live for ever: to clone them costs nothing, which would not be ours.
pub(crate) fn data(size: usize) -> &'static [u8] {
    Vec::leak(vec![b'x'; size])
}

pub(crate) fn datagram(data: &'static [u8]) -> ConnectDatagram {
    ConnectDatagram::new(RECIPIENT, Bytes::from_static(data)).expect("the length is allowed")
}

pub(crate) fn datagram_ref(data: &[u8]) -> DatagramRef<'_> {
    DatagramRef::new(RECIPIENT, data)
}

/// The bytes of `count` messages with `size` bytes of data each.
pub(crate) fn stream(size: usize, count: usize) -> &'static [u8] {
    let header = Header::new(RECIPIENT, size).expect("the length is allowed");
    let frame = [&header.to_bytes()[..], data(size)].concat();
    Vec::leak(frame.repeat(count))
}

/// As a name says it.
pub(crate) fn length(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes}B"),
        1024..1_048_576 => format!("{}KiB", bytes / 1024),
        _ => format!("{}MiB", bytes / 1_048_576),
    }
}
