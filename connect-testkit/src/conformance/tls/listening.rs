//! What the behaviours of TLS listeners need.

use std::future::Future;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

use connect_proto::{Config, ConnectDatagram};
use connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tls::{AcceptError, HandshakeError, HandshakeLimits, TlsConnection};

use super::{SERVER_NAME, TlsAdapter, client_config};
use crate::conformance::{Adapter, Reader, Writer};

/// Both halves of a connection of the adapter `A`.
pub type Halves<A> = (<A as Adapter>::Reader, <A as Adapter>::Writer);

/// An adapter that has TLS clients and listeners.
pub trait TlsListening: TlsAdapter {
    /// The listener.
    type Listener: Send + 'static;

    /// Listens on a port of its own on loopback.
    fn bind(
        tls: Arc<ServerConfig>,
        limits: HandshakeLimits,
    ) -> impl Future<Output = Self::Listener> + Send;

    /// The inherent method of this name.
    fn local_addr(listener: &Self::Listener) -> SocketAddr;

    /// The inherent method of this name.
    fn set_tls_config(listener: &mut Self::Listener, tls: Arc<ServerConfig>);

    /// The inherent method of this name.
    fn accept(
        listener: &mut Self::Listener,
    ) -> impl Future<Output = Result<Halves<Self>, AcceptError>> + Send;

    /// The inherent method of this name.
    fn tls_client(
        address: SocketAddr,
        server_name: &str,
        tls: Arc<ClientConfig>,
    ) -> impl Future<Output = Result<Halves<Self>, HandshakeError>> + Send;

    /// The inherent method `tls_over_tcp`, over a stream that is connected.
    fn tls_over_tcp(
        stream: TcpStream,
        tls: TlsConnection,
    ) -> impl Future<Output = Result<Halves<Self>, HandshakeError>> + Send;

    /// Lets time pass.
    fn sleep(length: Duration) -> impl Future<Output = ()> + Send;

    /// Begins a task that nobody waits for.
    fn spawn(task: impl Future<Output = ()> + Send + 'static);
}

/// What a listener has reported.
pub(super) type Report<A> = Result<Halves<A>, AcceptError>;

/// A listener at work in its own task.
pub(super) struct Served<A: TlsListening> {
    pub(super) address: SocketAddr,
    reports: Receiver<Report<A>>,
}

#[expect(
    clippy::needless_pass_by_ref_mut,
    reason = "a shared reference to a receiver cannot be sent"
)]
impl<A: TlsListening> Served<A> {
    pub(super) async fn new(tls: Arc<ServerConfig>, limits: HandshakeLimits) -> Self {
        let mut listener = A::bind(tls, limits).await;
        let address = A::local_addr(&listener);
        let (report, reports) = channel();
        A::spawn(async move { while report.send(A::accept(&mut listener).await).is_ok() {} });
        Self { address, reports }
    }

    /// What it reports next.
    pub(super) async fn report(&mut self) -> Report<A> {
        loop {
            match self.reports.try_recv() {
                Ok(report) => return report,
                Err(TryRecvError::Empty) => A::sleep(Duration::from_millis(1)).await,
                Err(TryRecvError::Disconnected) => panic!("the listener has ended"),
            }
        }
    }

    /// The connection that it reports next.
    pub(super) async fn accepted(&mut self) -> Halves<A> {
        self.report().await.unwrap()
    }

    /// The failure that it reports next.
    pub(super) async fn failed(&mut self) -> (SocketAddr, HandshakeError) {
        match self.report().await {
            Err(AcceptError::Handshake { peer, error }) => (peer, error),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("somebody got in"),
        }
    }

    /// Whether it has nothing to report.
    pub(super) fn is_silent(&mut self) -> bool {
        self.reports.try_recv().is_err()
    }

    /// A client gets in, is talked to in both directions, and leaves.
    pub(super) async fn serves(&mut self) {
        drop(self.pair().await);
    }

    /// A client gets in and is talked to in both directions. It and its server.
    pub(super) async fn pair(&mut self) -> (Halves<A>, Halves<A>) {
        let mut client = A::tls_client(self.address, SERVER_NAME, client_config())
            .await
            .unwrap();
        let mut server = self.accepted().await;
        greet::<A>(&mut client, &mut server).await;
        (client, server)
    }
}

/// A message each way.
pub(super) async fn greet<A: Adapter>(one: &mut Halves<A>, other: &mut Halves<A>) {
    let hello = ConnectDatagram::new(7, "hello").unwrap();
    one.1.send(hello.clone()).await.unwrap();
    assert_eq!(other.0.next().await.unwrap().as_ref(), Some(&hello));
    other.1.send(hello.clone()).await.unwrap();
    assert_eq!(one.0.next().await.unwrap().as_ref(), Some(&hello));
}

/// The client's side over a stream that is connected, so that its address is known beforehand.
pub(super) async fn client_over<A: TlsListening>(
    stream: TcpStream,
    tls: Arc<ClientConfig>,
) -> Result<Halves<A>, HandshakeError> {
    let name = SERVER_NAME.try_into().unwrap();
    let tls = TlsConnection::client(tls, name, &Config::new()).unwrap();
    A::tls_over_tcp(stream, tls).await
}
