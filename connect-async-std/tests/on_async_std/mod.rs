//! This adapter on async-std, for the behaviours that every adapter shares.

use std::future::Future;
use std::net::SocketAddr;

use connect_async_std::{Config, Connection, ConnectionReader, ConnectionWriter, TcpListener};
use connect_testkit::conformance::{Accepted, Adapter};
use connect_testkit::conformance_halves;
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};
use futures_lite::future;

use crate::scripted;

pub(crate) struct OnAsyncStd;

impl Adapter for OnAsyncStd {
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
        let mut listener = TcpListener::bind_with("127.0.0.1:0", config).await.unwrap();
        let address = listener.local_addr();
        let accepted = async move { listener.accept().await.unwrap().split() };
        (address, Box::pin(accepted))
    }

    async fn connect(address: SocketAddr, config: Config) -> (Self::Reader, Self::Writer) {
        let connection = Connection::tcp_client_with(address, config).await;
        connection.unwrap().split()
    }

    fn block_on(future: impl Future<Output = ()> + Send + 'static) {
        async_std::task::block_on(future);
    }

    async fn both(
        one: impl Future<Output = ()> + Send + 'static,
        other: impl Future<Output = ()> + Send + 'static,
    ) {
        future::zip(async_std::task::spawn(one), async_std::task::spawn(other)).await;
    }
}

conformance_halves!(OnAsyncStd, ConnectionReader, ConnectionWriter);
