//! One side's end of a transport, which each contender makes of it what it needs.

use std::sync::Arc;

use connect_tls::TlsConnection;
use connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tokio::{Config, Connection};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use connect_bench::Failure;
use connect_bench::security::SERVER_NAME;

use crate::async_std_stream::AsyncStdStream;
use crate::transport::Socket;

/// Any stream of tokio. What the indirection costs is paid once a system call, by Connect as well.
pub type Stream = Box<dyn Duplex>;

pub trait Duplex: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Duplex for S {}

pub struct End {
    pub socket: Socket,
    pub tls: Option<Tls>,
}

/// One side of TLS.
#[derive(Clone)]
pub enum Tls {
    Client(Arc<ClientConfig>),
    Server(Arc<ServerConfig>),
}

impl End {
    /// A stream of tokio, or of tokio-rustls after its handshake: over a buffer as long as a read of Connect, because
    /// rustls by itself asks the socket for 4 KiB at a time.
    pub async fn stream(self) -> Result<Stream, Failure> {
        Ok(match (self.socket, self.tls) {
            (Socket::Tcp(socket), None) => Box::new(TcpStream::from_std(socket)?),
            (Socket::Unix(socket), None) => Box::new(UnixStream::from_std(socket)?),
            (Socket::Tcp(socket), Some(tls)) => {
                Box::new(tls.stream(buffered(TcpStream::from_std(socket)?)).await?)
            }
            (Socket::Unix(socket), Some(tls)) => {
                Box::new(tls.stream(buffered(UnixStream::from_std(socket)?)).await?)
            }
        })
    }

    /// A connection of Connect, as its own clients and listeners make it.
    pub async fn connection(self, config: Config) -> Result<Connection, Failure> {
        Ok(match (self.socket, self.tls) {
            (Socket::Tcp(socket), None) => {
                Connection::from_tcp(TcpStream::from_std(socket)?, config)?
            }
            (Socket::Unix(socket), None) => {
                Connection::from_unix(UnixStream::from_std(socket)?, config)?
            }
            (Socket::Tcp(socket), Some(tls)) => {
                let stream = TcpStream::from_std(socket)?;
                Connection::tls_over_tcp(stream, tls.connection(&config)?).await?
            }
            (Socket::Unix(socket), Some(tls)) => {
                let (read, write) = UnixStream::from_std(socket)?.into_split();
                let tls = tls.connection(&config)?;
                Connection::tls_over(read, write, tls).await?.boxed()
            }
        })
    }

    /// A socket of async-std.
    pub fn async_std(self) -> Result<async_std::net::TcpStream, Failure> {
        match (self.socket, self.tls) {
            (Socket::Tcp(socket), None) => Ok(socket.into()),
            _ => Err("only TCP is measured on async-std".into()),
        }
    }

    /// The same as a stream of tokio.
    pub fn async_std_stream(self) -> Result<Stream, Failure> {
        Ok(Box::new(AsyncStdStream::new(self.async_std()?)))
    }
}

fn buffered<S: AsyncRead>(socket: S) -> BufReader<S> {
    BufReader::with_capacity(64 * 1024, socket)
}

impl Tls {
    async fn stream<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        stream: S,
    ) -> Result<TlsStream<S>, Failure> {
        Ok(match self {
            Self::Client(config) => {
                let connecting =
                    TlsConnector::from(config).connect(SERVER_NAME.try_into()?, stream);
                connecting.await?.into()
            }
            Self::Server(config) => TlsAcceptor::from(config).accept(stream).await?.into(),
        })
    }

    fn connection(self, settings: &Config) -> Result<TlsConnection, Failure> {
        Ok(match self {
            Self::Client(config) => TlsConnection::client_of(config, SERVER_NAME, settings)?,
            Self::Server(config) => TlsConnection::server(&config, settings)?,
        })
    }
}

/// Ends the direction, and waits until the peer has ended its own or is gone.
///
/// A server of tokio-rustls has sent session tickets; to drop a socket with unread bytes would reset the connection,
/// and what was sent last would be lost.
pub async fn close(stream: &mut Stream) -> Result<(), Failure> {
    stream.shutdown().await?;
    // The peer does not close its direction, which is an error with TLS.
    while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {}
    Ok(())
}
