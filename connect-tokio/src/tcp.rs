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
    /// Those of name resolution (`InvalidInput` for a name without an address), `connect`, `setsockopt`, `getsockname` and
    /// `getpeername`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping the future gives the attempt up.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and in one without I/O (see `enable_io` of its builder).
    pub async fn tcp_client(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::tcp_client_with(address, Config::new()).await
    }

    /// As [`tcp_client`](Self::tcp_client), with settings.
    ///
    /// ```
    /// use connect_tokio::{Config, Connection};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let address = listener.local_addr()?;
    /// let config = Config::new().with_max_receive_len(64 * 1024); // longer replies are an error
    /// let connection = Connection::tcp_client_with(address, config).await?;
    /// assert_eq!(connection.peer_addr().socket_addr(), Some(address));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`tcp_client`](Self::tcp_client).
    ///
    /// # Cancel safety
    ///
    /// As [`tcp_client`](Self::tcp_client).
    ///
    /// # Panics
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
    /// ```
    /// use connect_tokio::{Config, Connection};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let address = listener.local_addr()?;
    /// let stream = tokio::net::TcpStream::connect(address).await?;
    /// stream.set_ttl(1)?; // never leaves the network that it is in
    /// let connection = Connection::from_tcp(stream, Config::new())?;
    /// assert_eq!(connection.peer_addr().socket_addr(), Some(address));
    /// # Ok(())
    /// # }
    /// ```
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
    /// Those of name resolution (`InvalidInput` for a name without an address), `bind`, `listen` and `getsockname`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping the future leaves no socket behind.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and in one without I/O (see `enable_io` of its builder).
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::bind_with(address, Config::new()).await
    }

    /// As [`bind`](Self::bind), with settings for every connection.
    ///
    /// ```
    /// use connect_tokio::{Config, TcpListener};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = Config::new().with_max_receive_len(64 * 1024); // clients are not trusted
    /// let listener = TcpListener::bind_with("127.0.0.1:0", config).await?;
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
    /// Those of `accept`, `setsockopt` and `getsockname`. The listener stays usable: go on accepting. After an error
    /// whose cause may last, such as a full table of file descriptors, the next call begins with a
    /// pause (see [`connect_proto::pause_after_accept_error`]), so a loop neither spins nor stops.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no connection is lost when the future is dropped.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and in one without I/O (see `enable_io` of its builder).
    pub async fn accept(&mut self) -> io::Result<Connection> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Polls for the next connection; what [`accept`](Self::accept) does. While it is pending, the waker of the last call
    /// is woken by a connection, an error, or the end of a pause.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a connection is taken by a call that returns it.
    ///
    /// # Panics
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

/// Never ends; an item is what [`accept`](TcpListener::accept) returns, and as cancel safe.
impl Stream for TcpListener {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_accept(cx).map(Some)
    }
}
