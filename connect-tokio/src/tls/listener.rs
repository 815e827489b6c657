//! TLS listeners.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use connect_proto::Config;
use connect_tls::rustls::ServerConfig;
use connect_tls::{AcceptError, HandshakeError, HandshakeLimits, TlsConnection};
use futures_core::Stream;
use tokio::net::{TcpStream, ToSocketAddrs};

use crate::accept::Pause;
use crate::connection::Connection;
use crate::tls::handshakes::Handshakes;

/// Accepts TLS connections.
///
/// Handshakes run beside each other inside of [`accept`](Self::accept), so a peer that is slow or says
/// nothing delays nobody. They go on only while `accept` is polled: spawn what is to be done with a
/// connection. They are limited in number and in time, see [`HandshakeLimits`].
///
/// A [`Stream`] of `Result<Connection, AcceptError>`, too, that never ends.
///
/// ```
/// use connect_tokio::{Connection, TlsListener};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = connect_testkit::certificates::Authority::new("example");
/// # let server_config = authority.server_config(&["localhost"]);
/// # let client_config = authority.client_config();
/// let mut listener = TlsListener::bind("127.0.0.1:0", server_config).await?;
/// let address = listener.local_addr();
/// tokio::spawn(async move {
///     loop {
///         match listener.accept().await {
///             Ok(mut connection) => {
///                 tokio::spawn(async move {
///                     while let Some(datagram) = connection.reader().next().await? {
///                         connection.writer().send(datagram).await?;
///                     }
///                     connection.close().await?;
///                     Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
///                 });
///             }
///             // One peer was refused; the listener goes on.
///             Err(error) => eprintln!("{error}"),
///         }
///     }
/// });
/// let client = Connection::tls_client(address, "localhost", client_config).await?;
/// assert!(client.tls().is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TlsListener {
    listener: tokio::net::TcpListener,
    local: SocketAddr,
    tls: Arc<ServerConfig>,
    config: Config,
    pause: Pause,
    handshakes: Handshakes,
}

/// How many connections are accepted before other tasks of the thread have their turn: a handshake costs
/// more than a message.
const MOST_AT_ONCE: usize = 32;

impl TlsListener {
    /// Listens on an address; port 0 lets the system choose (see [`local_addr`](Self::local_addr)).
    ///
    /// `tls` is made by [`ServerConfigBuilder`](connect_tls::ServerConfigBuilder) or by rustls itself.
    ///
    /// # Errors
    ///
    /// Those of name resolution (`InvalidInput` for a name without an address), `bind`, `listen` and `getsockname`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping the future leaves no socket behind.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and in one without I/O (see `enable_io` of its builder).
    pub async fn bind(address: impl ToSocketAddrs, tls: Arc<ServerConfig>) -> io::Result<Self> {
        Self::bind_with(address, tls, Config::new(), HandshakeLimits::new()).await
    }

    /// As [`bind`](Self::bind), with settings for every connection and limits for handshakes.
    ///
    /// ```
    /// use connect_tokio::connect_tls::HandshakeLimits;
    /// use connect_tokio::{Config, TlsListener};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let authority = connect_testkit::certificates::Authority::new("example");
    /// # let tls = authority.server_config(&["localhost"]);
    /// let config = Config::new().with_max_receive_len(64 * 1024); // clients are not trusted
    /// let limits = HandshakeLimits::new().with_max_pending(64);
    /// let listener = TlsListener::bind_with("127.0.0.1:0", tls, config, limits).await?;
    /// assert_ne!(listener.local_addr().port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// # Cancel safety
    ///
    /// As [`bind`](Self::bind).
    ///
    /// # Panics
    ///
    /// As [`bind`](Self::bind).
    pub async fn bind_with(
        address: impl ToSocketAddrs,
        tls: Arc<ServerConfig>,
        config: Config,
        limits: HandshakeLimits,
    ) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        Self::from_listener(listener, tls, config, limits)
    }

    /// A listener whose socket the caller has prepared.
    ///
    /// # Errors
    ///
    /// That of `getsockname`.
    pub fn from_listener(
        listener: tokio::net::TcpListener,
        tls: Arc<ServerConfig>,
        config: Config,
        limits: HandshakeLimits,
    ) -> io::Result<Self> {
        let local = listener.local_addr()?;
        event!(local = %local, "listening for TLS");
        Ok(Self {
            listener,
            local,
            tls,
            config,
            pause: Pause::default(),
            handshakes: Handshakes::new(limits),
        })
    }

    /// The address that is listened on, with the port that the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Uses another configuration for connections that are accepted from now on. To replace no more than
    /// the certificate, from wherever that is noticed, see
    /// [`ReplaceableIdentity`](connect_tls::ReplaceableIdentity).
    pub fn set_tls_config(&mut self, tls: Arc<ServerConfig>) {
        self.tls = tls;
    }

    /// The next connection whose handshake is complete, with `TCP_NODELAY` set.
    ///
    /// # Errors
    ///
    /// [`AcceptError::Handshake`]: a peer whose handshake has failed, with its address and the reason.
    /// [`AcceptError::Accept`]: no connection could be accepted. The listener stays usable in either case: go on
    /// accepting. After an error whose cause may last, such as a full table of file descriptors, nothing is accepted for a
    /// while (see [`connect_proto::pause_after_accept_error`]), and handshakes go on.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no connection and no handshake is lost when the future is dropped.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and in one without I/O or without a timer (see `enable_all` of its builder).
    pub async fn accept(&mut self) -> Result<Connection, AcceptError> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Polls for the next connection; what [`accept`](Self::accept) does. While it is pending, the waker of the last call
    /// is woken by a connection, a step of a handshake, an error, or the end of a pause.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a connection is taken by a call that returns it, and handshakes go on with the next call.
    ///
    /// # Panics
    ///
    /// As [`accept`](Self::accept).
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Result<Connection, AcceptError>> {
        for _ in 0..MOST_AT_ONCE {
            if let Poll::Ready(ended) = self.handshakes.poll_next(cx) {
                return Poll::Ready(ended);
            }
            let Self {
                listener, pause, ..
            } = self;
            match pause.poll_accept(cx, |cx| listener.poll_accept(cx)) {
                Poll::Ready(Ok((stream, peer))) => {
                    let handshake = handshake(stream, Arc::clone(&self.tls), self.config);
                    self.handshakes.begin(peer, handshake)?;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(AcceptError::Accept(error))),
                Poll::Pending => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn handshake(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    config: Config,
) -> Result<Connection, HandshakeError> {
    let tls = TlsConnection::server(&tls, &config)?;
    Connection::tls_over_tcp(stream, tls).await
}

/// Never ends; an item is what [`accept`](TlsListener::accept) returns, and as cancel safe.
impl Stream for TlsListener {
    type Item = Result<Connection, AcceptError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_accept(cx).map(Some)
    }
}
