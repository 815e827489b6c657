//! What the codec costs per message, beside hand-written floors, beside the codec that most tokio programs use for
//! such a format, and beside the one of asynchronous-codec.
//!
//! ```text
//! cargo bench --manifest-path bench/Cargo.toml --bench codec
//!     every contender on its own, by divan
//! cargo bench --manifest-path bench/Cargo.toml --bench codec -- ratios [--rounds N] [--save FILE]
//!     all of them in turn, and their ratios; FILE is relative to bench/
//! ```
//!
//! Times differ from machine to machine and from minute to minute; ratios hardly do, provided that the
//! contenders take turns. So the second form is the one that decides whether a target is met.

mod decode;
mod encode;
mod ratios;

use connect_bench::Failure;
use tokio_util::codec::LengthDelimitedCodec;

const PAYLOAD_LENS: [usize; 7] = [16, 64, 256, 1024, 4096, 16384, 65536];

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

/// The eight bytes of a format that has no recipients: asynchronous-codec's.
#[inline]
fn plain_header_bytes(data_len: usize) -> [u8; 8] {
    (data_len as u64).to_be_bytes()
}

/// tokio-util's codec, set up for this format. Its frames begin with version and recipient.
fn length_delimited_codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .big_endian()
        .length_field_length(4)
        .length_adjustment(0)
        .num_skip(4)
        .max_frame_length(100_000_004)
        .new_codec()
}

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    if words.any(|word| word == "ratios") {
        ratios::run(words)
    } else {
        divan::main();
        Ok(())
    }
}
