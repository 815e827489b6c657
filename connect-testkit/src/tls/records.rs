//! Where records begin and end.

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
pub fn records(mut stream: &[u8]) -> Vec<Record<'_>> {
    let mut records = Vec::new();
    while let Some([_, _, _, high, low]) = stream.first_chunk() {
        let len = 5 + usize::from(u16::from_be_bytes([*high, *low]));
        let Some((bytes, rest)) = stream.split_at_checked(len) else {
            break;
        };
        let content_type = bytes[0];
        records.push(Record {
            content_type,
            bytes,
        });
        stream = rest;
    }
    records
}
