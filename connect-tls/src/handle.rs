//! Questions and orders to a TLS connection whose halves are elsewhere.

use std::fmt;
use std::sync::Arc;

use crate::error::TlsError;
use crate::halves::Shared;
use crate::info::TlsInfo;

/// A handle of a TLS connection whose halves are elsewhere.
#[derive(Clone)]
pub struct TlsHandle {
    shared: Arc<Shared>,
}

/// What a driver does next to complete a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must be able to do each")]
#[must_use = "a step is to be done"]
pub enum HandshakeStep {
    /// Write everything that the sending half has, and flush.
    Flush,
    /// Read once into the receiving half.
    Read,
    /// The handshake is complete.
    Done,
}

impl TlsHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// What to do next to complete the handshake. Ask again after each step.
    ///
    /// ```text
    ///   Flush  while there is anything to say that the peer waits for, the alert of a failure included
    ///   Read   until the peer has said everything
    ///   Done
    /// ```
    ///
    /// The session tickets of a TLS 1.3 server are not waited for: they go out with its first message.
    ///
    /// # Errors
    ///
    /// Why there will be no connection, after the alert that tells the peer.
    pub fn handshake_step(&self) -> Result<HandshakeStep, TlsError> {
        self.shared.with(|engine| {
            if engine.aside_len() > 0 && engine.is_awaited() {
                return Ok(HandshakeStep::Flush);
            }
            engine.check()?;
            Ok(if engine.is_handshaking() {
                HandshakeStep::Read
            } else {
                HandshakeStep::Done
            })
        })
    }

    /// Whether the handshake is still under way (or has failed).
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.shared.with(|engine| engine.is_handshaking())
    }

    /// Why TLS has failed, if it has.
    #[must_use]
    pub fn failure(&self) -> Option<TlsError> {
        self.shared.with(|engine| engine.check().err())
    }

    /// What was agreed upon with the peer.
    #[must_use]
    pub fn info(&self) -> TlsInfo {
        self.shared.with(|engine| engine.info())
    }

    /// Changes the key that this side encrypts with, and asks the peer to do the same (RFC 8446, section
    /// 4.6.3). The message about it goes out with the next write, flush or close of a writer, and
    /// with the next datagram or the close of a queue.
    ///
    /// rustls does this by itself before a key has been used for too long. To do it in a loop is no use: a
    /// peer may take many changes with no data between them for an attack (rustls: more than 32).
    /// While a handshake message of the peer is here in part, the change waits for the rest of it.
    ///
    /// # Errors
    ///
    /// [`TlsError::HandshakeNotComplete`], an error of rustls in TLS 1.2, which cannot, or the failure that
    /// has ended the connection. The first two change nothing.
    pub fn refresh_keys(&self) -> Result<(), TlsError> {
        self.shared.with(|engine| engine.refresh_keys())
    }
}

impl fmt::Debug for TlsHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsHandle")
            .field("is_handshaking", &self.is_handshaking())
            .finish_non_exhaustive()
    }
}
