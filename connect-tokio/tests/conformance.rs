//! The behaviours that every adapter shares, on tokio.

use std::future::Future;

use connect_testkit::conformance::{Adapter, Reader, Writer};
use connect_testkit::conformance_tests;
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};
use connect_tokio::{
    Config, ConnectDatagram, Connection, ConnectionReader, ConnectionWriter, DatagramRef,
    Datagrams, ReadError, TcpListener, WriteError,
};

struct OnTokio;

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

    async fn tcp_pair(config: Config) -> [(Self::Reader, Self::Writer); 2] {
        let mut listener = TcpListener::bind_with("127.0.0.1:0", config).await.unwrap();
        let address = listener.local_addr();
        let (client, server) = tokio::join!(
            Connection::tcp_client_with(address, config),
            listener.accept()
        );
        [client.unwrap().split(), server.unwrap().split()]
    }

    fn block_on(future: impl Future<Output = ()> + Send + 'static) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(future);
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

impl Reader<OnTokio> for ConnectionReader {
    async fn next(&mut self) -> Result<Option<ConnectDatagram>, ReadError> {
        self.next().await
    }

    async fn next_many(
        &mut self,
        datagrams: &mut Vec<ConnectDatagram>,
        limit: usize,
    ) -> Result<usize, ReadError> {
        self.next_many(datagrams, limit).await
    }

    async fn next_batch(&mut self) -> Result<Datagrams<'_>, ReadError> {
        self.next_batch().await
    }

    async fn next_ref(&mut self) -> Result<Option<DatagramRef<'_>>, ReadError> {
        self.next_ref().await
    }
}

impl Writer<OnTokio> for ConnectionWriter {
    async fn send(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        self.send(datagram).await
    }

    async fn send_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        self.send_ref(datagram).await
    }

    async fn feed(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        self.feed(datagram).await
    }

    async fn ready(&mut self) -> Result<(), WriteError> {
        self.ready().await
    }

    fn push(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        self.push(datagram)
    }

    async fn flush(&mut self) -> Result<(), WriteError> {
        self.flush().await
    }

    async fn close(&mut self) -> Result<(), WriteError> {
        self.close().await
    }

    fn queued_bytes(&self) -> usize {
        self.queued_bytes()
    }
}

conformance_tests!(OnTokio);
