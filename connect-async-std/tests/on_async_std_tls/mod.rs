//! This adapter on async-std over TLS, for the behaviours that every adapter shares.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use connect_async_std::connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_async_std::connect_tls::{
    AcceptError, HandshakeError, HandshakeLimits, TlsConnection, TlsHandle,
};
use connect_async_std::{Config, Connection, ConnectionReader, ConnectionWriter, TlsListener};
use connect_testkit::conformance::tls::{
    Halves, OVERHEAD, SERVER_NAME, TlsAdapter, TlsListening, client_config, server_config,
};
use connect_testkit::conformance::{Accepted, Adapter};
use connect_testkit::conformance_halves;
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};

use crate::on_async_std::OnAsyncStd;
use crate::scripted_tls;

pub(crate) struct OnAsyncStdTls;

impl Adapter for OnAsyncStdTls {
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
        OnAsyncStd::rejoined(reader, writer)
    }

    async fn listen(config: Config) -> (SocketAddr, Accepted<Self::Reader, Self::Writer>) {
        let limits = HandshakeLimits::new();
        let listener = TlsListener::bind_with("127.0.0.1:0", server_config(), config, limits);
        let mut listener = listener.await.unwrap();
        let address = listener.local_addr();
        let accepted = async move { listener.accept().await.unwrap().split() };
        (address, Box::pin(accepted))
    }

    async fn connect(address: SocketAddr, config: Config) -> (Self::Reader, Self::Writer) {
        let tls = client_config();
        let connection = Connection::tls_client_with(address, SERVER_NAME, tls, config).await;
        connection.unwrap().split()
    }

    fn block_on(future: impl Future<Output = ()> + Send + 'static) {
        OnAsyncStd::block_on(future);
    }

    async fn both(
        one: impl Future<Output = ()> + Send + 'static,
        other: impl Future<Output = ()> + Send + 'static,
    ) {
        OnAsyncStd::both(one, other).await;
    }
}

conformance_halves!(OnAsyncStdTls, ConnectionReader, ConnectionWriter);

impl TlsAdapter for OnAsyncStdTls {
    fn reader_tls(reader: &Self::Reader) -> Option<&TlsHandle> {
        reader.tls()
    }

    fn writer_tls(writer: &Self::Writer) -> Option<&TlsHandle> {
        writer.tls()
    }
}

impl TlsListening for OnAsyncStdTls {
    type Listener = TlsListener;

    async fn bind(tls: Arc<ServerConfig>, limits: HandshakeLimits) -> Self::Listener {
        TlsListener::bind_with("127.0.0.1:0", tls, Config::new(), limits)
            .await
            .unwrap()
    }

    fn local_addr(listener: &Self::Listener) -> SocketAddr {
        listener.local_addr()
    }

    fn set_tls_config(listener: &mut Self::Listener, tls: Arc<ServerConfig>) {
        listener.set_tls_config(tls);
    }

    async fn accept(listener: &mut Self::Listener) -> Result<Halves<Self>, AcceptError> {
        Ok(listener.accept().await?.split())
    }

    async fn tls_client(
        address: SocketAddr,
        server_name: &str,
        tls: Arc<ClientConfig>,
    ) -> Result<Halves<Self>, HandshakeError> {
        let connection = Connection::tls_client(address, server_name, tls).await?;
        Ok(connection.split())
    }

    async fn tls_over_tcp(
        stream: std::net::TcpStream,
        tls: TlsConnection,
    ) -> Result<Halves<Self>, HandshakeError> {
        let stream = async_std::net::TcpStream::from(stream);
        Ok(Connection::tls_over_tcp(stream, tls).await?.split())
    }

    async fn sleep(length: Duration) {
        async_std::task::sleep(length).await;
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        async_std::task::spawn(task);
    }
}
