//! The decoder alone, which is never told that the transport is dry: a connection that stays busy.

use std::hint::black_box;

use connect_proto::{Config, Decoded, Decoder};

use crate::case::Case;
use crate::messages::{length, stream};

/// Takes what is whole; how many there were.
type Lane = fn(&mut Decoder) -> usize;

const LANES: [(&str, Lane); 3] = [("borrowed", borrowed), ("batch", batch), ("owned", owned)];

/// Bytes of data, and messages.
const SIZES: [(usize, usize); 3] = [(16, 10_000), (256, 10_000), (4096, 1000)];
const LARGE: (usize, usize) = (1024 * 1024, 4);

const CHUNKS: [usize; 2] = [8 * 1024, 64 * 1024];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (lane_name, lane) in LANES {
        for (size, count) in SIZES {
            cases.extend(CHUNKS.map(|chunk| case(lane_name, lane, size, count, chunk)));
        }
        cases.push(case(lane_name, lane, LARGE.0, LARGE.1, CHUNKS[1]));
    }
    cases
}

fn case(lane_name: &str, lane: Lane, size: usize, count: usize, chunk: usize) -> Case {
    let name = format!("decode-{lane_name}-{}-by-{}", length(size), length(chunk));
    Case::new(name, count, move || {
        let stream = stream(size, count);
        let mut decoder = Decoder::new(&Config::new());
        move || {
            let mut received = 0;
            for mut chunk in stream.chunks(chunk) {
                while !chunk.is_empty() {
                    let spare = decoder.spare();
                    let (read, rest) = chunk.split_at(chunk.len().min(spare.len()));
                    spare[..read.len()].copy_from_slice(read);
                    decoder.commit(read.len());
                    chunk = rest;
                    received += lane(&mut decoder);
                }
            }
            assert_eq!(received, count);
        }
    })
}

fn borrowed(decoder: &mut Decoder) -> usize {
    let mut count = 0;
    while let Ok(Decoded::Datagram(datagram)) = decoder.next_datagram_ref() {
        black_box(datagram.data());
        count += 1;
    }
    count
}

fn batch(decoder: &mut Decoder) -> usize {
    let mut count = 0;
    while decoder.has_answer() {
        for datagram in decoder.datagrams() {
            black_box(datagram.data());
            count += 1;
        }
    }
    count
}

fn owned(decoder: &mut Decoder) -> usize {
    let mut count = 0;
    while let Ok(Decoded::Datagram(datagram)) = decoder.next_datagram() {
        black_box(datagram.data());
        count += 1;
    }
    count
}
