//! A TLS connection with one owner: ciphertext in, datagrams out, and the other way round.

use std::sync::Arc;

use connect_proto::{
    Config, ConnectDatagram, DatagramRef, Datagrams, Decoded, Decoder, Encoder, Inbound, Outbound,
    Outbox, ReadError, WriteError,
};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};

use crate::engine::Engine;
use crate::error::TlsError;
use crate::halves;
use crate::handle::TlsHandle;
use crate::handshake_error::HandshakeError;
use crate::incoming;
use crate::info::TlsInfo;
use crate::unbuffered::RECORD_LEN;

/// Room for all that one read brings, behind what is left of a frame that the read before has begun. In a block that
/// is too short, nearly every read would begin a longer one, and small datagrams do not share such a block: each
/// would be copied into memory of its own.
const PLAIN_BLOCK_LEN: usize = incoming::MAX_LEN + RECORD_LEN;

/// A TLS connection with one owner: ciphertext in, datagrams out, and the other way round. Performs no I/O.
///
/// # Driving it
///
/// The loop is that of a plain connection (see [`connect_proto`]), and drives the handshake by the way:
///
/// 1. Write from [`outbox`](Self::outbox) whatever is there, and `advance` it by what the transport took.
/// 2. Ask for datagrams until the answer is [`Decoded::NeedInput`].
/// 3. Read from the transport into [`spare`](Self::spare) and [`commit`](Self::commit) what came; when
///    the transport ends, call [`finish`](Self::finish). Go on with 1.
///
/// Datagrams can be pushed at any time; they wait for the end of the handshake. After an error of
/// [`next_datagram`](Self::next_datagram) do 1. once more: the peer is told why.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::{Config, ConnectDatagram, Decoded};
/// use connect_tls::TlsConnection;
/// use std::io::{Read, Write};
/// # use std::os::unix::net::UnixStream;
/// # use std::sync::Arc;
///
/// fn exchange(
///     tls: &mut TlsConnection,
///     stream: &mut (impl Read + Write),
/// ) -> Result<Option<ConnectDatagram>, Box<dyn std::error::Error>> {
///     loop {
///         while tls.outbox()?.has_remaining() {
///             let written = stream.write(tls.outbox()?.chunk())?;
///             tls.outbox()?.advance(written);
///         }
///         match tls.next_datagram()? {
///             Decoded::Datagram(datagram) => return Ok(Some(datagram)),
///             Decoded::End => return Ok(None),
///             Decoded::NeedInput => match stream.read(tls.spare())? {
///                 0 => tls.finish(),
///                 received => tls.commit(received),
///             },
///         }
///     }
/// }
/// # let certificate = connect_testkit::certificates::Authority::new("example");
/// # let server = certificate.server_config(&["localhost"]);
/// # let client = certificate.client_config();
/// # let (mut stream, mut peer) = UnixStream::pair()?;
/// # let thread = std::thread::spawn(move || {
/// #     let mut tls = TlsConnection::server(&server, &Config::new()).unwrap();
/// #     let datagram = exchange(&mut tls, &mut peer).unwrap().unwrap();
/// #     tls.push(datagram).unwrap();
/// #     exchange(&mut tls, &mut peer).unwrap();
/// # });
///
/// # let server_name = "localhost";
/// let mut tls = TlsConnection::client(client, server_name.try_into()?, &Config::new())?;
/// tls.push(ConnectDatagram::new(65535, "Hello world!")?)?;
/// let reply = exchange(&mut tls, &mut stream)?.ok_or("closed without an answer")?;
/// assert_eq!(reply.data(), "Hello world!");
/// tls.close();
/// # while tls.outbox()?.has_remaining() {
/// #     let written = stream.write(tls.outbox()?.chunk())?;
/// #     tls.outbox()?.advance(written);
/// # }
/// # thread.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Two owners
///
/// [`split`](Self::split) makes a receiving and a sending half for two tasks, which are driven by the same
/// calls as those of a plain connection.
#[derive(Debug)]
pub struct TlsConnection {
    inbound: Inbound,
    outbound: Outbound,
    handle: TlsHandle,
}

impl TlsConnection {
    /// The client's side of a connection to the server that can prove to be `server_name`.
    ///
    /// `config` is anything that rustls makes; [`ClientConfigBuilder`](crate::ClientConfigBuilder) makes it
    /// from PEM files. `settings` are those of the messages.
    ///
    /// # Errors
    ///
    /// [`TlsError::Rustls`]: what rustls finds wrong with the configuration.
    pub fn client(
        config: Arc<ClientConfig>,
        server_name: ServerName<'static>,
        settings: &Config,
    ) -> Result<Self, TlsError> {
        Ok(Self::new(Engine::client(config, server_name)?, settings))
    }

    /// As [`client`](Self::client), with a name that is still to be parsed.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::InvalidServerName`], or [`HandshakeError::Tls`] with the error of [`client`](Self::client).
    pub fn client_of(
        config: Arc<ClientConfig>,
        server_name: &str,
        settings: &Config,
    ) -> Result<Self, HandshakeError> {
        let name = server_name.to_owned();
        match ServerName::try_from(name.clone()) {
            Ok(server_name) => Ok(Self::client(config, server_name, settings)?),
            Err(_) => Err(HandshakeError::InvalidServerName { name }),
        }
    }

    /// The server's side of a connection, with a copy of `config`. Early data (0-RTT) is not accepted, whatever `config`
    /// says: it can be replayed (RFC 8446, section 8).
    ///
    /// # Errors
    ///
    /// As [`client`](Self::client).
    pub fn server(config: &ServerConfig, settings: &Config) -> Result<Self, TlsError> {
        Ok(Self::new(Engine::server(config)?, settings))
    }

    fn new(engine: Engine, settings: &Config) -> Self {
        let (reader, writer, handle) = halves::split(engine);
        let mut block_len = settings.read_block_len();
        // Who asks for less wants small datagrams to keep little alive, at the price of a copy.
        if block_len >= incoming::MAX_LEN {
            block_len = block_len.max(PLAIN_BLOCK_LEN);
        }
        let decoder = Decoder::new(&settings.with_read_block_len(block_len));
        Self {
            inbound: Inbound::with_stage(decoder, reader),
            outbound: Outbound::with_stage(Encoder::new(settings), writer),
            handle,
        }
    }

    /// Takes the halves apart, at any time, to receive and to send in two tasks or threads. They share one
    /// lock, which is held while bytes are encrypted or decrypted and never during I/O.
    #[must_use = "the connection is gone"]
    pub fn split(self) -> (Inbound, Outbound, TlsHandle) {
        (self.inbound, self.outbound, self.handle)
    }

    /// A handle to ask and to steer the connection by, which stays good after [`split`](Self::split).
    #[must_use]
    pub const fn handle(&self) -> &TlsHandle {
        &self.handle
    }

    /// Whether the handshake is still under way (or has failed).
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.handle.is_handshaking()
    }

    /// What was agreed upon with the peer.
    #[must_use]
    pub fn info(&self) -> TlsInfo {
        self.handle.info()
    }

    /// As [`Decoder::next_datagram`].
    ///
    /// # Errors
    ///
    /// [`ReadError::Protocol`] as there, or [`ReadError::Stage`] with a [`TlsError`], which [`TlsError::of_read`] finds;
    /// final.
    #[inline]
    pub fn next_datagram(&mut self) -> Result<Decoded<ConnectDatagram>, ReadError> {
        self.inbound.next_datagram()
    }

    /// As [`Decoder::next_datagram_ref`].
    ///
    /// # Errors
    ///
    /// As [`next_datagram`](Self::next_datagram).
    #[inline]
    pub fn next_datagram_ref(&mut self) -> Result<Decoded<DatagramRef<'_>>, ReadError> {
        self.inbound.next_datagram_ref()
    }

    /// As [`Decoder::datagrams`].
    #[inline]
    pub fn datagrams(&mut self) -> Datagrams<'_> {
        self.inbound.datagrams()
    }

    /// Space for the next ciphertext from the transport: initialised, and never empty.
    pub fn spare(&mut self) -> &mut [u8] {
        self.inbound.spare()
    }

    /// The first `received` bytes of the last [`spare`](Self::spare) came from the transport. Ignored after
    /// a failure.
    ///
    /// # Panics
    ///
    /// If `received` exceeds the length of the space.
    pub fn commit(&mut self, received: usize) {
        self.inbound.commit(received);
    }

    /// Copies ciphertext in: for callers that already hold it. Ignored after a failure.
    pub fn extend_from_slice(&mut self, ciphertext: &[u8]) {
        self.inbound.extend_from_slice(ciphertext);
    }

    /// The transport ended. Without close_notify before, that is an error: the stream may have been cut.
    pub fn finish(&mut self) {
        self.inbound.finish();
    }

    /// The transport has nothing to read at the moment. Between two messages, all buffers go back.
    pub fn handle_would_block(&mut self) {
        self.inbound.handle_would_block();
    }

    /// Queues a datagram, during the handshake as well.
    ///
    /// # Errors
    ///
    /// Those of [`Encoder::push`], of kind `Refused`, or the failure of TLS, of kind `Stage`; the datagram comes back in
    /// either case.
    #[inline]
    pub fn push(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        self.outbound.push(datagram)
    }

    /// Queues a copy of a borrowed datagram, during the handshake as well.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), without a datagram.
    #[inline]
    pub fn push_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        self.outbound.push_ref(datagram)
    }

    /// Nothing will be pushed any more: the last thing in the outbox is close_notify. Receiving goes on.
    pub fn close(&mut self) {
        self.outbound.finish();
    }

    /// Bytes queued, as plain bytes or as ciphertext. To keep memory bounded, push only while this is less
    /// than you are willing to hold.
    #[inline]
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outbound.queued()
    }

    /// Ciphertext to be written, no more than 64 KiB and some records at a time. Empty when there is nothing
    /// to say until something is received or pushed.
    ///
    /// # Errors
    ///
    /// The failure of TLS, of kind `Stage`, after the alert that tells the peer. [`TlsError::of_write`] finds it.
    pub fn outbox(&mut self) -> Result<&mut Outbox, WriteError> {
        self.outbound.outbox()
    }

    /// Everything was written, and nothing may follow for long: buffers go back.
    pub fn handle_flushed(&mut self) {
        // A flush of nothing cannot fail.
        let _ = self.outbound.handle_flush(Ok(()));
    }
}
