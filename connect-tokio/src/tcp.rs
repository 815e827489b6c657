//! TCP clients and listeners.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use connect_proto::{Config, Decoder, Encoder, Inbound, Outbound};
use futures_core::Stream;
use tokio::net::{TcpStream, ToSocketAddrs};

use crate::accept::Pause;
use crate::connection::Connection;

impl Connection {
    /// Connects to a TCP listener.
    ///
    /// `TCP_NODELAY` is set: what [`flush`](crate::ConnectionWriter::flush) hands over leaves at once.
    ///
    /// # Errors
    ///
    /// Those of name resolution, `connect` and `setsockopt`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping the future gives the attempt up.
    pub async fn tcp_client(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::tcp_client_with(address, Config::new()).await
    }

    /// As [`tcp_client`](Self::tcp_client), with settings.
    ///
    /// # Errors
    ///
    /// As [`tcp_client`](Self::tcp_client).
    ///
    /// # Cancel safety
    ///
    /// As [`tcp_client`](Self::tcp_client).
    pub async fn tcp_client_with(address: impl ToSocketAddrs, config: Config) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        let connection = Self::from_tcp(stream, config)?;
        event!(peer = %connection.peer_addr(), "connected");
        Ok(connection)
    }

    /// A connection over a TCP stream that the caller has prepared. Sets `TCP_NODELAY`.
    ///
    /// # Errors
    ///
    /// Those of `setsockopt`, `getsockname` and `getpeername`.
    pub fn from_tcp(stream: TcpStream, config: Config) -> io::Result<Self> {
        let peer = stream.peer_addr()?;
        Self::from_tcp_with_peer(stream, peer, config)
    }

    fn from_tcp_with_peer(stream: TcpStream, peer: SocketAddr, config: Config) -> io::Result<Self> {
        let inbound = Decoder::new(&config).into();
        let outbound = Encoder::new(&config).into();
        Self::from_tcp_parts(stream, peer, inbound, outbound)
    }

    /// What all connections over TCP have in common.
    pub(crate) fn from_tcp_parts(
        stream: TcpStream,
        peer: SocketAddr,
        inbound: Inbound,
        outbound: Outbound,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let local = stream.local_addr()?;
        let (read, write) = stream.into_split();
        Ok(Connection::from_parts(read, inbound, write, outbound)
            .boxed()
            .with_addresses(local.into(), peer.into()))
    }
}

/// Accepts TCP connections.
///
/// A [`Stream`] of `io::Result<Connection>`, too, that never ends.
///
/// ```
/// use connect_tokio::{Connection, TcpListener};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let client = Connection::tcp_client(listener.local_addr()).await?;
/// let mut connection = listener.accept().await?;
/// tokio::spawn(async move {
///     while let Some(datagram) = connection.reader().next().await? {
///         println!("{datagram:?} from {}", connection.peer_addr());
///     }
///     Ok::<(), connect_tokio::ReadError>(())
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TcpListener {
    listener: tokio::net::TcpListener,
    local: SocketAddr,
    config: Config,
    pause: Pause,
}

impl TcpListener {
    /// Listens on an address; port 0 lets the system choose (see [`local_addr`](Self::local_addr)).
    ///
    /// # Errors
    ///
    /// Those of name resolution, `bind` and `listen`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::bind_with(address, Config::new()).await
    }

    /// As [`bind`](Self::bind), with settings for every connection.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// # Cancel safety
    ///
    /// As [`bind`](Self::bind).
    pub async fn bind_with(address: impl ToSocketAddrs, config: Config) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        Self::from_listener(listener, config)
    }

    /// A listener whose socket the caller has prepared.
    ///
    /// # Errors
    ///
    /// That of `getsockname`.
    pub fn from_listener(listener: tokio::net::TcpListener, config: Config) -> io::Result<Self> {
        let local = listener.local_addr()?;
        event!(local = %local, "listening");
        Ok(Self {
            listener,
            local,
            config,
            pause: Pause::default(),
        })
    }

    /// The address that is listened on, with the port that the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The next connection, with `TCP_NODELAY` set.
    ///
    /// # Errors
    ///
    /// Those of `accept` and `setsockopt`. The listener stays usable: go on accepting. After an error
    /// whose cause may last, such as a full table of file descriptors, the next call begins with a
    /// pause (see [`connect_proto::pause_after_accept_error`]), so a loop neither spins nor stops.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no connection is lost when the future is dropped.
    pub async fn accept(&mut self) -> io::Result<Connection> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Polls for the next connection; what [`accept`](Self::accept) does.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Connection>> {
        let Self {
            listener, pause, ..
        } = self;
        let (stream, peer) = ready!(pause.poll_accept(cx, |cx| listener.poll_accept(cx)))?;
        event!(peer = %peer, "accepted");
        Poll::Ready(Connection::from_tcp_with_peer(stream, peer, self.config))
    }
}

impl Stream for TcpListener {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_accept(cx).map(Some)
    }
}
