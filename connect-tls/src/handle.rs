//! Questions and orders to a TLS connection whose halves are elsewhere.

use std::fmt;
use std::sync::Arc;

use crate::error::TlsError;
use crate::halves::Shared;
use crate::info::TlsInfo;

/// A handle of a TLS connection whose halves are elsewhere. Each call takes the lock that the halves share, which they
/// hold while they encrypt or decrypt.
///
/// ```
/// use connect_proto::Config;
/// use connect_tls::{HandshakeStep, TlsConnection, TlsError};
///
/// # let config = connect_testkit::certificates::Authority::new("example").client_config();
/// let tls = TlsConnection::client(config, "localhost".try_into()?, &Config::new())?;
/// let (_inbound, _outbound, handle) = tls.split();
/// assert!(handle.is_handshaking());
/// assert_eq!(handle.handshake_step()?, HandshakeStep::Flush); // a client speaks first
/// assert_eq!(handle.info().server_name.as_deref(), Some("localhost"));
/// assert_eq!(handle.refresh_keys(), Err(TlsError::HandshakeNotComplete));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TlsHandle {
    shared: Arc<Shared>,
}

/// What a driver does next to complete a handshake.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::{Config, Inbound, Outbound, ReadError};
/// use connect_tls::{HandshakeStep, TlsConnection, TlsHandle};
/// use std::error::Error;
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
///
/// /// Over a blocking socket; afterwards two threads can have a half each.
/// fn shake_hands(
///     stream: &mut TcpStream,
///     (inbound, outbound, tls): (&mut Inbound, &mut Outbound, &TlsHandle),
/// ) -> Result<(), Box<dyn Error + Send + Sync>> {
///     loop {
///         match tls.handshake_step()? {
///             HandshakeStep::Flush => {
///                 while outbound.outbox()?.has_remaining() {
///                     let written = stream.write(outbound.outbox()?.chunk())?;
///                     outbound.outbox()?.advance(written);
///                 }
///             }
///             HandshakeStep::Read => {
///                 let space = inbound.spare();
///                 let room = space.len();
///                 let received = stream.read(space);
///                 inbound.handle_read(room, received);
///                 if let Err(error @ ReadError::Io(_)) = inbound.check() {
///                     return Err(error.into()); // of that of TLS the next step tells
///                 }
///             }
///             HandshakeStep::Done => return Ok(()),
///         }
///     }
/// }
/// # let authority = connect_testkit::certificates::Authority::new("example");
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let mut stream = TcpStream::connect(listener.local_addr()?)?;
/// # let server_config = authority.server_config(&["localhost"]);
/// # let server = std::thread::spawn(move || {
/// #     let (mut inbound, mut outbound, tls) =
/// #         TlsConnection::server(&server_config, &Config::new())?.split();
/// #     shake_hands(&mut listener.accept()?.0, (&mut inbound, &mut outbound, &tls))
/// # });
/// # let client = TlsConnection::client_of(authority.client_config(), "localhost", &Config::new())?;
///
/// let (mut inbound, mut outbound, tls) = client.split();
/// shake_hands(&mut stream, (&mut inbound, &mut outbound, &tls))?;
/// assert!(!tls.is_handshaking());
/// # server.join().unwrap()?;
/// # Ok::<(), Box<dyn Error + Send + Sync>>(())
/// ```
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
    /// May change after each write and each read. The session tickets of a TLS 1.3 server (RFC 8446, section 4.6.1) are not
    /// waited for: they go out with its first message.
    ///
    /// # Errors
    ///
    /// Why there will be no connection, after the alert that tells the peer: any [`TlsError`] but
    /// [`TlsError::HandshakeNotComplete`]. An error of the transport is not known here.
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
    /// [`TlsError::HandshakeNotComplete`]; [`TlsError::Rustls`] in TLS 1.2, which cannot; or the failure that has ended the
    /// connection. The first two change nothing.
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
