//! Where records begin and end.

use std::ops::Range;

pub(super) const HEADER_LEN: usize = 5;

/// A record as it goes over the wire, header included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The content type that the header shows: 22 handshake, 23 whatever is encrypted.
    pub content_type: u8,
    /// Header and body.
    pub bytes: &'a [u8],
}

/// The whole records of a stream, which begins with one.
#[must_use]
pub fn records(stream: &[u8]) -> Vec<Record<'_>> {
    let record = |range: Range<usize>| Record {
        content_type: stream[range.start],
        bytes: &stream[range],
    };
    record_ranges(stream).into_iter().map(record).collect()
}

/// Where they are.
#[must_use]
pub fn record_ranges(stream: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while let Some([_, _, _, high, low]) = stream[start..].first_chunk::<HEADER_LEN>() {
        let end = start + HEADER_LEN + usize::from(u16::from_be_bytes([*high, *low]));
        if end > stream.len() {
            break;
        }
        ranges.push(start..end);
        start = end;
    }
    ranges
}
