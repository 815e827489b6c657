//! Connect on async-std.

use std::net::SocketAddr;

use bytes::Bytes;
use connect_async_std::{ConnectDatagram, Connection, TcpListener};

use super::on_async_std::AsyncStd;
use super::{Endpoints, LOOPBACK, Link};
use crate::Failure;

pub struct ConnectAsyncStd;

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

impl Endpoints for ConnectAsyncStd {
    type Runtime = AsyncStd;
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
