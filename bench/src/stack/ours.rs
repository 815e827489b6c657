//! Connect, on tokio and on async-std.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use connect_tls::rustls::ClientConfig;
use connect_tokio::{Connection, TlsListener};

use super::on_async_std::AsyncStd;
use super::on_tokio::Tokio;
use super::{Endpoints, LOOPBACK, Link};
use crate::Failure;
use crate::security::{SERVER_NAME, client_config, server_config};

pub struct Connect;

pub struct ConnectAsyncStd;

pub struct ConnectTls;

/// Both adapters have types of their own, with the same methods.
macro_rules! of_adapter {
    ($adapter:ident, $endpoints:ty, $runtime:ty) => {
        impl Link for $adapter::Connection {
            async fn send(&mut self, message: Bytes) -> Result<(), Failure> {
                let datagram = $adapter::ConnectDatagram::new(1, message)?;
                Ok(self.writer().send(datagram).await?)
            }

            async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
                let datagram = self.reader().next().await?;
                Ok(datagram.map($adapter::ConnectDatagram::into_data))
            }

            async fn close(&mut self) -> Result<(), Failure> {
                Ok(self.writer().close().await?)
            }
        }

        impl Endpoints for $endpoints {
            type Runtime = $runtime;
            type Listener = $adapter::TcpListener;
            type Accepted = $adapter::Connection;
            type Server = $adapter::Connection;
            type Connector = ();
            type Client = $adapter::Connection;

            async fn listen() -> Result<(Self::Listener, SocketAddr), Failure> {
                let listener = $adapter::TcpListener::bind(LOOPBACK).await?;
                let address = listener.local_addr();
                Ok((listener, address))
            }

            async fn accept(listener: &mut Self::Listener) -> Result<Self::Accepted, Failure> {
                Ok(listener.accept().await?)
            }

            async fn establish(connection: Self::Accepted) -> Result<Self::Server, Failure> {
                Ok(connection)
            }

            fn connector() -> Result<(), Failure> {
                Ok(())
            }

            async fn connect(_: &(), address: SocketAddr) -> Result<Self::Client, Failure> {
                Ok($adapter::Connection::tcp_client(address).await?)
            }
        }
    };
}

of_adapter!(connect_tokio, Connect, Tokio);
of_adapter!(connect_async_std, ConnectAsyncStd, AsyncStd);

impl Endpoints for ConnectTls {
    type Runtime = Tokio;
    type Listener = TlsListener;
    /// The listener does the handshakes, many beside each other.
    type Accepted = Connection;
    type Server = Connection;
    type Connector = Arc<ClientConfig>;
    type Client = Connection;

    async fn listen() -> Result<(TlsListener, SocketAddr), Failure> {
        let listener = TlsListener::bind(LOOPBACK, server_config()).await?;
        let address = listener.local_addr();
        Ok((listener, address))
    }

    async fn accept(listener: &mut TlsListener) -> Result<Connection, Failure> {
        Ok(listener.accept().await?)
    }

    async fn establish(connection: Connection) -> Result<Connection, Failure> {
        Ok(connection)
    }

    fn connector() -> Result<Arc<ClientConfig>, Failure> {
        Ok(client_config())
    }

    async fn connect(
        connector: &Arc<ClientConfig>,
        address: SocketAddr,
    ) -> Result<Connection, Failure> {
        let connector = Arc::clone(connector);
        Ok(Connection::tls_client(address, SERVER_NAME, connector).await?)
    }
}
