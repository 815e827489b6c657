//! TLS clients, and TLS over any stream.

#[cfg(feature = "async-std")]
mod client;
#[cfg(feature = "async-std")]
mod handshakes;
#[cfg(feature = "async-std")]
mod listener;

use connect_tls::{HandshakeError, HandshakeStep, TlsConnection, TlsHandle};
use futures_io::{AsyncRead, AsyncWrite};

use crate::connection::{Connection, Ends};
use crate::reader::ConnectionReader;
use crate::writer::ConnectionWriter;

#[cfg(feature = "async-std")]
pub use listener::TlsListener;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Either side of a TLS connection over any pair of streams. Completes the handshake.
    ///
    /// ```
    /// use connect_async_std::connect_tls::TlsConnection;
    /// use connect_async_std::{Config, ConnectDatagram, Connection};
    ///
    /// # futures_lite::future::block_on(async {
    /// # let authority = connect_testkit::certificates::Authority::new("example");
    /// # let server_config = authority.server_config(&["localhost"]);
    /// # let client_config = authority.client_config();
    /// let (here_read, there_write) = piper::pipe(64 * 1024);
    /// let (there_read, here_write) = piper::pipe(64 * 1024);
    /// let client = TlsConnection::client(client_config, "localhost".try_into()?, &Config::new())?;
    /// let server = TlsConnection::server(&server_config, &Config::new())?;
    /// let (mut client, mut server) = futures_lite::future::try_zip(
    ///     Connection::tls_over(here_read, here_write, client),
    ///     Connection::tls_over(there_read, there_write, server),
    /// )
    /// .await?;
    /// client.writer().send(ConnectDatagram::new(1, "hello")?).await?;
    /// assert_eq!(server.reader().next().await?.unwrap().data(), "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
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
    /// # use connect_async_std::connect_tls::TlsConnection;
    /// # use connect_async_std::{Config, Connection};
    /// # futures_lite::future::block_on(async {
    /// # let authority = connect_testkit::certificates::Authority::new("example");
    /// # let client = TlsConnection::client_of(authority.client_config(), "localhost", &Config::new())?;
    /// # let server = TlsConnection::server(&authority.server_config(&["localhost"]), &Config::new())?;
    /// # let (here_read, there_write) = piper::pipe(64 * 1024);
    /// # let (there_read, here_write) = piper::pipe(64 * 1024);
    /// # let (connection, _server) = futures_lite::future::try_zip(
    /// #     Connection::tls_over(here_read, here_write, client),
    /// #     Connection::tls_over(there_read, there_write, server),
    /// # )
    /// # .await?;
    /// let tls = connection.tls().expect("this connection has TLS");
    /// assert_eq!(tls.info().server_name.as_deref(), Some("localhost"));
    /// assert_eq!(tls.info().peer_certificates.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
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
