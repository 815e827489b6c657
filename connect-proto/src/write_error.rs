//! Why a datagram was not sent.

use core::error::Error;
use core::fmt;

use bytes::Bytes;

use crate::datagram::ConnectDatagram;
use crate::error::{EncodeError, Refused, StageError};

/// Why a datagram was not sent, with the datagram itself if it was not queued.
#[derive(Debug)]
pub struct WriteError {
    kind: WriteErrorKind,
    datagram: Option<ConnectDatagram>,
}

/// The reason in a [`WriteError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum WriteErrorKind {
    /// The datagram cannot be sent; the connection is as it was.
    Refused(EncodeError),
    /// The byte stage (TLS) failed. Final.
    Stage(StageError),
    /// The transport failed. Final.
    #[cfg(feature = "std")]
    Io(std::io::Error),
}

impl WriteError {
    /// The reason.
    #[must_use]
    pub const fn kind(&self) -> &WriteErrorKind {
        &self.kind
    }

    /// The reason, to keep.
    #[must_use]
    pub fn into_kind(self) -> WriteErrorKind {
        self.kind
    }

    /// The datagram that was to be sent, unless it was queued before the failure.
    #[must_use]
    pub const fn datagram(&self) -> Option<&ConnectDatagram> {
        self.datagram.as_ref()
    }

    /// The datagram that was to be sent, to keep; unless it was queued before the failure.
    #[must_use]
    pub fn into_datagram(self) -> Option<ConnectDatagram> {
        self.datagram
    }

    /// Adds the datagram that this error kept from being queued.
    #[must_use]
    pub fn with_datagram(mut self, datagram: ConnectDatagram) -> Self {
        self.datagram = Some(datagram);
        self
    }
}

impl From<WriteErrorKind> for WriteError {
    fn from(kind: WriteErrorKind) -> Self {
        Self {
            kind,
            datagram: None,
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

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            WriteErrorKind::Refused(error) => fmt::Display::fmt(error, f),
            WriteErrorKind::Stage(error) => fmt::Display::fmt(error, f),
            #[cfg(feature = "std")]
            WriteErrorKind::Io(error) => write!(f, "could not write: {error}"),
        }
    }
}

/// The message says what the inner error says, so the source is what is behind that.
impl Error for WriteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            WriteErrorKind::Refused(error) => error.source(),
            WriteErrorKind::Stage(error) => error.source(),
            #[cfg(feature = "std")]
            WriteErrorKind::Io(error) => error.source(),
        }
    }
}

/// Keeps the kind of an I/O error; a refusal is `InvalidInput`, or `BrokenPipe` after the end.
#[cfg(feature = "std")]
impl From<WriteError> for std::io::Error {
    fn from(error: WriteError) -> Self {
        use std::io::ErrorKind::{BrokenPipe, InvalidData, InvalidInput};
        match error.kind {
            WriteErrorKind::Io(error) => error,
            WriteErrorKind::Refused(error @ EncodeError::Finished) => Self::new(BrokenPipe, error),
            WriteErrorKind::Refused(error) => Self::new(InvalidInput, error),
            WriteErrorKind::Stage(error) => Self::new(InvalidData, error),
        }
    }
}
