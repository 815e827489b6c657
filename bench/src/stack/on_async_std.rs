//! The sockets of async-std, whose tasks run on its own threads.

use std::net::SocketAddr;
use std::time::Duration;

use async_std::net::{TcpListener, TcpStream};
use async_std::task;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};

use super::{Endpoints, LOOPBACK, Runtime};
use crate::Failure;

pub struct AsyncStdTcp;

pub struct AsyncStd;

impl Runtime for AsyncStd {
    fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
        Ok(task::block_on(future))
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        task::spawn(future);
    }

    async fn sleep(time: Duration) {
        task::sleep(time).await;
    }
}

impl Endpoints for AsyncStdTcp {
    type Runtime = AsyncStd;
    type Listener = TcpListener;
    type Accepted = TcpStream;
    type Server = Compat<TcpStream>;
    type Connector = ();
    type Client = Compat<TcpStream>;

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

    async fn establish(stream: TcpStream) -> Result<Compat<TcpStream>, Failure> {
        Ok(stream.compat())
    }

    fn connector() -> Result<(), Failure> {
        Ok(())
    }

    async fn connect(_: &(), address: SocketAddr) -> Result<Compat<TcpStream>, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream.compat())
    }
}
