//! Unix socket clients and listeners.

use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use connect_proto::{Address, Config};
use futures_core::Stream;
use tokio::net::UnixStream;
use tokio::net::unix::SocketAddr;

use crate::accept::Pause;
use crate::connection::Connection;

impl Connection {
    /// Connects to a Unix socket.
    ///
    /// # Errors
    ///
    /// Those of `connect` (`NotFound` without a file, `ConnectionRefused` if nobody listens on it), `getsockname` and
    /// `getpeername`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping the future gives the attempt up.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and in one without I/O (see `enable_io` of its builder).
    pub async fn unix_client(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::unix_client_with(path, Config::new()).await
    }

    /// As [`unix_client`](Self::unix_client), with settings.
    ///
    /// # Errors
    ///
    /// As [`unix_client`](Self::unix_client).
    ///
    /// # Cancel safety
    ///
    /// As [`unix_client`](Self::unix_client).
    ///
    /// # Panics
    ///
    /// As [`unix_client`](Self::unix_client).
    pub async fn unix_client_with(path: impl AsRef<Path>, config: Config) -> io::Result<Self> {
        let stream = UnixStream::connect(path).await?;
        let connection = Self::from_unix(stream, config)?;
        event!(peer = %connection.peer_addr(), "connected");
        Ok(connection)
    }

    /// A connection over a Unix stream that the caller has prepared.
    ///
    /// ```
    /// use connect_tokio::{Config, ConnectDatagram, Connection};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (here, there) = tokio::net::UnixStream::pair()?;
    /// let mut here = Connection::from_unix(here, Config::new())?;
    /// let mut there = Connection::from_unix(there, Config::new())?;
    /// here.writer().send(ConnectDatagram::new(1, "hello")?).await?;
    /// assert_eq!(there.reader().next().await?.unwrap().data(), "hello");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `getsockname` and `getpeername`.
    pub fn from_unix(stream: UnixStream, config: Config) -> io::Result<Self> {
        let peer = address(&stream.peer_addr()?);
        let local = address(&stream.local_addr()?);
        let (read, write) = stream.into_split();
        Ok(Connection::from_halves(read, write, config)
            .boxed()
            .with_addresses(local, peer))
    }
}

/// Accepts connections on a Unix socket.
///
/// A [`Stream`] of `io::Result<Connection>`, too, that never ends.
///
/// The file of the socket is the caller's: it must not exist before, and it stays when the listener
/// is dropped.
///
/// ```
/// use connect_tokio::{ConnectDatagram, Connection, UnixListener};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let path = std::env::temp_dir().join(format!("connect-doc-{}", std::process::id()));
/// let mut listener = UnixListener::bind(&path)?;
/// let mut client = Connection::unix_client(&path).await?;
/// let mut server = listener.accept().await?;
/// client.writer().send(ConnectDatagram::new(1, "hello")?).await?;
/// assert_eq!(server.reader().next().await?.unwrap().data(), "hello");
/// std::fs::remove_file(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct UnixListener {
    listener: tokio::net::UnixListener,
    local: Address,
    config: Config,
    pause: Pause,
}

impl UnixListener {
    /// Listens on a path, on which it makes a socket.
    ///
    /// # Errors
    ///
    /// Those of `bind`, `listen` and `getsockname`; `AddrInUse` if the file exists.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and in one without I/O (see `enable_io` of its builder).
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::bind_with(path, Config::new())
    }

    /// As [`bind`](Self::bind), with settings for every connection.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// # Panics
    ///
    /// As [`bind`](Self::bind).
    pub fn bind_with(path: impl AsRef<Path>, config: Config) -> io::Result<Self> {
        Self::from_listener(tokio::net::UnixListener::bind(path)?, config)
    }

    /// A listener whose socket the caller has prepared.
    ///
    /// # Errors
    ///
    /// That of `getsockname`.
    pub fn from_listener(listener: tokio::net::UnixListener, config: Config) -> io::Result<Self> {
        let local = address(&listener.local_addr()?);
        event!(local = %local, "listening");
        Ok(Self {
            listener,
            local,
            config,
            pause: Pause::default(),
        })
    }

    /// The address that is listened on.
    pub fn local_addr(&self) -> &Address {
        &self.local
    }

    /// The next connection.
    ///
    /// # Errors
    ///
    /// Those of `accept`, `getsockname` and `getpeername`; the listener stays usable, as with
    /// [`TcpListener::accept`](crate::TcpListener::accept).
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
        let (stream, _) = ready!(pause.poll_accept(cx, |cx| listener.poll_accept(cx)))?;
        let connection = Connection::from_unix(stream, self.config)?;
        event!(peer = %connection.peer_addr(), "accepted");
        Poll::Ready(Ok(connection))
    }
}

/// Never ends; an item is what [`accept`](UnixListener::accept) returns, and as cancel safe.
impl Stream for UnixListener {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_accept(cx).map(Some)
    }
}

fn address(address: &SocketAddr) -> Address {
    address
        .as_pathname()
        .map_or(Address::Unnamed, |path| Address::Unix(path.to_path_buf()))
}
