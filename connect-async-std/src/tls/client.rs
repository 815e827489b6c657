//! TLS clients over the sockets of async-std.

use std::sync::Arc;

use async_std::net::{TcpStream, ToSocketAddrs};
use connect_proto::Config;
use connect_tls::rustls::ClientConfig;
use connect_tls::{HandshakeError, TlsConnection};

use crate::connection::Connection;

impl Connection {
    /// Connects to a TLS listener, which has to prove that it is `server_name`: a DNS name or an IP
    /// address.
    ///
    /// `TCP_NODELAY` is set. `config` is made by [`ClientConfigBuilder`](connect_tls::ClientConfigBuilder)
    /// or by rustls itself.
    ///
    /// ```
    /// use connect_async_std::Connection;
    /// use connect_async_std::connect_tls::{Authorities, ClientConfigBuilder};
    ///
    /// # async_std::task::block_on(async {
    /// # let made = connect_testkit::certificates::Authority::new("example");
    /// # let server_config = made.server_config(&["localhost"]);
    /// # let mut listener = connect_async_std::TlsListener::bind("127.0.0.1:0", server_config).await?;
    /// # let address = listener.local_addr();
    /// # async_std::task::spawn(async move { listener.accept().await });
    /// # let authority = made.certificate();
    /// // Mostly it is a file: `Authorities::from_pem_file`.
    /// let authorities = Authorities::from_pem(authority.as_bytes())?;
    /// let config = ClientConfigBuilder::new(authorities).build()?;
    /// let connection = Connection::tls_client(address, "localhost", config).await?;
    /// assert!(connection.tls().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`HandshakeError::InvalidServerName`]; [`HandshakeError::Io`], of name resolution and `connect` as well; or
    /// [`HandshakeError::Tls`], if one side refuses the other. A server that does not want
    /// this client may say so only at the first [`next`](crate::ConnectionReader::next).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping the future gives the attempt up. It has no time limit of its own.
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
