//! The same over TLS 1.2, for those who ask for it.

#![cfg(feature = "tls12")]

use std::sync::Arc;

use connect_testkit::certificates::Authority;
use connect_testkit::tls::{Buffered, Endpoint, Pair, Staged, alert_of, expected};
use connect_testkit::{Schedule, datagrams};
use connect_tls::rustls::pki_types::CertificateDer;
use connect_tls::rustls::pki_types::pem::PemObject;
use connect_tls::rustls::{AlertDescription, ClientConfig, Error, ProtocolVersion, RootCertStore};
use connect_tls::rustls::{crypto, version};
use connect_tls::{ALPN_PROTOCOL, TlsError};

fn old_client(authority: &Authority) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(authority.certificate().as_bytes());
    roots.add(certificate.unwrap()).unwrap();
    let provider = Arc::new(crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN_PROTOCOL.to_vec()];
    Arc::new(config)
}

fn check(client: impl Endpoint, mut server: Staged, schedule: &Schedule) {
    let early = datagrams::of_lengths(&[7]);
    server.send(&early);
    let mut pair = Pair::new(client, server, schedule);
    let sent = datagrams::of_lengths(&[1, 300, 70_000, 16_384, 5]);
    pair.run();
    pair.client.send(&sent);
    pair.server.send(&sent);
    pair.run();
    let info = pair.server.info();
    assert_eq!(info.protocol_version, Some(ProtocolVersion::TLSv1_2));
    assert_eq!(info.server_name.as_deref(), Some("localhost"));
    assert!(pair.server.handle.refresh_keys().is_err(), "no such thing");
    pair.server.send(&early);
    pair.run();
    assert!(!pair.client.is_peer_closed());
    pair.client.close();
    pair.server.close();
    pair.run();
    assert!(pair.client.is_peer_closed() && pair.server.is_peer_closed());
    assert!(pair.server.messages() == expected(&sent));
    assert!(pair.client.messages() == expected(&[&early[..], &sent, &early].concat()));
}

#[test]
fn an_old_client_is_served() {
    let authority = Authority::new("old");
    let client = old_client(&authority);
    let server = authority.server_config(&["localhost"]);
    for schedule in [Schedule::AtOnce, Schedule::Each(3), Schedule::Each(1000)] {
        let ours = Staged::client(Arc::clone(&client), "localhost");
        check(ours, Staged::server(&server), &schedule);
        let theirs = Buffered::client(Arc::clone(&client), "localhost");
        check(theirs, Staged::server(&server), &schedule);
    }
}

#[test]
fn a_changed_bit_is_an_error() {
    let authority = Authority::new("old");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let mut pair = Pair::established(
        Buffered::client(old_client(&authority), "localhost"),
        server,
    );
    pair.client.send(&datagrams::of_lengths(&[7]));
    let mut record = pair.client.take();
    record[9] ^= 1;
    pair.server.give(&record);
    let error = TlsError::Rustls(Error::DecryptError);
    assert_eq!(pair.server.ending().tls_error(), Some(&error));
    let alert = pair.server.take();
    pair.client.give(&alert);
    let alert = alert_of(pair.client.failure());
    assert_eq!(alert, Some(AlertDescription::BadRecordMac));
}
