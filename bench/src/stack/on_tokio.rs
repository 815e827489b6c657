//! Tokio's sockets, plain and with TLS by tokio-rustls. One thread.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use super::{Endpoints, LOOPBACK, Runtime};
use crate::Failure;
use crate::security::{SERVER_NAME, client_config, server_config};

pub struct TokioTcp;

pub struct TokioTls;

pub struct Tokio;

impl Runtime for Tokio {
    fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(runtime.block_on(future))
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(future);
    }

    async fn sleep(time: Duration) {
        tokio::time::sleep(time).await;
    }
}

impl Endpoints for TokioTcp {
    type Runtime = Tokio;
    type Listener = TcpListener;
    type Accepted = TcpStream;
    type Server = TcpStream;
    type Connector = ();
    type Client = TcpStream;

    async fn listen() -> Result<(TcpListener, SocketAddr), Failure> {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(listener: &mut TcpListener) -> Result<TcpStream, Failure> {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn establish(stream: TcpStream) -> Result<TcpStream, Failure> {
        Ok(stream)
    }

    fn connector() -> Result<(), Failure> {
        Ok(())
    }

    async fn connect(_: &(), address: SocketAddr) -> Result<TcpStream, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Endpoints for TokioTls {
    type Runtime = Tokio;
    type Listener = (TcpListener, TlsAcceptor);
    type Accepted = (TcpStream, TlsAcceptor);
    type Server = server::TlsStream<TcpStream>;
    type Connector = TlsConnector;
    type Client = client::TlsStream<TcpStream>;

    async fn listen() -> Result<(Self::Listener, SocketAddr), Failure> {
        let (listener, address) = TokioTcp::listen().await?;
        Ok(((listener, TlsAcceptor::from(server_config())), address))
    }

    async fn accept((listener, acceptor): &mut Self::Listener) -> Result<Self::Accepted, Failure> {
        Ok((TokioTcp::accept(listener).await?, acceptor.clone()))
    }

    async fn establish((stream, acceptor): Self::Accepted) -> Result<Self::Server, Failure> {
        Ok(acceptor.accept(stream).await?)
    }

    fn connector() -> Result<TlsConnector, Failure> {
        Ok(TlsConnector::from(client_config()))
    }

    async fn connect(
        connector: &TlsConnector,
        address: SocketAddr,
    ) -> Result<Self::Client, Failure> {
        let stream = TokioTcp::connect(&(), address).await?;
        Ok(connector.connect(SERVER_NAME.try_into()?, stream).await?)
    }
}
