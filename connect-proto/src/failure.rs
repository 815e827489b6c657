//! A failure that ends one direction of a connection, kept so that it can be reported again and again.

#[cfg(feature = "std")]
use alloc::sync::Arc;
#[cfg(feature = "std")]
use std::io;

use crate::error::StageError;

#[derive(Debug)]
pub(crate) enum Failure {
    Stage(StageError),
    #[cfg(feature = "std")]
    Io(Arc<io::Error>),
}

/// Another `io::Error` that says the same: the original cannot be cloned.
#[cfg(feature = "std")]
pub(crate) fn repeat(error: &Arc<io::Error>) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), Arc::clone(error)),
    }
}
