//! TLS clients, and TLS over any stream.

mod handshakes;
mod listener;

use std::sync::Arc;

use connect_proto::Config;
use connect_tls::rustls::ClientConfig;
use connect_tls::{HandshakeError, HandshakeStep, TlsConnection, TlsHandle};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, ToSocketAddrs};

use crate::connection::{Connection, Ends};
use crate::reader::ConnectionReader;
use crate::writer::ConnectionWriter;

pub use listener::TlsListener;

impl Connection {
    /// Connects to a TLS listener, which has to prove that it is `server_name`: a DNS name or an IP
    /// address.
    ///
    /// `TCP_NODELAY` is set. `config` is made by [`ClientConfigBuilder`](connect_tls::ClientConfigBuilder)
    /// or by rustls itself.
    ///
    /// ```
    /// use connect_tokio::Connection;
    /// use connect_tokio::connect_tls::{Authorities, ClientConfigBuilder};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let made = connect_testkit::certificates::Authority::new("example");
    /// # let server_config = made.server_config(&["localhost"]);
    /// # let mut listener = connect_tokio::TlsListener::bind("127.0.0.1:0", server_config).await?;
    /// # let address = listener.local_addr();
    /// # tokio::spawn(async move { listener.accept().await });
    /// # let authority = made.certificate();
    /// // Mostly it is a file: `Authorities::from_pem_file`.
    /// let authorities = Authorities::from_pem(authority.as_bytes())?;
    /// let config = ClientConfigBuilder::new(authorities).build()?;
    /// let connection = Connection::tls_client(address, "localhost", config).await?;
    /// assert!(connection.tls().is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`HandshakeError::InvalidServerName`]; [`HandshakeError::Io`], of name resolution and `connect` as well; or
    /// [`HandshakeError::Tls`], if one side refuses the other. A server that does not want
    /// this client may say so only at the first [`next`](ConnectionReader::next).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping the future gives the attempt up. It has no time limit of its own.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, and in one without I/O (see `enable_io` of its builder).
    pub async fn tls_client(
        address: impl ToSocketAddrs,
        server_name: &str,
        config: Arc<ClientConfig>,
    ) -> Result<Self, HandshakeError> {
        Self::tls_client_with(address, server_name, config, Config::new()).await
    }

    /// As [`tls_client`](Self::tls_client), with settings.
    ///
    /// # Errors
    ///
    /// As [`tls_client`](Self::tls_client).
    ///
    /// # Cancel safety
    ///
    /// As [`tls_client`](Self::tls_client).
    ///
    /// # Panics
    ///
    /// As [`tls_client`](Self::tls_client).
    pub async fn tls_client_with(
        address: impl ToSocketAddrs,
        server_name: &str,
        config: Arc<ClientConfig>,
        settings: Config,
    ) -> Result<Self, HandshakeError> {
        let tls = TlsConnection::client_of(config, server_name, &settings)?;
        let stream = TcpStream::connect(address).await?;
        Self::tls_over_tcp(stream, tls).await
    }

    /// Either side of a TLS connection over a TCP stream that the caller has prepared or accepted. Sets
    /// `TCP_NODELAY`, and completes the handshake.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::Io`] or [`HandshakeError::Tls`].
    ///
    /// # Cancel safety
    ///
    /// As [`tls_client`](Self::tls_client).
    pub async fn tls_over_tcp(
        stream: TcpStream,
        tls: TlsConnection,
    ) -> Result<Self, HandshakeError> {
        let peer = stream.peer_addr()?;
        let (inbound, outbound, handle) = tls.split();
        let connection = Self::from_tcp_parts(stream, peer, inbound, outbound)?;
        connection.establish(handle).await
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Either side of a TLS connection over any pair of streams. Completes the handshake.
    ///
    /// ```
    /// use connect_tokio::connect_tls::TlsConnection;
    /// use connect_tokio::{Config, ConnectDatagram, Connection};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let authority = connect_testkit::certificates::Authority::new("example");
    /// # let server_config = authority.server_config(&["localhost"]);
    /// # let client_config = authority.client_config();
    /// let (here, there) = tokio::io::duplex(64 * 1024);
    /// let client = TlsConnection::client(client_config, "localhost".try_into()?, &Config::new())?;
    /// let server = TlsConnection::server(&server_config, &Config::new())?;
    /// let (here_read, here_write) = tokio::io::split(here);
    /// let (there_read, there_write) = tokio::io::split(there);
    /// let (mut client, mut server) = tokio::try_join!(
    ///     Connection::tls_over(here_read, here_write, client),
    ///     Connection::tls_over(there_read, there_write, server),
    /// )?;
    /// client.writer().send(ConnectDatagram::new(1, "hello")?).await?;
    /// assert_eq!(server.reader().next().await?.unwrap().data(), "hello");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`HandshakeError::Io`] or [`HandshakeError::Tls`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the streams. It has no time limit of its own.
    pub async fn tls_over(read: R, write: W, tls: TlsConnection) -> Result<Self, HandshakeError> {
        let (inbound, outbound, handle) = tls.split();
        Self::from_parts(read, inbound, write, outbound)
            .establish(handle)
            .await
    }

    /// Completes the handshake. TLS tells the peer of a failed one why, in most cases; whether that gets
    /// there before the stream is dropped is not waited for.
    async fn establish(mut self, handle: TlsHandle) -> Result<Self, HandshakeError> {
        loop {
            match handle.handshake_step()? {
                HandshakeStep::Flush => {
                    if let Err(error) = self.writer().flush_stage().await {
                        // A peer that hung up may have said why before.
                        self.reader().receive_what_is_here().await;
                        let reason = handle.failure().map(HandshakeError::from);
                        return Err(reason.unwrap_or_else(|| error.into()));
                    }
                }
                HandshakeStep::Read => self.reader().receive().await?,
                HandshakeStep::Done => break,
            }
        }
        event!(peer = %self.peer_addr(), "TLS handshake complete");
        let ends = Ends {
            tls: Some(handle),
            ..self.ends().clone()
        };
        self.set_ends(ends);
        Ok(self)
    }
}

impl<R, W> Connection<R, W> {
    /// The TLS side of this connection, to ask what was agreed upon and to change keys. None if it has
    /// none.
    ///
    /// ```
    /// # use connect_tokio::connect_tls::TlsConnection;
    /// # use connect_tokio::{Config, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let authority = connect_testkit::certificates::Authority::new("example");
    /// # let client = TlsConnection::client_of(authority.client_config(), "localhost", &Config::new())?;
    /// # let server = TlsConnection::server(&authority.server_config(&["localhost"]), &Config::new())?;
    /// # let (here, there) = tokio::io::duplex(64 * 1024);
    /// # let (here_read, here_write) = tokio::io::split(here);
    /// # let (there_read, there_write) = tokio::io::split(there);
    /// # let (connection, _server) = tokio::try_join!(
    /// #     Connection::tls_over(here_read, here_write, client),
    /// #     Connection::tls_over(there_read, there_write, server),
    /// # )?;
    /// let tls = connection.tls().expect("this connection has TLS");
    /// assert_eq!(tls.info().server_name.as_deref(), Some("localhost"));
    /// assert_eq!(tls.info().peer_certificates.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn tls(&self) -> Option<&TlsHandle> {
        self.ends().tls.as_ref()
    }
}

impl<R> ConnectionReader<R> {
    /// As [`Connection::tls`].
    pub fn tls(&self) -> Option<&TlsHandle> {
        self.ends.tls.as_ref()
    }
}

impl<W> ConnectionWriter<W> {
    /// As [`Connection::tls`].
    pub fn tls(&self) -> Option<&TlsHandle> {
        self.ends.tls.as_ref()
    }
}
