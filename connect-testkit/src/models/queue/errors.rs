//! The errors that should be.

use connect_proto::{ConnectDatagram, EncodeError, WriteError, WriteErrorKind};

use super::expected::Model;

/// Why a connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    BrokenPipe,
    DriverDropped,
}

/// A connection that is lost, with what had been accepted in vain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loss {
    pub(crate) reason: Reason,
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl From<Reason> for WriteErrorKind {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::BrokenPipe => Self::Io(std::io::ErrorKind::BrokenPipe.into()),
            Reason::DriverDropped => Self::DriverDropped,
        }
    }
}

impl Model {
    /// Whoever comes when nothing is accepted any more gets this error, and back what it wanted to send.
    pub(crate) fn check_refusal(&self, error: &WriteError, datagram: Option<&ConnectDatagram>) {
        assert_eq!(error.datagram(), datagram);
        if self.has_failed() {
            self.check_loss(error);
        } else {
            assert!(self.closing, "{error}");
            check_refused(error, EncodeError::Finished);
        }
    }

    /// The same to everybody.
    pub(crate) fn check_loss(&self, error: &WriteError) {
        let loss = self.loss.expect("nothing is lost");
        check_reason(error, loss.reason);
        let unsent = error.unsent().expect("the connection is lost");
        assert_eq!((unsent.messages, unsent.bytes), (loss.messages, loss.bytes));
    }
}

pub(crate) fn check_reason(error: &WriteError, reason: Reason) {
    match (error.kind(), reason) {
        (WriteErrorKind::Io(error), Reason::BrokenPipe) => {
            assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
        }
        (WriteErrorKind::DriverDropped, Reason::DriverDropped) => {}
        (kind, reason) => panic!("{kind:?} instead of {reason:?}"),
    }
}

/// Only this datagram: the connection is as it was.
pub(crate) fn check_refused(error: &WriteError, expected: EncodeError) {
    match error.kind() {
        WriteErrorKind::Refused(reason) => assert_eq!(*reason, expected),
        kind => panic!("{kind:?} instead of {expected:?}"),
    }
    assert_eq!(error.unsent(), None);
}
