//! What the server has to say of a garbage client, and whether it did.

use connect_proto::{DecodeError, ReadError};
use connect_tokio::connect_tls::{HandshakeError, TlsError};
use tokio::sync::oneshot;

/// A client that the server has to refuse for one reason and no other.
#[derive(Debug)]
pub(crate) struct Garbage {
    pub(crate) name: &'static str,
    pub(crate) reason: Reason,
    /// The client waits for the verdict.
    pub(crate) judged: oneshot::Sender<Result<(), String>>,
}

/// Why somebody is to be refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reason {
    /// The bytes are no messages, or end within one.
    NoMessages(DecodeError),
    /// There is no route for that recipient.
    UnknownRecipient(u16),
    /// The bytes are not TLS.
    NotTls,
    /// The stream ends within the handshake.
    CutHandshake,
    /// The handshake takes too long.
    SlowHandshake,
}

impl Garbage {
    pub(crate) const fn wants_router(&self) -> bool {
        matches!(self.reason, Reason::UnknownRecipient(_))
    }

    /// The end of the stream, as the server sees it, after this many messages.
    pub(crate) fn judge_end(self, end: Result<(), ReadError>, delivered: u64) {
        let is_right = match (&self.reason, &end) {
            (Reason::NoMessages(expected), Err(ReadError::Protocol(error))) => error == expected,
            (
                Reason::UnknownRecipient(expected),
                Err(ReadError::UnknownRecipient { recipient }),
            ) => recipient == expected,
            _ => false,
        };
        let end = end.map_or_else(|error| error.to_string(), |()| "served".to_owned());
        let verdict = format!("{delivered} messages and then {end}");
        self.judge(is_right && delivered == 0, verdict);
    }

    /// Why there was no connection.
    pub(crate) fn judge_handshake(self, error: &HandshakeError) {
        let is_right = match self.reason {
            Reason::NotTls => matches!(error, HandshakeError::Tls(TlsError::Rustls(_))),
            Reason::CutHandshake => {
                let cut = TlsError::Truncated { handshaking: true };
                error.tls_error() == Some(&cut)
            }
            Reason::SlowHandshake => matches!(error, HandshakeError::TimedOut { .. }),
            _ => false,
        };
        self.judge(is_right, error.to_string());
    }

    fn judge(self, is_right: bool, verdict: String) {
        let Self {
            name,
            reason,
            judged,
        } = self;
        let judgement = if is_right {
            Ok(())
        } else {
            Err(format!("{name}: expected {reason:?}, got: {verdict}"))
        };
        // Whoever does not wait any more has complained already.
        let _ = judged.send(judgement);
    }
}
