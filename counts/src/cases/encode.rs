//! The encoder and its outbox, over a transport that takes everything, or a little at a time.

use std::hint::black_box;
use std::io::IoSlice;

use bytes::Buf;
use connect_proto::{Config, Encoder, Outbox};

use crate::case::Case;
use crate::messages::{data, datagram, datagram_ref, length};

/// Bytes of data, and messages.
const SIZES: [(usize, usize); 3] = [(16, 10_000), (256, 10_000), (4096, 1000)];
const LONG: (usize, usize) = (64 * 1024, 1000);

/// As many pieces as an adapter writes at once.
const SLICES: usize = 64;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (size, count) in SIZES {
        let data = data(size);
        cases.push(case("borrowed", size, count, false, all, move |encoder| {
            encoder.push_ref(datagram_ref(data)).expect("valid");
        }));
        cases.push(case("copied", size, count, false, all, move |encoder| {
            encoder.push(datagram(data)).expect("valid");
        }));
    }
    let (size, count) = LONG;
    let long = data(size);
    cases.push(case("chained", size, count, true, all, move |encoder| {
        encoder.push(datagram(long)).expect("valid");
    }));
    // Without vectored writes its beginning is copied behind the header.
    cases.push(case("split", size, count, false, all, move |encoder| {
        encoder.push(datagram(long)).expect("valid");
    }));

    let short = data(64);
    cases.push(case(
        "partly-taken",
        64,
        10_000,
        false,
        a_little,
        move |encoder| {
            encoder.push_ref(datagram_ref(short)).expect("valid");
        },
    ));
    cases.push(case(
        "chained-partly-taken",
        size,
        count,
        true,
        a_little,
        move |encoder| {
            encoder.push(datagram(long)).expect("valid");
        },
    ));
    cases
}

/// How many bytes of those offered a transport takes.
type Take = fn(usize) -> usize;

fn all(offered: usize) -> usize {
    offered
}

fn a_little(offered: usize) -> usize {
    offered.min(1460)
}

fn case(
    lane_name: &str,
    size: usize,
    count: usize,
    vectored: bool,
    take: Take,
    push: impl Fn(&mut Encoder) + Copy + 'static,
) -> Case {
    let name = format!("encode-{lane_name}-{}", length(size));
    Case::new(name, count, move || {
        let mut encoder = Encoder::new(&Config::new());
        encoder.set_vectored(vectored);
        move || {
            for _ in 0..count {
                push(&mut encoder);
                if !encoder.is_ready() {
                    drain(encoder.outbox(), vectored, take);
                }
            }
            drain(encoder.outbox(), vectored, take);
        }
    })
}

fn drain(outbox: &mut Outbox, vectored: bool, take: Take) {
    while outbox.has_remaining() {
        let offered = if vectored {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let filled = outbox.chunks_vectored(&mut slices);
            black_box(&slices[..filled]);
            slices[..filled].iter().map(|slice| slice.len()).sum()
        } else {
            black_box(outbox.chunk()).len()
        };
        outbox.advance(take(offered));
    }
}
