//! Why a datagram was not accepted at once.

use core::error::Error;
use core::fmt;

use crate::datagram::ConnectDatagram;
use crate::write_error::WriteError;

/// Why a datagram was not accepted at once.
///
/// ```
/// use connect_proto::queue::{QueueSender, TrySendError};
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbound};
///
/// let one_at_a_time = Config::new().with_high_water_mark(0);
/// let (sender, _drain) = QueueSender::new(&Outbound::from(Encoder::new(&one_at_a_time)));
/// sender.try_send(ConnectDatagram::new(7, "first")?)?;
/// match sender.try_send(ConnectDatagram::new(7, "second")?) {
///     Err(TrySendError::Full(datagram)) => assert_eq!(datagram.data(), "second"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "there is no third answer")]
pub enum TrySendError {
    /// There is no room, or others wait for it. The datagram comes back.
    Full(ConnectDatagram),
    /// It can never be sent. The error holds the datagram.
    Failed(WriteError),
}

impl TrySendError {
    /// The datagram, to keep.
    #[must_use]
    pub fn into_datagram(self) -> Option<ConnectDatagram> {
        match self {
            Self::Full(datagram) => Some(datagram),
            Self::Failed(error) => error.into_datagram(),
        }
    }

    /// Whether it may succeed later.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

impl From<WriteError> for TrySendError {
    fn from(error: WriteError) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for TrySendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("no room in the queue"),
            Self::Failed(error) => fmt::Display::fmt(error, f),
        }
    }
}

/// The message says what the inner error says, so the source is what is behind that.
impl Error for TrySendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Full(_) => None,
            Self::Failed(error) => error.source(),
        }
    }
}
