//! A failure that ends one direction of a connection, kept so that it can be reported again and again.

#[cfg(feature = "std")]
use alloc::string::{String, ToString};
#[cfg(feature = "std")]
use std::io;

use crate::error::StageError;
use crate::read_error::ReadError;
use crate::write_error::{WriteError, WriteErrorKind};

#[derive(Debug)]
pub(crate) enum Failure {
    Stage(StageError),
    #[cfg(feature = "std")]
    Io(IoFailure),
    DriverDropped,
}

impl From<WriteErrorKind> for Failure {
    fn from(kind: WriteErrorKind) -> Self {
        match kind {
            WriteErrorKind::Stage(error) => Self::Stage(error),
            #[cfg(feature = "std")]
            WriteErrorKind::Io(error) => Self::from(error),
            WriteErrorKind::DriverDropped => Self::DriverDropped,
            WriteErrorKind::Refused(reason) => Self::Stage(StageError::new(reason)),
        }
    }
}

impl Failure {
    pub(crate) fn read_error(&mut self) -> ReadError {
        match self {
            Self::Stage(error) => ReadError::Stage(error.clone()),
            #[cfg(feature = "std")]
            Self::Io(failure) => ReadError::Io(failure.report()),
            Self::DriverDropped => ReadError::DriverDropped,
        }
    }

    pub(crate) fn write_error(&mut self) -> WriteError {
        WriteError::from(match self {
            Self::Stage(error) => WriteErrorKind::Stage(error.clone()),
            #[cfg(feature = "std")]
            Self::Io(failure) => WriteErrorKind::Io(failure.report()),
            Self::DriverDropped => WriteErrorKind::DriverDropped,
        })
    }
}

#[cfg(feature = "std")]
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(IoFailure {
            kind: error.kind(),
            code: error.raw_os_error(),
            message: error.to_string(),
            original: Some(error),
        })
    }
}

/// An `io::Error`, which cannot be cloned. The first report is the original with all that is in it, the
/// later ones say the same.
#[cfg(feature = "std")]
#[derive(Debug)]
pub(crate) struct IoFailure {
    original: Option<io::Error>,
    kind: io::ErrorKind,
    code: Option<i32>,
    message: String,
}

#[cfg(feature = "std")]
impl IoFailure {
    fn report(&mut self) -> io::Error {
        if let Some(original) = self.original.take() {
            return original;
        }
        match self.code {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(self.kind, self.message.clone()),
        }
    }
}
