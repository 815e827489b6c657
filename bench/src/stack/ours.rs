//! Connect on tokio.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use connect_tls::rustls::ClientConfig;
use connect_tokio::{ConnectDatagram, Connection, TcpListener, TlsListener};

use super::on_tokio::Tokio;
use super::security::{SERVER_NAME, client_config, server_config};
use super::{Endpoints, LOOPBACK, Link};
use crate::Failure;

pub struct Connect;

pub struct ConnectTls;

impl Link for Connection {
    async fn send(&mut self, message: Bytes) -> Result<(), Failure> {
        let datagram = ConnectDatagram::new(1, message)?;
        Ok(self.writer().send(datagram).await?)
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        let datagram = self.reader().next().await?;
        Ok(datagram.map(ConnectDatagram::into_data))
    }

    async fn close(&mut self) -> Result<(), Failure> {
        Ok(self.writer().close().await?)
    }
}

impl Endpoints for Connect {
    type Runtime = Tokio;
    type Listener = TcpListener;
    type Accepted = Connection;
    type Server = Connection;
    type Connector = ();
    type Client = Connection;

    async fn listen() -> Result<(TcpListener, SocketAddr), Failure> {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let address = listener.local_addr();
        Ok((listener, address))
    }

    async fn accept(listener: &mut TcpListener) -> Result<Connection, Failure> {
        Ok(listener.accept().await?)
    }

    async fn establish(connection: Connection) -> Result<Connection, Failure> {
        Ok(connection)
    }

    fn connector() -> Result<(), Failure> {
        Ok(())
    }

    async fn connect(_: &(), address: SocketAddr) -> Result<Connection, Failure> {
        Ok(Connection::tcp_client(address).await?)
    }
}

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
