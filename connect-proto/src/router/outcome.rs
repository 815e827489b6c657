//! What a router came to.

use crate::error::DecodeError;
use crate::failure::Failure;
use crate::read_error::ReadError;

/// What a router came to, kept for everybody who asks.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The clean end of the stream.
    End,
    Protocol(DecodeError),
    /// Of the transport or of the stage.
    Failure(Failure),
    UnknownRecipient(u16),
    DriverDropped,
}

impl Outcome {
    pub(super) fn report(&mut self) -> Result<(), ReadError> {
        Err(match self {
            Self::End => return Ok(()),
            Self::Protocol(error) => ReadError::Protocol(*error),
            Self::Failure(failure) => failure.read_error(),
            Self::UnknownRecipient(recipient) => ReadError::UnknownRecipient {
                recipient: *recipient,
            },
            Self::DriverDropped => ReadError::DriverDropped,
        })
    }
}

impl From<ReadError> for Outcome {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Protocol(error) => Self::Protocol(error),
            ReadError::Stage(error) => Self::Failure(Failure::Stage(error)),
            #[cfg(feature = "std")]
            ReadError::Io(error) => Self::Failure(error.into()),
            ReadError::UnknownRecipient { recipient } => Self::UnknownRecipient(recipient),
            ReadError::DriverDropped => Self::DriverDropped,
        }
    }
}
