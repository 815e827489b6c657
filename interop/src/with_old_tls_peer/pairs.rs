//! Connections, and what both sides are asked.

use std::sync::Arc;

use connect_testkit::certificates::{Authority, PemPair};
use connect_tokio::ReadError;
use connect_tokio::connect_proto::ConnectDatagram;
use connect_tokio::connect_tls::TlsError;
use connect_tokio::connect_tls::rustls::{ClientConfig, ProtocolVersion, ServerConfig};

use crate::exchange::{receive, receive_from_us, send_to_us};
use crate::old_peer;
use crate::old_tls;
use crate::ours::{Adapter, Connection, Reader, TlsListener, Writer};

/// What every certificate is made for. An old client can ask for no address.
pub(super) const NAME: &str = "localhost";

/// The end without `close_notify`.
pub(super) const TRUNCATED: TlsError = TlsError::Truncated { handshaking: false };

/// Certificates that the peers trust.
pub(super) struct Trust {
    pub(super) authority: Authority,
}

impl Trust {
    pub(super) fn new() -> Self {
        let authority = Authority::new("interop");
        Self { authority }
    }

    pub(super) fn issued(&self) -> PemPair {
        self.authority.issue(&[NAME])
    }

    pub(super) fn our_server(&self) -> Arc<ServerConfig> {
        self.authority.server_config(&[NAME])
    }

    pub(super) fn our_client(&self) -> Arc<ClientConfig> {
        self.authority.client_config()
    }

    pub(super) fn old_server(&self) -> old_tls::ServerConfig {
        old_tls::server_config(&self.issued())
    }

    pub(super) fn old_client(&self) -> Arc<old_tls::ClientConfig> {
        Arc::new(old_tls::client_config(&self.authority))
    }
}

pub(super) async fn our_server_and_old_client<A: Adapter>() -> (A::Connection, old_peer::Connection)
{
    let trust = Trust::new();
    let mut listener = A::listen_tls(trust.our_server()).await;
    let old = old_tls::connect(listener.local_addr(), NAME, trust.old_client());
    let (ours, old) = tokio::join!(listener.accept(), old);
    let ours = ours.unwrap();
    assert_agreed(&ours);
    (ours, old.unwrap())
}

pub(super) async fn our_client_and_old_server<A: Adapter>() -> (A::Connection, old_peer::Connection)
{
    let trust = Trust::new();
    let mut server = old_peer::Server::bind_tls(trust.old_server()).await;
    let ours = A::connect_tls(server.address(), NAME, trust.our_client());
    let (ours, old) = tokio::join!(ours, server.accept());
    let ours = ours.unwrap();
    assert_agreed(&ours);
    assert_eq!(ours.local_addr().socket_addr(), Some(old.peer_addr()));
    (ours, old)
}

pub(super) async fn both_roles<A: Adapter>() -> [(A::Connection, old_peer::Connection); 2] {
    [
        our_server_and_old_client::<A>().await,
        our_client_and_old_server::<A>().await,
    ]
}

/// Both know TLS 1.3, and we do not insist on an application protocol, of which 0.2.4 knows nothing.
fn assert_agreed(ours: &impl Connection) {
    let info = ours.tls().expect("a TLS connection").info();
    assert_eq!(info.protocol_version, Some(ProtocolVersion::TLSv1_3));
    assert_eq!(info.alpn_protocol, None);
    assert_eq!(info.server_name.as_deref(), Some(NAME));
    assert!(!info.is_resumed);
}

pub(super) async fn assert_both_ways(ours: &mut impl Connection, old: &mut old_peer::Connection) {
    send_to_us(old, "there").await;
    assert_eq!(receive(ours).await, b"there");
    let datagram = ConnectDatagram::new(7, "and back").unwrap();
    ours.writer().send(datagram).await.unwrap();
    assert_eq!(receive_from_us(old).await, b"and back");
}

/// The end without `close_notify`, which is final.
pub(super) async fn assert_truncated(reader: &mut impl Reader) {
    for _ in 0..2 {
        let error = reader.next().await.unwrap_err();
        assert!(matches!(error, ReadError::Stage(_)), "{error:?}");
        assert_eq!(TlsError::of_read(&error), Some(&TRUNCATED));
    }
}
