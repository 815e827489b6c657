//! The eight bytes in front of every message, and the only place that reads or writes them.

use crate::error::{DecodeError, EncodeError};

/// Length of a header on the wire, in bytes: `size`, `version` and `recipient` (WIRE.md, section 1).
pub const HEADER_LEN: usize = 8;

/// The only version tag that exists: what `connect` 0.2.4 writes, and what this crate speaks.
pub const VERSION: u16 = 1;

/// The most data one datagram carries on the wire, in bytes: the limit that `connect` 0.2.4 puts on
/// its senders, and therefore part of version 1 of the format.
pub const MAX_DATA_LEN: usize = 100_000_000;

/// The size field counts what follows it: version and recipient (these four bytes), then the data.
const SIZE_WITHOUT_DATA: u32 = 4;

/// A header that is known to be valid: it announces between 1 and [`MAX_DATA_LEN`] bytes of data
/// in version [`VERSION`].
///
/// ```text
///  0       4         6           8
///  +-------+---------+-----------+---------------------+
///  | size  | version | recipient | data                |   all integers big-endian
///  +-------+---------+-----------+---------------------+
///    u32     u16 = 1   u16         size - 4 bytes, at least 1
/// ```
///
/// ```
/// use connect_proto::Header;
///
/// let header = Header::new(7, 5)?;
/// assert_eq!(header.to_bytes(), [0, 0, 0, 9, 0, 1, 0, 7]);
/// assert_eq!(header.frame_len(), 13);
/// # Ok::<(), connect_proto::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    data_len: u32,
    recipient: u16,
}

impl Header {
    /// A header for `data_len` bytes of data to `recipient`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::EmptyData`] for 0 bytes (a `connect` 0.2.4 peer panics on an empty message) and
    /// [`EncodeError::DataTooLarge`] above [`MAX_DATA_LEN`].
    #[inline]
    pub const fn new(recipient: u16, data_len: usize) -> Result<Self, EncodeError> {
        Self::new_within(recipient, data_len, MAX_DATA_LEN)
    }

    /// As [`new`](Self::new), with a limit that is stricter than the wire's.
    #[inline]
    pub(crate) const fn new_within(
        recipient: u16,
        data_len: usize,
        max_data_len: usize,
    ) -> Result<Self, EncodeError> {
        if data_len == 0 {
            return Err(EncodeError::EmptyData);
        }
        if data_len > max_data_len {
            return Err(EncodeError::DataTooLarge {
                len: data_len,
                max: max_data_len,
            });
        }
        Ok(Self {
            data_len: data_len as u32,
            recipient,
        })
    }

    /// Reads a header and refuses what a peer must not send.
    ///
    /// `max_data_len` is the caller's limit in bytes; values above [`MAX_DATA_LEN`] mean that limit.
    ///
    /// ```
    /// use connect_proto::{DecodeError, Header};
    ///
    /// let header = Header::parse(&[0, 0, 0, 9, 0, 1, 0, 7], 1024)?;
    /// assert_eq!((header.recipient(), header.data_len()), (7, 5));
    /// let refused = Header::parse(&[0, 0, 4, 5, 0, 1, 0, 7], 1024);
    /// assert_eq!(refused, Err(DecodeError::DataTooLarge { len: 1025, max: 1024 }));
    /// # Ok::<(), DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError::SizeTooSmall`], [`DecodeError::DataTooLarge`] or
    /// [`DecodeError::UnsupportedVersion`], in the order of the fields on the wire.
    #[inline]
    pub fn parse(bytes: &[u8; HEADER_LEN], max_data_len: usize) -> Result<Self, DecodeError> {
        Self::parse_within(bytes, max_data_len.min(MAX_DATA_LEN) as u32)
    }

    /// As [`parse`](Self::parse), with a limit of at most [`MAX_DATA_LEN`].
    #[inline]
    pub(crate) fn parse_within(bytes: &[u8; HEADER_LEN], limit: u32) -> Result<Self, DecodeError> {
        // Three cheap tests on the path that every message takes; the reason is looked for only when
        // there is one. The size is read on its own because the next message cannot be found before it.
        let [s0, s1, s2, s3, v0, v1, r0, r1] = *bytes;
        let data_len = u32::from_be_bytes([s0, s1, s2, s3]).wrapping_sub(SIZE_WITHOUT_DATA);
        if data_len.wrapping_sub(1) < limit && u16::from_be_bytes([v0, v1]) == VERSION {
            Ok(Self {
                data_len,
                recipient: u16::from_be_bytes([r0, r1]),
            })
        } else {
            Err(Self::refusal(bytes, limit))
        }
    }

    /// The reason why `bytes`, the first bytes of a header, can no longer become a valid one.
    ///
    /// Fields are judged as soon as they are complete and in wire order, so that the verdict does
    /// not depend on how the stream was cut.
    pub(crate) fn check_prefix(bytes: &[u8], max_data_len: u32) -> Result<(), DecodeError> {
        let Some((size, rest)) = bytes.split_first_chunk() else {
            return Ok(());
        };
        let size = u32::from_be_bytes(*size);
        match size.checked_sub(SIZE_WITHOUT_DATA) {
            None | Some(0) => return Err(DecodeError::SizeTooSmall { size }),
            Some(len) if len > max_data_len => {
                return Err(DecodeError::DataTooLarge {
                    len,
                    max: max_data_len,
                });
            }
            Some(_) => {}
        }
        match rest.first_chunk() {
            Some(version) if u16::from_be_bytes(*version) != VERSION => {
                Err(DecodeError::UnsupportedVersion {
                    version: u16::from_be_bytes(*version),
                })
            }
            _ => Ok(()),
        }
    }

    #[cold]
    fn refusal(bytes: &[u8; HEADER_LEN], max_data_len: u32) -> DecodeError {
        match Self::check_prefix(bytes, max_data_len) {
            Err(error) => error,
            // Both functions test the same three conditions; a test compares them on every field.
            Ok(()) => DecodeError::UnsupportedVersion { version: VERSION },
        }
    }

    /// The header as it stands on the wire.
    #[inline]
    #[must_use]
    pub const fn to_bytes(self) -> [u8; HEADER_LEN] {
        let size = (self.data_len + SIZE_WITHOUT_DATA) as u64;
        ((size << 32) | ((VERSION as u64) << 16) | self.recipient as u64).to_be_bytes()
    }

    /// The recipient tag, which the library carries and never interprets.
    #[inline]
    #[must_use]
    pub const fn recipient(self) -> u16 {
        self.recipient
    }

    /// Bytes of data behind this header.
    #[inline]
    #[must_use]
    pub const fn data_len(self) -> usize {
        self.data_len as usize
    }

    /// Bytes of the whole frame: [`HEADER_LEN`] plus the data.
    #[inline]
    #[must_use]
    pub const fn frame_len(self) -> usize {
        HEADER_LEN + self.data_len as usize
    }
}

// `as usize` and `as u32` above are lossless only under these two conditions.
const _: () = assert!(usize::BITS >= 32);
const _: () = assert!(MAX_DATA_LEN <= (u32::MAX - SIZE_WITHOUT_DATA) as usize);

#[cfg(test)]
mod tests {
    use super::*;
    use connect_testkit::{Counts, check_property};
    use proptest::prelude::*;

    fn bytes(size: u32, version: u16, recipient: u16) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&size.to_be_bytes());
        bytes[4..6].copy_from_slice(&version.to_be_bytes());
        bytes[6..].copy_from_slice(&recipient.to_be_bytes());
        bytes
    }

    #[test]
    fn every_limit_is_exact() {
        for size in 0..=4 {
            let refused = Header::parse(&bytes(size, 1, 0), MAX_DATA_LEN);
            assert_eq!(refused, Err(DecodeError::SizeTooSmall { size }));
        }
        assert_eq!(
            Header::parse(&bytes(5, 1, 9), MAX_DATA_LEN),
            Header::new(9, 1).map_err(|_| unreachable!())
        );
        let largest = MAX_DATA_LEN as u32 + 4;
        assert!(Header::parse(&bytes(largest, 1, 0), usize::MAX).is_ok());
        for (size, limit) in [
            (largest + 1, MAX_DATA_LEN),
            (u32::MAX, MAX_DATA_LEN),
            (15, 10),
        ] {
            assert_eq!(
                Header::parse(&bytes(size, 1, 0), limit),
                Err(DecodeError::DataTooLarge {
                    len: size - 4,
                    max: limit as u32
                })
            );
        }
        for version in [0, 2, u16::MAX] {
            assert_eq!(
                Header::parse(&bytes(5, version, 0), MAX_DATA_LEN),
                Err(DecodeError::UnsupportedVersion { version })
            );
        }
        assert_eq!(Header::new(0, 0), Err(EncodeError::EmptyData));
        assert_eq!(
            Header::new(0, MAX_DATA_LEN + 1),
            Err(EncodeError::DataTooLarge {
                len: MAX_DATA_LEN + 1,
                max: MAX_DATA_LEN
            })
        );
    }

    fn edge_biased_size() -> impl Strategy<Value = u32> {
        prop_oneof![
            0..12u32,
            99_999_990..100_000_020u32,
            Just(u32::MAX),
            any::<u32>()
        ]
    }

    #[test]
    fn the_fast_test_and_the_careful_one_agree() {
        let strategy = (
            edge_biased_size(),
            prop_oneof![0..4u16, Just(1u16), any::<u16>()],
            any::<u16>(),
            prop_oneof![1..20usize, Just(MAX_DATA_LEN)],
        );
        check_property(
            "headers",
            256,
            &strategy,
            |(size, version, recipient, limit)| {
                let bytes = bytes(size, version, recipient);
                let careful = Header::check_prefix(&bytes, limit as u32);
                let parsed = Header::parse(&bytes, limit);
                assert_eq!(parsed.err(), careful.err());
                if let Ok(header) = parsed {
                    assert_eq!(header.to_bytes(), bytes);
                    assert_eq!(header.recipient(), recipient);
                }
                counts(0)
            },
        );
    }

    #[test]
    fn a_verdict_never_changes_when_more_bytes_come() {
        let size = prop_oneof![0..1010u32, edge_biased_size()];
        let version = prop_oneof![0..4u16, any::<u16>()];
        let strategy = (size, version, 1..1000u32);
        check_property("verdicts", 256, &strategy, |(size, version, limit)| {
            let bytes = bytes(size, version, 7);
            let whole = Header::check_prefix(&bytes, limit);
            for cut in 0..HEADER_LEN {
                if let Err(early) = Header::check_prefix(&bytes[..cut], limit) {
                    assert_eq!(Err(early), whole);
                }
            }
            counts(HEADER_LEN)
        });
    }

    fn counts(cuts: usize) -> Counts {
        Counts {
            cases: 1,
            cuts: cuts as u64,
            bytes: HEADER_LEN as u64,
            ..Counts::default()
        }
    }
}
