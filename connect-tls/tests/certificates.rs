//! Who gets in, who does not, and what each side knows of the other.

use std::sync::Arc;

use connect_testkit::certificates::{Authority, PemPair};
use connect_testkit::tls::{Ending, Endpoint, Pair, Staged, alert_of, expected, not_resuming};
use connect_testkit::{Schedule, datagrams};
use connect_tls::rustls::pki_types::CertificateDer;
use connect_tls::rustls::pki_types::pem::PemObject;
use connect_tls::rustls::{
    AlertDescription, CertificateError, ClientConfig, Error, ProtocolVersion, ServerConfig,
};
use connect_tls::{
    ALPN_PROTOCOL, ClientConfigBuilder, ReplaceableIdentity, ServerConfigBuilder, TlsError,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

const NAME: &str = "localhost";

fn server_with(pair: &PemPair) -> Arc<ServerConfig> {
    ServerConfigBuilder::new(pair.identity()).build().unwrap()
}

fn connect(client: &Arc<ClientConfig>, server: &ServerConfig, name: &str) -> Pair<Staged, Staged> {
    let mut pair = Pair::new(
        Staged::client(Arc::clone(client), name),
        Staged::server(server),
        &Schedule::AtOnce,
    );
    // Nobody who is refused hears or says any of this.
    let sent = datagrams::of_lengths(&[10]);
    pair.client.send(&sent);
    pair.server.send(&sent);
    pair.run();
    pair
}

fn check_connected(pair: &mut Pair<Staged, Staged>) {
    let sent = expected(&datagrams::of_lengths(&[10]));
    assert!(matches!(pair.client.ending(), Ending::Open));
    assert!(matches!(pair.server.ending(), Ending::Open));
    assert!(pair.client.messages() == sent && pair.server.messages() == sent);
}

fn failure(side: &mut Staged) -> Error {
    match side.ending().tls_error() {
        Some(TlsError::Rustls(error)) => error.clone(),
        other => panic!("not refused: {other:?}"),
    }
}

/// One side refuses the other, and the other is told why.
fn check_refused(refusing: &mut Staged, refused: &mut Staged) -> (Error, Option<AlertDescription>) {
    let reason = failure(refusing);
    let told = failure(refused);
    assert!(refusing.messages().is_empty());
    assert!(refusing.outbound.outbox().is_err());
    (reason, alert_of(Some(&told)))
}

#[test]
fn a_client_refuses_a_server_that_cannot_prove_to_be_the_one() {
    let authority = Authority::new("right");
    let other = Authority::new("wrong");
    let client = authority.client_config();
    for (server, alert) in [
        (
            authority.issue_expired(&[NAME]),
            AlertDescription::CertificateExpired,
        ),
        (
            authority.issue(&["elsewhere"]),
            AlertDescription::BadCertificate,
        ),
        (other.issue(&[NAME]), AlertDescription::UnknownCA),
    ] {
        let mut pair = connect(&client, &server_with(&server), NAME);
        let (reason, told) = check_refused(&mut pair.client, &mut pair.server);
        let Error::InvalidCertificate(reason) = reason else {
            panic!("{reason:?}");
        };
        let is_right = match reason {
            CertificateError::ExpiredContext { .. } => {
                alert == AlertDescription::CertificateExpired
            }
            CertificateError::NotValidForNameContext { .. } => {
                alert == AlertDescription::BadCertificate
            }
            CertificateError::UnknownIssuer => alert == AlertDescription::UnknownCA,
            _ => false,
        };
        assert!(is_right, "{reason:?}");
        assert_eq!(told, Some(alert));
        assert!(pair.server.messages().is_empty());
    }
}

/// What `openssl req -x509` makes without further ado.
fn self_signed() -> PemPair {
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    PemPair {
        certificate: params.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

#[test]
fn a_certificate_of_an_authority_is_none_of_a_server() {
    let server = self_signed();
    let authorities = connect_tls::Authorities::from_pem(server.certificate.as_bytes()).unwrap();
    let client = ClientConfigBuilder::new(authorities).build().unwrap();
    let mut pair = connect(&client, &server_with(&server), NAME);
    let (reason, _) = check_refused(&mut pair.client, &mut pair.server);
    let text = format!("{reason:?}");
    assert!(text.contains("CaUsedAsEndEntity"), "{text}");
}

fn mutual(authority: &Authority) -> Arc<ServerConfig> {
    ServerConfigBuilder::new(authority.issue(&[NAME]).identity())
        .with_client_authorities(authority.authorities())
        .build()
        .unwrap()
}

fn client_with(authority: &Authority, identity: &PemPair) -> Arc<ClientConfig> {
    ClientConfigBuilder::new(authority.authorities())
        .with_identity(identity.identity())
        .build()
        .unwrap()
}

#[test]
fn a_server_refuses_clients_without_a_certificate_of_its_authority() {
    let authority = Authority::new("right");
    let server = mutual(&authority);
    let strangers = Authority::new("wrong");
    let without = authority.client_config();
    let mut pair = connect(&without, &server, NAME);
    assert_eq!(
        check_refused(&mut pair.server, &mut pair.client),
        (
            Error::NoCertificatesPresented,
            Some(AlertDescription::CertificateRequired)
        )
    );
    for (client, alert) in [
        (strangers.issue(&["client"]), AlertDescription::UnknownCA),
        (
            authority.issue_expired(&["client"]),
            AlertDescription::CertificateExpired,
        ),
    ] {
        let mut pair = connect(&client_with(&authority, &client), &server, NAME);
        let (reason, told) = check_refused(&mut pair.server, &mut pair.client);
        assert!(matches!(reason, Error::InvalidCertificate(_)), "{reason:?}");
        assert_eq!(told, Some(alert));
        assert!(pair.client.messages().is_empty());
    }
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

#[test]
fn each_side_knows_the_certificate_of_the_other() {
    let authority = Authority::new("both");
    let identities = [authority.issue(&[NAME]), authority.issue(&["client"])];
    let server = ServerConfigBuilder::new(identities[0].identity())
        .with_client_authorities(authority.authorities())
        .build()
        .unwrap();
    let client = client_with(&authority, &identities[1]);
    let mut pair = connect(&client, &server, NAME);
    check_connected(&mut pair);
    let (of_client, of_server) = (pair.server.info(), pair.client.info());
    assert_eq!(
        of_server.peer_certificates,
        [der(&identities[0].certificate)]
    );
    assert_eq!(
        of_client.peer_certificates,
        [der(&identities[1].certificate)]
    );
    for info in [of_client, of_server] {
        assert_eq!(info.protocol_version, Some(ProtocolVersion::TLSv1_3));
        assert_eq!(info.alpn_protocol.as_deref(), Some(ALPN_PROTOCOL));
        assert_eq!(info.server_name.as_deref(), Some(NAME));
        assert!(info.cipher_suite.is_some() && !info.is_resumed);
    }
}

#[test]
fn a_client_that_was_not_asked_has_no_certificate() {
    let authority = Authority::new("one");
    let identity = authority.issue(&["client"]);
    let client = client_with(&authority, &identity);
    let mut pair = connect(&client, &authority.server_config(&[NAME]), NAME);
    check_connected(&mut pair);
    assert!(pair.server.info().peer_certificates.is_empty());
}

#[test]
fn a_server_refuses_a_client_of_another_protocol_and_serves_one_of_none() {
    let authority = Authority::new("protocols");
    let server = authority.server_config(&[NAME]);
    for (offered, served) in [
        (&[][..], true),
        (&[&b"other/1"[..]][..], false),
        (&[&b"other/1"[..], ALPN_PROTOCOL][..], true),
    ] {
        let mut client = (*authority.client_config()).clone();
        client.alpn_protocols = offered.iter().map(|name| name.to_vec()).collect();
        let mut pair = connect(&Arc::new(client), &server, NAME);
        if served {
            check_connected(&mut pair);
            let agreed = (!offered.is_empty()).then_some(ALPN_PROTOCOL);
            assert_eq!(pair.server.info().alpn_protocol.as_deref(), agreed);
            assert_eq!(pair.client.info().alpn_protocol.as_deref(), agreed);
        } else {
            assert_eq!(
                check_refused(&mut pair.server, &mut pair.client),
                (
                    Error::NoApplicationProtocol,
                    Some(AlertDescription::NoApplicationProtocol)
                )
            );
        }
    }
}

#[test]
fn the_server_knows_the_name_that_was_asked_for_also_when_a_session_is_resumed() {
    let authority = Authority::new("names");
    let server = authority.server_config(&["a.example", "b.example"]);
    let client = authority.client_config();
    for (name, resumed) in [
        ("a.example", false),
        ("b.example", false),
        ("a.example", true),
        ("b.example", true),
        ("a.example", true),
    ] {
        let mut pair = connect(&client, &server, name);
        check_connected(&mut pair);
        for info in [pair.client.info(), pair.server.info()] {
            assert_eq!(info.server_name.as_deref(), Some(name));
            assert_eq!(info.is_resumed, resumed);
        }
        assert_eq!(pair.client.info().peer_certificates.len(), 1);
    }
}

#[test]
fn the_name_is_known_before_the_client_is() {
    let authority = Authority::new("names");
    let mut client = Staged::client(authority.client_config(), NAME);
    let mut server = Staged::server(&authority.server_config(&[NAME]));
    assert_eq!(server.info().server_name, None);
    server.give(&client.take());
    assert!(server.handle.is_handshaking());
    assert_eq!(server.info().server_name.as_deref(), Some(NAME));
}

#[test]
fn an_address_is_no_name() {
    let authority = Authority::new("addresses");
    let server = authority.server_config(&["127.0.0.1", "::1"]);
    let (client, server) = not_resuming(&authority.client_config(), &server);
    for address in ["127.0.0.1", "::1"] {
        let mut pair = connect(&client, &server, address);
        check_connected(&mut pair);
        assert_eq!(pair.server.info().server_name, None);
        assert_eq!(pair.client.info().server_name, None);
    }
    let mut pair = connect(&client, &server, "127.0.0.2");
    check_refused(&mut pair.client, &mut pair.server);
}

#[test]
fn a_resumed_client_is_still_known() {
    let authority = Authority::new("resumed");
    let identity = authority.issue(&["client"]);
    let (client, server) = (client_with(&authority, &identity), mutual(&authority));
    for resumed in [false, true] {
        let mut pair = connect(&client, &server, NAME);
        check_connected(&mut pair);
        let info = pair.server.info();
        assert_eq!(info.is_resumed, resumed);
        assert_eq!(info.peer_certificates, [der(&identity.certificate)]);
    }
}

#[test]
fn without_resumption_every_client_shows_its_certificate_anew() {
    let authority = Authority::new("not resumed");
    let server = ServerConfigBuilder::new(authority.issue(&[NAME]).identity())
        .without_resumption()
        .build()
        .unwrap();
    let client = authority.client_config();
    for _ in 0..2 {
        let mut pair = connect(&client, &server, NAME);
        check_connected(&mut pair);
        assert!(!pair.server.info().is_resumed);
    }
}

/// An application may not want to tell everybody on the way whom it asks for.
#[test]
fn a_name_that_is_not_asked_for_is_not_reported() {
    let authority = Authority::new("silent");
    let mut client = ClientConfig::clone(&authority.client_config());
    client.enable_sni = false;
    let mut pair = connect(&Arc::new(client), &authority.server_config(&[NAME]), NAME);
    check_connected(&mut pair);
    assert_eq!(pair.client.info().server_name, None);
    assert_eq!(pair.server.info().server_name, None);
}

#[test]
fn a_certificate_is_replaced_while_the_server_runs() {
    let authority = Authority::new("replaced");
    let [old, new] = [authority.issue(&[NAME]), authority.issue(&[NAME])];
    let identity = Arc::new(ReplaceableIdentity::new(old.identity()).unwrap());
    let server = ServerConfigBuilder::replaceable(Arc::clone(&identity))
        .build()
        .unwrap();
    let (client, server) = not_resuming(&authority.client_config(), &server);
    let shown = |pair: &Pair<Staged, Staged>| pair.client.info().peer_certificates;

    let mut before = connect(&client, &server, NAME);
    check_connected(&mut before);
    assert_eq!(shown(&before), [der(&old.certificate)]);

    let mismatched = PemPair {
        certificate: new.certificate.clone(),
        key: old.key.clone(),
    };
    assert!(identity.replace(mismatched.identity()).is_err());
    let mut between = connect(&client, &server, NAME);
    check_connected(&mut between);
    assert_eq!(shown(&between), [der(&old.certificate)]);

    identity.replace(new.identity()).unwrap();
    let mut after = connect(&client, &server, NAME);
    check_connected(&mut after);
    assert_eq!(shown(&after), [der(&new.certificate)]);

    for pair in [&mut before, &mut between] {
        pair.client.send(&datagrams::of_lengths(&[20_000]));
        pair.run();
        assert_eq!(pair.server.messages().len(), 2);
    }
}

/// Either side's end of the transport during a refusal changes nothing about the reason.
#[test]
fn a_refusal_stays_the_reason_when_the_transport_ends() {
    let authority = Authority::new("right");
    let server = authority.server_config(&["elsewhere"]);
    let mut pair = connect(&authority.client_config(), &server, NAME);
    let (client, server) = (failure(&mut pair.client), failure(&mut pair.server));
    pair.client.finish();
    pair.server.finish();
    assert_eq!(failure(&mut pair.client), client);
    assert_eq!(failure(&mut pair.server), server);
}
