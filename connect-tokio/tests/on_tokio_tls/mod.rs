//! This adapter on tokio over TLS, for the behaviours that every adapter shares.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use connect_testkit::conformance::tls::{
    Halves, OVERHEAD, SERVER_NAME, TlsAdapter, TlsListening, behind_tls, client_config,
    server_config,
};
use connect_testkit::conformance::{Accepted, Adapter};
use connect_testkit::conformance_halves;
use connect_testkit::hostile::{ScriptedRead, ScriptedWrite};
use connect_tokio::connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tokio::connect_tls::{
    AcceptError, HandshakeError, HandshakeLimits, TlsConnection, TlsHandle,
};
use connect_tokio::{Config, Connection, ConnectionReader, ConnectionWriter, TlsListener};

use crate::on_tokio::OnTokio;

pub(crate) struct OnTokioTls;

impl Adapter for OnTokioTls {
    type Reader = ConnectionReader;
    type Writer = ConnectionWriter;

    const OVERHEAD: usize = OVERHEAD;

    fn over(
        read: ScriptedRead,
        write: ScriptedWrite,
        config: Config,
    ) -> (Self::Reader, Self::Writer) {
        let behind = behind_tls(read, write, config);
        Connection::from_parts(behind.read, behind.inbound, behind.write, behind.outbound)
            .boxed()
            .split()
    }

    fn rejoined(reader: Self::Reader, writer: Self::Writer) -> (Self::Reader, Self::Writer) {
        OnTokio::rejoined(reader, writer)
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
        OnTokio::block_on(future);
    }

    async fn both(
        one: impl Future<Output = ()> + Send + 'static,
        other: impl Future<Output = ()> + Send + 'static,
    ) {
        OnTokio::both(one, other).await;
    }
}

conformance_halves!(OnTokioTls, ConnectionReader, ConnectionWriter);

impl TlsAdapter for OnTokioTls {
    fn reader_tls(reader: &Self::Reader) -> Option<&TlsHandle> {
        reader.tls()
    }

    fn writer_tls(writer: &Self::Writer) -> Option<&TlsHandle> {
        writer.tls()
    }
}

impl TlsListening for OnTokioTls {
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
        stream.set_nonblocking(true)?;
        let stream = tokio::net::TcpStream::from_std(stream)?;
        Ok(Connection::tls_over_tcp(stream, tls).await?.split())
    }

    async fn sleep(length: Duration) {
        tokio::time::sleep(length).await;
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }
}
