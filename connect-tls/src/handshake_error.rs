//! Why there is no TLS connection.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use connect_proto::{ReadError, StageError, WriteError, WriteErrorKind};

use crate::error::TlsError;

/// Why a handshake did not make a connection.
///
/// A client learns of some refusals only afterwards: in TLS 1.3 its handshake is complete before the
/// server has looked at its certificate. Then the first read fails, with the server's alert.
///
/// ```
/// use connect_proto::Config;
/// use connect_tls::{HandshakeError, TlsConnection};
///
/// # let config = connect_testkit::certificates::Authority::new("example").client_config();
/// let refused = TlsConnection::client_of(config, "not a name", &Config::new());
/// assert!(matches!(refused, Err(HandshakeError::InvalidServerName { name }) if name == "not a name"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum HandshakeError {
    /// One side refuses the other, or does not speak TLS.
    Tls(TlsError),
    /// The transport failed, or there was none.
    Io(io::Error),
    /// What was given as the server's name is neither a DNS name nor an IP address.
    InvalidServerName {
        /// What was given.
        name: String,
    },
    /// The peer has not completed the handshake in time: see [`PendingHandshakes`](crate::PendingHandshakes). A
    /// client has no limit.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// Among more peers in their handshake than the limit, this one was the slowest: see
    /// [`PendingHandshakes`](crate::PendingHandshakes).
    Displaced {
        /// The limit.
        limit: usize,
    },
}

impl HandshakeError {
    /// The TLS error, if that is what it is.
    #[must_use]
    pub const fn tls_error(&self) -> Option<&TlsError> {
        match self {
            Self::Tls(error) => Some(error),
            _ => None,
        }
    }

    fn kind(&self) -> io::ErrorKind {
        use io::ErrorKind::{InvalidData, InvalidInput, TimedOut, UnexpectedEof};
        match self {
            Self::Io(error) => error.kind(),
            Self::Tls(TlsError::Truncated { .. }) => UnexpectedEof,
            Self::Tls(_) => InvalidData,
            Self::InvalidServerName { .. } => InvalidInput,
            Self::TimedOut { .. } | Self::Displaced { .. } => TimedOut,
        }
    }

    fn of_stage(error: StageError) -> Self {
        match error.inner().downcast_ref::<TlsError>() {
            Some(error) => Self::Tls(error.clone()),
            None => Self::Io(io::Error::new(io::ErrorKind::InvalidData, error)),
        }
    }
}

impl From<TlsError> for HandshakeError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<io::Error> for HandshakeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ReadError> for HandshakeError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Stage(error) => Self::of_stage(error),
            error => Self::Io(error.into()),
        }
    }
}

impl From<WriteError> for HandshakeError {
    fn from(error: WriteError) -> Self {
        match error.into_kind() {
            WriteErrorKind::Stage(error) => Self::of_stage(error),
            kind => Self::Io(WriteError::from(kind).into()),
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error) => fmt::Display::fmt(error, f),
            Self::Io(error) => fmt::Display::fmt(error, f),
            Self::InvalidServerName { name } => {
                write!(f, "{name:?} is neither a DNS name nor an IP address")
            }
            Self::TimedOut { limit } => {
                write!(
                    f,
                    "peer did not complete the TLS handshake within {limit:?}"
                )
            }
            Self::Displaced { limit } => write!(
                f,
                "peer was the slowest of more than {limit} in their TLS handshake"
            ),
        }
    }
}

/// The message says what the inner error says, so the source is what is behind that.
impl Error for HandshakeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Tls(error) => error.source(),
            Self::Io(error) => error.source(),
            _ => None,
        }
    }
}

/// Keeps the kind of an I/O error; a cut handshake is `UnexpectedEof`, a slow one `TimedOut`, a name that
/// cannot be `InvalidInput`, everything else `InvalidData`.
impl From<HandshakeError> for io::Error {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::Io(error) => error,
            error => Self::new(error.kind(), error),
        }
    }
}

/// What a TLS listener reports instead of a connection. It goes on listening after each.
///
/// An alert in it is the peer's judgement of us: `BadCertificate` is what it thinks of our certificate.
///
/// ```
/// use connect_tls::{AcceptError, HandshakeError};
///
/// fn log(error: &AcceptError) -> String {
///     match error {
///         AcceptError::Handshake { error: HandshakeError::TimedOut { .. }, .. } => "too slow".into(),
///         AcceptError::Handshake { peer, error } => format!("{peer} stays outside: {error}"),
///         other => format!("is the table of descriptors full? {other}"),
///     }
/// }
/// # let (peer, limit) = (([127, 0, 0, 1], 4000).into(), std::time::Duration::from_secs(10));
/// # let error = AcceptError::Handshake { peer, error: HandshakeError::TimedOut { limit } };
/// # assert_eq!(log(&error), "too slow");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum AcceptError {
    /// No connection could be accepted.
    Accept(io::Error),
    /// A peer has connected and its handshake failed.
    Handshake {
        /// Who.
        peer: SocketAddr,
        /// Why.
        error: HandshakeError,
    },
}

impl AcceptError {
    /// Whose handshake has failed, if anybody's.
    #[must_use]
    pub const fn peer(&self) -> Option<SocketAddr> {
        match self {
            Self::Handshake { peer, .. } => Some(*peer),
            Self::Accept(_) => None,
        }
    }

    /// The TLS error, if that is what it is.
    #[must_use]
    pub const fn tls_error(&self) -> Option<&TlsError> {
        match self {
            Self::Handshake { error, .. } => error.tls_error(),
            Self::Accept(_) => None,
        }
    }
}

/// As that of [`HandshakeError`].
impl From<AcceptError> for io::Error {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Accept(error)
            | AcceptError::Handshake {
                error: HandshakeError::Io(error),
                ..
            } => error,
            AcceptError::Handshake { peer, error } => {
                let kind = error.kind();
                Self::new(kind, AcceptError::Handshake { peer, error })
            }
        }
    }
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept(error) => write!(f, "could not accept: {error}"),
            Self::Handshake { peer, error } => write!(f, "{peer}: {error}"),
        }
    }
}

/// The message says what the inner error says, so the source is what is behind that.
impl Error for AcceptError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Accept(error) => error.source(),
            Self::Handshake { error, .. } => error.source(),
        }
    }
}
