//! Datagrams whose content gives every mistake away.

use connect_proto::{ConnectDatagram, HEADER_LEN};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::random::SplitMix64;

/// `length` bytes that belong to the datagram at `index`. They look random: that two stretches of eight bytes are
/// alike, within one datagram or between two, is next to impossible, so anything lost, doubled, moved or stale
/// shows. Of `index` the lower 32 bits count.
#[must_use]
pub fn content(index: usize, length: usize) -> Vec<u8> {
    let mut random = SplitMix64::new((index as u64) << 32 ^ length as u64);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&random.next().to_ne_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// The datagram at `index`, for `recipient`, with `length` bytes of [`content`].
#[must_use]
pub fn datagram(index: usize, recipient: u16, length: usize) -> ConnectDatagram {
    ConnectDatagram::new(recipient, content(index, length)).expect("a valid length")
}

/// Datagrams of these lengths, each with another recipient.
#[must_use]
pub fn of_lengths(lengths: &[usize]) -> Vec<ConnectDatagram> {
    lengths
        .iter()
        .enumerate()
        .map(|(index, length)| datagram(index, (index as u16).wrapping_mul(40_503), *length))
        .collect()
}

/// Where each frame ends in the stream of these datagrams.
#[must_use]
pub fn frame_ends(datagrams: &[ConnectDatagram]) -> Vec<usize> {
    datagrams
        .iter()
        .scan(0, |end, datagram| {
            *end += datagram.size();
            Some(*end)
        })
        .collect()
}

/// Lists of lengths at which something changes in the code: next to nothing, around the length from
/// which data is chained, around a block, and beyond every block.
#[must_use]
pub fn interesting_lengths() -> Vec<Vec<usize>> {
    const CHAIN: usize = 4 * 1024;
    const BLOCK: usize = 64 * 1024;
    vec![
        vec![],
        vec![1],
        vec![1, 2, 7, 8, 9, 1],
        vec![5; 300],
        (1..=120).collect(),
        vec![CHAIN - 9, CHAIN - 8, CHAIN - 1, CHAIN, CHAIN + 1, 1],
        vec![BLOCK / 2 - 8, BLOCK / 2 - 9, 1, BLOCK / 2, 3],
        vec![BLOCK - 9, 1, BLOCK - 8, 2, BLOCK - 1, BLOCK, BLOCK + 1],
        vec![17, 100_000, 18, 19, 200_000, 1, 300_000],
    ]
}

/// Any list of datagrams for any recipients, with lengths biased as in [`interesting_lengths`].
pub fn any() -> impl Strategy<Value = Vec<ConnectDatagram>> {
    let length = prop_oneof![
        20 => prop_oneof![Just(1usize), Just(2), Just(7), Just(8)],
        20 => 1..300usize,
        5 => around(4 * 1024),
        3 => around(32 * 1024),
        3 => around(64 * 1024),
        1 => 100_000..300_000usize,
    ];
    vec((any_recipient(), length), 0..24).prop_map(|sketches| {
        sketches
            .into_iter()
            .enumerate()
            .map(|(index, (recipient, length))| datagram(index, recipient, length))
            .collect()
    })
}

fn any_recipient() -> impl Strategy<Value = u16> {
    prop_oneof![3 => proptest::num::u16::ANY, 1 => Just(0), 1 => Just(u16::MAX)]
}

/// Lengths whose data or whose frame ends next to `length`.
fn around(length: usize) -> impl Strategy<Value = usize> {
    length - HEADER_LEN - 2..length + 3
}
