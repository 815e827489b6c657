//! Why nothing more can be received.

use core::error::Error;
use core::fmt;

use crate::error::{DecodeError, StageError};

/// Why nothing more can be received. Final: every later call is answered with the same error.
///
/// Everything that arrived whole before it has been handed out. The sending half is not concerned and
/// can still send a last word.
///
/// ```
/// use connect_proto::{DecodeError, ReadError};
///
/// fn reason(error: &ReadError) -> &'static str {
///     match error {
///         ReadError::Protocol(DecodeError::UnexpectedEof { .. }) => "cut inside a message",
///         ReadError::Protocol(_) => "not a message at all",
///         ReadError::Io(error) if error.kind() == std::io::ErrorKind::ConnectionReset => "reset",
///         _ => "broken transport",
///     }
/// }
/// # assert_eq!(reason(&ReadError::Protocol(DecodeError::SizeTooSmall { size: 0 })), "not a message at all");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The peer broke the format, or the stream ended inside a frame.
    Protocol(DecodeError),
    /// The byte stage (TLS) failed.
    Stage(StageError),
    /// The transport failed.
    #[cfg(feature = "std")]
    Io(std::io::Error),
    /// The driver of a router (see [`router`](crate::router)) was dropped before the end.
    DriverDropped,
    /// The peer sent a datagram for a recipient that no route of a [`router`](crate::router) takes.
    UnknownRecipient {
        /// The recipient tag of the datagram.
        recipient: u16,
    },
}

const DRIVER_DROPPED: &str = "the driver of the router was dropped";

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => fmt::Display::fmt(error, f),
            Self::Stage(error) => fmt::Display::fmt(error, f),
            #[cfg(feature = "std")]
            Self::Io(error) => write!(f, "could not read: {error}"),
            Self::DriverDropped => f.write_str(DRIVER_DROPPED),
            Self::UnknownRecipient { recipient } => write!(
                f,
                "peer sent to recipient {recipient}, which no receiver takes"
            ),
        }
    }
}

/// The message says what the inner error says, so the source is what is behind that.
impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Protocol(error) => error.source(),
            Self::Stage(error) => error.source(),
            #[cfg(feature = "std")]
            Self::Io(error) => error.source(),
            Self::DriverDropped | Self::UnknownRecipient { .. } => None,
        }
    }
}

/// Keeps the kind of an I/O error; a cut stream is `UnexpectedEof`, everything else `InvalidData`.
#[cfg(feature = "std")]
impl From<ReadError> for std::io::Error {
    fn from(error: ReadError) -> Self {
        use std::io::ErrorKind::{BrokenPipe, InvalidData, UnexpectedEof};
        match error {
            ReadError::Io(error) => error,
            ReadError::Protocol(error @ DecodeError::UnexpectedEof { .. }) => {
                Self::new(UnexpectedEof, error)
            }
            ReadError::Protocol(error) => Self::new(InvalidData, error),
            ReadError::Stage(error) if error.is_truncation() => Self::new(UnexpectedEof, error),
            ReadError::Stage(error) => Self::new(InvalidData, error),
            ReadError::UnknownRecipient { .. } => Self::new(InvalidData, error),
            ReadError::DriverDropped => Self::new(BrokenPipe, DRIVER_DROPPED),
        }
    }
}
