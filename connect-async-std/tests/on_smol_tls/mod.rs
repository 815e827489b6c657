//! This adapter on smol over TLS, for the behaviours that every adapter shares. Nothing of async-std is
//! needed.

use std::future::Future;
use std::net::SocketAddr;

use connect_async_std::connect_tls::{TlsConnection, TlsHandle};
use connect_async_std::{Config, Connection, ConnectionReader, ConnectionWriter};
use connect_testkit::conformance::tls::{
    OVERHEAD, SERVER_NAME, TlsAdapter, client_config, server_config,
};
use connect_testkit::conformance::{Accepted, Adapter};
use connect_testkit::conformance_halves;
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};
use smol::net::{TcpListener, TcpStream};

use crate::on_smol::OnSmol;
use crate::scripted_tls;

pub(crate) struct OnSmolTls;

async fn connection(stream: TcpStream, tls: TlsConnection) -> Connection {
    stream.set_nodelay(true).unwrap();
    Connection::tls_over(stream.clone(), stream, tls)
        .await
        .unwrap()
        .with_vectored_writes()
        .boxed()
}

impl Adapter for OnSmolTls {
    type Reader = ConnectionReader;
    type Writer = ConnectionWriter;

    const OVERHEAD: usize = OVERHEAD;

    fn over(
        read: ScriptedRead,
        write: ScriptedWrite,
        config: Config,
    ) -> (Self::Reader, Self::Writer) {
        scripted_tls::connection(read, write, config).split()
    }

    fn rejoined(reader: Self::Reader, writer: Self::Writer) -> (Self::Reader, Self::Writer) {
        OnSmol::rejoined(reader, writer)
    }

    async fn listen(config: Config) -> (SocketAddr, Accepted<Self::Reader, Self::Writer>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = async move {
            let (stream, _) = listener.accept().await.unwrap();
            let tls = TlsConnection::server(&server_config(), &config).unwrap();
            connection(stream, tls).await.split()
        };
        (address, Box::pin(accepted))
    }

    async fn connect(address: SocketAddr, config: Config) -> (Self::Reader, Self::Writer) {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = SERVER_NAME.try_into().unwrap();
        let tls = TlsConnection::client(client_config(), name, &config).unwrap();
        connection(stream, tls).await.split()
    }

    fn block_on(future: impl Future<Output = ()> + Send + 'static) {
        OnSmol::block_on(future);
    }

    async fn both(
        one: impl Future<Output = ()> + Send + 'static,
        other: impl Future<Output = ()> + Send + 'static,
    ) {
        OnSmol::both(one, other).await;
    }
}

conformance_halves!(OnSmolTls, ConnectionReader, ConnectionWriter);

impl TlsAdapter for OnSmolTls {
    fn reader_tls(reader: &Self::Reader) -> Option<&TlsHandle> {
        reader.tls()
    }

    fn writer_tls(writer: &Self::Writer) -> Option<&TlsHandle> {
        writer.tls()
    }
}
