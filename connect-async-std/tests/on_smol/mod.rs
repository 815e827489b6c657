//! This adapter on smol, for the behaviours that every adapter shares. Nothing of async-std is needed.

use std::future::Future;
use std::net::SocketAddr;

use connect_async_std::{Config, Connection, ConnectionReader, ConnectionWriter};
use connect_testkit::conformance::{Accepted, Adapter};
use connect_testkit::conformance_halves;
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};
use futures_lite::future;
use smol::net::{TcpListener, TcpStream};

use crate::scripted;

pub(crate) struct OnSmol;

fn connection(stream: TcpStream, config: Config) -> Connection {
    stream.set_nodelay(true).unwrap();
    Connection::from_halves(stream.clone(), stream, config)
        .with_vectored_writes()
        .boxed()
}

impl Adapter for OnSmol {
    type Reader = ConnectionReader;
    type Writer = ConnectionWriter;

    fn over(
        read: ScriptedRead,
        write: ScriptedWrite,
        config: Config,
    ) -> (Self::Reader, Self::Writer) {
        scripted::connection(read, write, config).split()
    }

    fn rejoined(reader: Self::Reader, writer: Self::Writer) -> (Self::Reader, Self::Writer) {
        Connection::join(reader, writer).split()
    }

    async fn listen(config: Config) -> (SocketAddr, Accepted<Self::Reader, Self::Writer>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = async move {
            let (stream, _) = listener.accept().await.unwrap();
            connection(stream, config).split()
        };
        (address, Box::pin(accepted))
    }

    async fn connect(address: SocketAddr, config: Config) -> (Self::Reader, Self::Writer) {
        let stream = TcpStream::connect(address).await.unwrap();
        connection(stream, config).split()
    }

    fn block_on(future: impl Future<Output = ()> + Send + 'static) {
        smol::block_on(future);
    }

    async fn both(
        one: impl Future<Output = ()> + Send + 'static,
        other: impl Future<Output = ()> + Send + 'static,
    ) {
        future::zip(smol::spawn(one), smol::spawn(other)).await;
    }
}

conformance_halves!(OnSmol, ConnectionReader, ConnectionWriter);
