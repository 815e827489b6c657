//! Why a TLS connection ended, or did not begin.

use std::error::Error;
use std::fmt;

use connect_proto::{ReadError, StageError, WriteError, WriteErrorKind};
use rustls::AlertDescription;
use rustls::InvalidMessage::InvalidContentType;

/// Why a TLS connection ended. Final: both directions end with it.
///
/// An error that the peer is to be told of leaves an alert behind, which goes out with the next write,
/// flush or close.
///
/// A connection reports it inside of its own errors; [`of_read`](Self::of_read) and
/// [`of_write`](Self::of_write) find it there. It is not in the chain of sources, because their messages are
/// its message.
///
/// ```
/// use connect_proto::Config;
/// use connect_tls::{TlsConnection, TlsError};
///
/// # let config = connect_testkit::certificates::Authority::new("example").client_config();
/// let mut tls = TlsConnection::client(config, "localhost".try_into()?, &Config::new())?;
/// tls.finish(); // the transport has ended, and the server has said nothing
/// let error = tls.next_datagram().unwrap_err();
/// assert_eq!(TlsError::of_read(&error), Some(&TlsError::Truncated { handshaking: true }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TlsError {
    /// What rustls says: a certificate that is not valid, a record that was changed on its way, a peer that
    /// breaks the protocol or has nothing in common with us, an alert of the peer.
    Rustls(rustls::Error),
    /// The transport ended without close_notify: what came last may be missing (RFC 8446, section 6.1).
    Truncated {
        /// Whether it ended before the handshake was complete.
        handshaking: bool,
    },
    /// The peer sends a handshake message in more parts than are worth keeping. rustls takes messages of 64 KiB; twice as
    /// much is kept of them and their records.
    HandshakeMessageTooLong {
        /// How many bytes of such messages and their records are kept.
        max: usize,
    },
    /// The caller wants to write, or to change keys, before the handshake is complete. Not final.
    HandshakeNotComplete,
    /// As much was encrypted with one key as is safe (RFC 8446, section 5.5), and TLS 1.2 cannot change it.
    KeysExhausted,
}

impl TlsError {
    /// The error of TLS in that of a reader, if that is what ended it.
    ///
    /// ```
    /// use connect_proto::{ReadError, StageError};
    /// use connect_tls::TlsError;
    ///
    /// let error = ReadError::Stage(TlsError::Truncated { handshaking: false }.into());
    /// assert_eq!(TlsError::of_read(&error), Some(&TlsError::Truncated { handshaking: false }));
    /// ```
    #[must_use]
    pub fn of_read(error: &ReadError) -> Option<&Self> {
        match error {
            ReadError::Stage(error) => error.inner().downcast_ref(),
            _ => None,
        }
    }

    /// The error of TLS in that of a writer, if that is what ended it.
    #[must_use]
    pub fn of_write(error: &WriteError) -> Option<&Self> {
        match error.kind() {
            WriteErrorKind::Stage(error) => error.inner().downcast_ref(),
            _ => None,
        }
    }

    /// The alert by which the peer has told us why (RFC 8446, section 6.2), if it has. `CertificateRequired`, `UnknownCA`,
    /// `CertificateExpired` and others say what it thinks of our certificate.
    #[must_use]
    pub const fn alert(&self) -> Option<AlertDescription> {
        match self {
            Self::Rustls(rustls::Error::AlertReceived(alert)) => Some(*alert),
            _ => None,
        }
    }

    pub(crate) fn unexpected_state(state: &impl fmt::Debug) -> Self {
        Self::Rustls(rustls::Error::General(format!(
            "unexpected state {state:?}"
        )))
    }

    pub(crate) fn panicked() -> Self {
        Self::Rustls(rustls::Error::General(
            "an earlier call panicked".to_owned(),
        ))
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Rustls(error)
    }
}

impl From<TlsError> for StageError {
    fn from(error: TlsError) -> Self {
        match error {
            TlsError::Truncated { .. } => Self::truncation(error),
            error => Self::new(error),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustls(error @ rustls::Error::InvalidMessage(InvalidContentType)) => {
                write!(f, "TLS: {error} (does the peer speak TLS?)")
            }
            Self::Rustls(error) => write!(f, "TLS: {error}"),
            Self::Truncated { handshaking: true } => f.write_str(
                "peer closed the connection during the TLS handshake (does it speak TLS?)",
            ),
            Self::Truncated { handshaking: false } => {
                f.write_str("stream ended without close_notify: it may have been cut")
            }
            Self::HandshakeMessageTooLong { max } => write!(
                f,
                "peer sent a TLS handshake message in parts of more than {max} bytes together"
            ),
            Self::HandshakeNotComplete => f.write_str("the TLS handshake is not complete"),
            Self::KeysExhausted => {
                f.write_str("too much was encrypted with one key, and TLS 1.2 cannot change it")
            }
        }
    }
}

/// The message says what the inner error says, so the source is what is behind that.
impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Rustls(error) => error.source(),
            _ => None,
        }
    }
}
