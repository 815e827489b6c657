//! What the codec costs per message, beside hand-written floors and beside the codec that most
//! tokio programs use for such a format.
//!
//! ```text
//! cargo bench -p connect-proto --bench codec              every contender on its own, by divan
//! cargo bench -p connect-proto --bench codec -- ratios    all of them in turn, and their ratios
//! ```
//!
//! Times differ from machine to machine and from minute to minute; ratios hardly do, provided that the
//! contenders take turns. So the second form is the one that decides whether a target is met.

mod decode;
mod encode;
mod ratios;

use std::fmt;

use tokio_util::codec::LengthDelimitedCodec;

const PAYLOAD_LENS: [usize; 5] = [16, 64, 256, 4096, 65536];

/// Enough for times that a clock can tell apart, and more than a core's private cache.
const STREAM_LEN: usize = 4 * 1024 * 1024;

/// The length of a block to write, and what a connection reads and queues by default.
const BLOCK_LEN: usize = 64 * 1024;

/// Reads the eight bytes in front of a message as a careful hand-written loop would.
#[inline]
fn parse_header(header: [u8; 8]) -> (usize, u16) {
    let [s0, s1, s2, s3, v0, v1, r0, r1] = header;
    let size = u32::from_be_bytes([s0, s1, s2, s3]);
    let version = u16::from_be_bytes([v0, v1]);
    assert!((5..=100_000_004).contains(&size) && version == 1);
    (size as usize - 4, u16::from_be_bytes([r0, r1]))
}

#[inline]
fn header_bytes(data_len: usize, recipient: u16) -> [u8; 8] {
    assert!((1..=100_000_000).contains(&data_len));
    let [s0, s1, s2, s3] = (data_len as u32 + 4).to_be_bytes();
    let [v0, v1] = 1u16.to_be_bytes();
    let [r0, r1] = recipient.to_be_bytes();
    [s0, s1, s2, s3, v0, v1, r0, r1]
}

/// The peer's codec, set up for this format. Its frames begin with version and recipient.
fn length_delimited_codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .big_endian()
        .length_field_length(4)
        .length_adjustment(0)
        .num_skip(4)
        .max_frame_length(100_000_004)
        .new_codec()
}

/// A number of bytes, printed in the unit that suits it.
struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.0 >= 1024 && self.0 % 1024 == 0 {
            format!("{} KiB", self.0 / 1024)
        } else {
            format!("{} B", self.0)
        };
        f.pad(&text)
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "ratios") {
        ratios::run();
    } else {
        divan::main();
    }
}
