//! This adapter on tokio, for the behaviours that every adapter shares.

use std::future::Future;
use std::net::SocketAddr;

use connect_testkit::conformance::{Accepted, Adapter};
use connect_testkit::conformance_halves;
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};
use connect_tokio::{Config, Connection, ConnectionReader, ConnectionWriter, TcpListener};

pub(crate) struct OnTokio;

impl Adapter for OnTokio {
    type Reader = ConnectionReader;
    type Writer = ConnectionWriter;

    fn over(
        read: ScriptedRead,
        write: ScriptedWrite,
        config: Config,
    ) -> (Self::Reader, Self::Writer) {
        Connection::from_halves(read, write, config).boxed().split()
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
        tokio::runtime::Runtime::new().unwrap().block_on(future);
    }

    async fn both(
        one: impl Future<Output = ()> + Send + 'static,
        other: impl Future<Output = ()> + Send + 'static,
    ) {
        let (one, other) = tokio::join!(tokio::spawn(one), tokio::spawn(other));
        one.unwrap();
        other.unwrap();
    }
}

conformance_halves!(OnTokio, ConnectionReader, ConnectionWriter);
