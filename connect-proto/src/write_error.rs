//! Why a datagram was not sent.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

use bytes::Bytes;

use crate::datagram::ConnectDatagram;
use crate::error::{EncodeError, Refused, StageError};

/// Why a datagram was not sent, with the datagram itself if it was not queued.
///
/// ```
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound, WriteErrorKind};
/// use std::io::ErrorKind::ConnectionReset;
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// outbound.push(ConnectDatagram::new(7, "accepted")?)?;
/// outbound.fail(ConnectionReset.into()); // the transport is gone
///
/// let error = outbound.push(ConnectDatagram::new(7, "too late")?).unwrap_err();
/// assert!(matches!(error.kind(), WriteErrorKind::Io(error) if error.kind() == ConnectionReset));
/// assert_eq!(error.unsent().map(|unsent| unsent.messages), Some(1));
/// assert_eq!(error.into_datagram().unwrap().data(), "too late"); // to be sent elsewhere
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WriteError {
    /// Boxed: errors are few, and what every message returns fits into a register.
    report: Box<Report>,
}

struct Report {
    kind: WriteErrorKind,
    datagram: Option<ConnectDatagram>,
    unsent: Option<Unsent>,
}

const DRIVER_DROPPED: &str = "the driver of the queue was dropped";

/// What had been accepted when a connection was lost, and had not yet been handed to the transport.
///
/// On a plain connection that is exact: none of these bytes was handed over, and of the first of these messages
/// perhaps a part.
///
/// Behind a byte stage it is never too little, and may be too much: what the stage takes at once counts until the
/// transport has all that the stage made of it and put behind it. TLS takes up to 64 KiB at once, for four
/// records. So over TLS the peer may have up to 64 KiB of what counts as unsent here, whole messages among it, and
/// whoever sends all of them again may send those twice.
///
/// ```
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound};
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// outbound.push(ConnectDatagram::new(7, "hello")?)?;
/// let unsent = outbound.unsent();
/// assert_eq!((unsent.messages, unsent.bytes), (1, 13));
/// assert_eq!(unsent.to_string(), "1 message (13 bytes)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Unsent {
    /// Datagrams, the one whose last byte is missing included.
    pub messages: usize,
    /// Bytes, headers included, without what TLS adds.
    pub bytes: usize,
}

/// The reason in a [`WriteError`].
///
/// ```
/// use connect_proto::{EncodeError, WriteError, WriteErrorKind};
///
/// fn advice(error: &WriteError) -> &'static str {
///     match error.kind() {
///         WriteErrorKind::Refused(EncodeError::Finished) => "this side is closed",
///         WriteErrorKind::Refused(_) => "send another datagram",
///         _ => "connect again",
///     }
/// }
/// assert_eq!(advice(&EncodeError::EmptyData.into()), "send another datagram");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteErrorKind {
    /// The datagram cannot be sent; the connection is as it was.
    Refused(EncodeError),
    /// The byte stage (TLS) failed, which is final; or it is not ready to send yet, which is not: see
    /// [`Outbound::next_step`](crate::Outbound::next_step).
    Stage(StageError),
    /// The transport failed. Final.
    #[cfg(feature = "std")]
    Io(std::io::Error),
    /// The driver of a queue (see [`queue`](crate::queue)) was dropped before the queue was closed. Final.
    DriverDropped,
}

impl WriteError {
    /// The reason.
    #[must_use]
    pub const fn kind(&self) -> &WriteErrorKind {
        &self.report.kind
    }

    /// The reason, to keep.
    #[must_use]
    pub fn into_kind(self) -> WriteErrorKind {
        self.report.kind
    }

    /// The datagram that was to be sent, unless it was queued before the failure.
    #[must_use]
    pub const fn datagram(&self) -> Option<&ConnectDatagram> {
        self.report.datagram.as_ref()
    }

    /// The datagram that was to be sent, to keep; unless it was queued before the failure.
    #[must_use]
    pub fn into_datagram(self) -> Option<ConnectDatagram> {
        self.report.datagram
    }

    /// How much had been accepted, from all senders of this connection together, and was not yet handed to the
    /// transport when it failed: exactly on a plain connection, over TLS up to 64 KiB more ([`Unsent`] says why).
    /// The same in every error of the connection; the datagram in this error is not counted. `None` if only this
    /// datagram was refused.
    #[must_use]
    pub const fn unsent(&self) -> Option<Unsent> {
        self.report.unsent
    }

    pub(crate) fn with_unsent(mut self, unsent: Unsent) -> Self {
        self.report.unsent = Some(unsent);
        self
    }

    /// Adds the datagram that this error kept from being queued.
    #[must_use]
    pub fn with_datagram(mut self, datagram: ConnectDatagram) -> Self {
        self.report.datagram = Some(datagram);
        self
    }
}

impl From<WriteErrorKind> for WriteError {
    fn from(kind: WriteErrorKind) -> Self {
        Self {
            report: Box::new(Report {
                kind,
                datagram: None,
                unsent: None,
            }),
        }
    }
}

impl From<Refused<ConnectDatagram>> for WriteError {
    fn from(refused: Refused<ConnectDatagram>) -> Self {
        Self::from(refused.reason()).with_datagram(refused.into_inner())
    }
}

/// Of a datagram that could not even be made.
impl From<Refused<Bytes>> for WriteError {
    fn from(refused: Refused<Bytes>) -> Self {
        Self::from(refused.reason())
    }
}

impl From<EncodeError> for WriteError {
    fn from(reason: EncodeError) -> Self {
        WriteErrorKind::Refused(reason).into()
    }
}

impl fmt::Debug for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteError")
            .field("kind", &self.report.kind)
            .field("datagram", &self.report.datagram)
            .field("unsent", &self.report.unsent)
            .finish()
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.report.kind {
            WriteErrorKind::Refused(error) => fmt::Display::fmt(error, f)?,
            WriteErrorKind::Stage(error) => fmt::Display::fmt(error, f)?,
            #[cfg(feature = "std")]
            WriteErrorKind::Io(error) => write!(f, "could not write: {error}")?,
            WriteErrorKind::DriverDropped => f.write_str(DRIVER_DROPPED)?,
        }
        match self.report.unsent {
            Some(unsent) if unsent.messages > 0 => {
                write!(f, "; accepted but not sent: {unsent}")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.messages == 1 { "" } else { "s" };
        write!(
            f,
            "{} message{plural} ({} bytes)",
            self.messages, self.bytes
        )
    }
}

/// The message says what the inner error says, so the source is what is behind that.
impl Error for WriteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.report.kind {
            WriteErrorKind::Refused(error) => error.source(),
            WriteErrorKind::Stage(error) => error.source(),
            #[cfg(feature = "std")]
            WriteErrorKind::Io(error) => error.source(),
            WriteErrorKind::DriverDropped => None,
        }
    }
}

/// Keeps the kind of an I/O error; a refusal is `InvalidInput`, or `BrokenPipe` after the end.
#[cfg(feature = "std")]
impl From<WriteError> for std::io::Error {
    fn from(error: WriteError) -> Self {
        use std::io::ErrorKind::{BrokenPipe, InvalidData, InvalidInput};
        let message = alloc::format!("{error}");
        match error.into_kind() {
            WriteErrorKind::Io(error) => error,
            WriteErrorKind::Refused(error @ EncodeError::Finished) => Self::new(BrokenPipe, error),
            WriteErrorKind::Refused(error) => Self::new(InvalidInput, error),
            WriteErrorKind::Stage(error) => Self::new(InvalidData, error),
            WriteErrorKind::DriverDropped => Self::new(BrokenPipe, message),
        }
    }
}
