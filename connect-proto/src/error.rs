//! Errors, sorted by whose fault they are: [`DecodeError`] is the peer's, [`EncodeError`] the caller's,
//! [`StageError`] what a byte stage such as TLS reports.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;

/// The peer broke the format. Final: the decoder repeats the same error on every later call, because
/// nothing behind a broken header can be trusted to be a header.
///
/// Datagrams that arrived whole before it have been handed out before it is reported.
///
/// ```
/// use connect_proto::{Config, DecodeError, Decoder};
///
/// let mut decoder = Decoder::new(&Config::new());
/// decoder.extend_from_slice(b"GET / HTTP/1.1\r\n");
/// let error = decoder.next_datagram().unwrap_err();
/// assert_eq!(error, DecodeError::DataTooLarge { len: 0x4745_5420 - 4, max: 100_000_000 });
/// assert_eq!(decoder.next_datagram(), Err(error));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeError {
    /// The size field is below 5, the smallest that leaves a byte of data.
    SizeTooSmall {
        /// The size field as received.
        size: u32,
    },
    /// The announced data is longer than the receive limit. No memory was allocated for it.
    DataTooLarge {
        /// Bytes of data that the header announced.
        len: u32,
        /// The receive limit in force, in bytes.
        max: u32,
    },
    /// The version tag is not [`VERSION`](crate::VERSION).
    UnsupportedVersion {
        /// The version tag as received.
        version: u16,
    },
    /// The stream ended inside a frame.
    UnexpectedEof {
        /// Bytes that were still to come: exact inside the data, at the least inside the header.
        missing: usize,
    },
    /// A single frame was decoded and bytes were left over behind it.
    TrailingBytes {
        /// How many.
        extra: usize,
    },
}

// Travels through every poll of a receive loop.
const _: () = assert!(size_of::<DecodeError>() <= 16);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SizeTooSmall { size } => write!(
                f,
                "peer sent a frame of size {size}; the smallest valid size is 5"
            ),
            Self::DataTooLarge { len, max } => {
                write!(
                    f,
                    "peer announced {len} bytes of data; the receive limit is {max}"
                )?;
                if looks_like_tls(*len) {
                    f.write_str(" (does the peer speak TLS?)")?;
                }
                Ok(())
            }
            Self::UnsupportedVersion { version } => write!(
                f,
                "peer sent version {version}; only version 1 is supported"
            ),
            Self::UnexpectedEof { missing } => write!(
                f,
                "stream ended inside a frame; at least {missing} more bytes were expected"
            ),
            Self::TrailingBytes { extra } => {
                write!(f, "{extra} bytes follow the end of the frame")
            }
        }
    }
}

impl Error for DecodeError {}

/// Whether a header began with the type and the version of a TLS record (RFC 8446, section 5.1): an alert
/// or a handshake.
const fn looks_like_tls(data_len: u32) -> bool {
    matches!(data_len.saturating_add(4) >> 16, 0x1503 | 0x1603)
}

/// The caller asked for something that cannot be sent. Nothing was queued and nothing is broken.
///
/// ```
/// use connect_proto::{Config, ConnectDatagram, EncodeError, Encoder};
///
/// let mut encoder = Encoder::new(&Config::new().with_max_send_len(4));
/// let refused = encoder.push(ConnectDatagram::new(7, "hello")?).unwrap_err();
/// assert_eq!(refused.reason(), EncodeError::DataTooLarge { len: 5, max: 4 });
/// assert_eq!(encoder.queued(), 0);
/// # Ok::<(), connect_proto::Refused<bytes::Bytes>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// A datagram carries at least one byte of data.
    EmptyData,
    /// The data is longer than the send limit.
    DataTooLarge {
        /// Bytes of data that were to be sent.
        len: usize,
        /// The limit in force, in bytes.
        max: usize,
    },
    /// With one datagram more, a `usize` could not count the bytes that wait. Only clones of long data come to
    /// that, where a `usize` has 32 bits and nobody asks whether the encoder is ready.
    TooMuchQueued {
        /// Bytes that wait, headers included.
        queued: usize,
    },
    /// The sending side was finished or closed before.
    Finished,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyData => f.write_str("a datagram must carry at least one byte of data"),
            Self::DataTooLarge { len, max } => {
                write!(f, "{len} bytes of data exceed the send limit of {max}")
            }
            Self::TooMuchQueued { queued } => {
                write!(f, "{queued} bytes wait; a `usize` cannot count more")
            }
            Self::Finished => f.write_str("the sending side is closed"),
        }
    }
}

impl Error for EncodeError {}

/// An [`EncodeError`] together with what was refused, so that nothing is lost by asking.
///
/// ```
/// use connect_proto::{ConnectDatagram, EncodeError};
///
/// let refused = ConnectDatagram::new(1, Vec::new()).unwrap_err();
/// assert_eq!(refused.reason(), EncodeError::EmptyData);
/// assert!(refused.into_inner().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Refused<T> {
    reason: EncodeError,
    value: T,
}

impl<T> Refused<T> {
    pub(crate) const fn new(reason: EncodeError, value: T) -> Self {
        Self { reason, value }
    }

    /// Why it was refused.
    #[must_use]
    pub const fn reason(&self) -> EncodeError {
        self.reason
    }

    /// What was refused.
    #[must_use]
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// What was refused, unchanged.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.reason, f)
    }
}

impl<T> Error for Refused<T> {}

/// The reason alone.
impl<T> From<Refused<T>> for EncodeError {
    fn from(refused: Refused<T>) -> Self {
        refused.reason
    }
}

/// What a byte stage (see [`stage`](crate::stage)) reports when it cannot go on: a bad certificate,
/// a broken record. Cheap to clone, because it is final and repeated like every error of the peer.
///
/// ```
/// use connect_proto::StageError;
/// use std::num::ParseIntError;
///
/// let error = StageError::new("no number".parse::<u8>().unwrap_err());
/// assert!(error.inner().is::<ParseIntError>());
/// assert!(!error.is_truncation());
/// assert!(StageError::truncation("it was cut").is_truncation());
/// ```
#[derive(Clone, Debug)]
pub struct StageError {
    error: Arc<dyn Error + Send + Sync>,
    is_truncation: bool,
}

impl StageError {
    /// Wraps the stage's own error.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            error: Arc::from(error.into()),
            is_truncation: false,
        }
    }

    /// Wraps the stage's own error, which says that the stream was cut: that the transport ended and the
    /// stage did not.
    pub fn truncation(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            is_truncation: true,
            ..Self::new(error)
        }
    }

    /// Whether the stream was cut.
    #[must_use]
    pub const fn is_truncation(&self) -> bool {
        self.is_truncation
    }

    /// The stage's own error, to be inspected or downcast.
    #[must_use]
    pub fn inner(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.error
    }
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

/// The message is that of the stage's own error, so the source is what is behind that one.
impl Error for StageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
