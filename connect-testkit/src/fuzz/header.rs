//! Any eight bytes as a header.

use connect_proto::{DecodeError, HEADER_LEN, Header};

use crate::naive;

/// Any eight bytes as a header, and a limit of two bytes more: the verdict is that of the reference parser, and
/// a header that is accepted is written again as it was.
///
/// # Panics
///
/// On a finding.
pub fn header(input: &[u8]) {
    let Some((bytes, rest)) = input.split_first_chunk::<HEADER_LEN>() else {
        return;
    };
    let limit = match rest.first_chunk() {
        Some(limit) => usize::from(u16::from_be_bytes(*limit)),
        None => connect_proto::MAX_DATA_LEN,
    };
    let expected = naive::parse(bytes, limit).verdict;
    match (Header::parse(bytes, limit), expected) {
        (Ok(header), Err(DecodeError::UnexpectedEof { missing })) => {
            assert_eq!(header.to_bytes(), *bytes);
            assert_eq!(header.data_len(), missing);
            assert_eq!(header.frame_len(), HEADER_LEN + missing);
            assert!(header.data_len() <= limit);
            assert_eq!(Header::new(header.recipient(), missing), Ok(header));
        }
        (verdict, expected) => assert_eq!(verdict.map(|_| ()), expected),
    }
}
