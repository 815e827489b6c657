//! Who is let in, and what becomes of the others.

use std::sync::Arc;
use std::time::Duration;

use connect_testkit::certificates::{Authority, PemPair};
use connect_tokio::connect_tls::rustls::{AlertDescription, CertificateError, Error};
use connect_tokio::connect_tls::{
    AcceptError, ClientConfigBuilder, HandshakeError, ServerConfigBuilder, TlsError,
};

use super::SHORT;
use super::pairs::{NAME, Trust, assert_both_ways};
use crate::old_peer::{self, StreamExt};
use crate::old_tls;
use crate::ours::{Adapter, Connection, TlsListener};
use crate::timed;

/// The peer went without a word.
const GONE: TlsError = TlsError::Truncated { handshaking: true };

/// The peer said that it does not like our certificate.
const BAD_CERTIFICATE: TlsError =
    TlsError::Rustls(Error::AlertReceived(AlertDescription::BadCertificate));

/// What an old client has to say about a certificate it mostly keeps to itself: async-tls writes once more before
/// it gives up, and that one write takes no more than the first of two pieces, a change_cipher_spec without meaning.
pub fn an_old_client_that_does_not_trust_us_is_reported_and_the_next_one_is_served<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let stranger = Arc::new(old_tls::client_config(&Authority::new("another")));
        let error = refused_then_served::<A>(&trust, trust.issued(), stranger, NAME).await;
        assert!(error == GONE || error == BAD_CERTIFICATE, "{error:?}");
    });
}

/// The same for a certificate of the right authority with a wrong name.
pub fn an_old_client_that_wants_another_name_is_reported_and_the_next_one_is_served<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let client = trust.old_client();
        let error = refused_then_served::<A>(&trust, trust.issued(), client, "elsewhere").await;
        assert!(error == GONE || error == BAD_CERTIFICATE, "{error:?}");
    });
}

/// If our certificate takes more than one read, the first piece is written before, and then ours is told.
pub fn an_old_client_that_read_a_long_certificate_says_why_it_goes<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let long = trust.authority.issue_long(&[NAME], 20_000);
        let stranger = Arc::new(old_tls::client_config(&Authority::new("another")));
        let error = refused_then_served::<A>(&trust, long, stranger, NAME).await;
        assert_eq!(error, BAD_CERTIFICATE);
    });
}

/// An old client without a certificate does not get in where one is needed, one with a certificate does.
pub fn an_old_client_needs_a_certificate_if_we_say_so<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let server = ServerConfigBuilder::new(trust.issued().identity())
            .with_client_authorities(trust.authority.authorities())
            .build()
            .unwrap();
        let mut listener = A::listen_tls(server).await;
        let address = listener.local_addr();

        let old = old_tls::connect(address, NAME, trust.old_client());
        let (refused, old) = tokio::join!(listener.accept(), old);
        assert_eq!(
            refused_by(refused.err()),
            TlsError::Rustls(Error::NoCertificatesPresented)
        );
        // In TLS 1.3 a client is done before its certificate is looked at.
        assert!(old.unwrap().reader().next().await.is_none());

        let identity = trust.issued();
        let config = Arc::new(old_tls::client_config_with(&trust.authority, &identity));
        let old = old_tls::connect(address, NAME, config);
        let (ours, old) = tokio::join!(listener.accept(), old);
        let (mut ours, mut old) = (ours.unwrap(), old.unwrap());
        assert_eq!(ours.tls().unwrap().info().peer_certificates.len(), 1);
        assert_both_ways(&mut ours, &mut old).await;
    });
}

/// Neither one of another authority nor one with another name.
pub fn our_client_does_not_trust_an_old_server_that_it_should_not<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let stranger = Authority::new("another").client_config();
        for (config, name) in [(stranger, NAME), (trust.our_client(), "elsewhere")] {
            // One for each, see `an_old_listener_that_was_refused_hangs_and_so_does_who_connects_then`.
            let mut server = old_peer::Server::bind_tls(trust.old_server()).await;
            let address = server.address();
            let error = tokio::select! {
                _ = server.accept() => panic!("the old server got a connection"),
                result = A::connect_tls(address, name, config) => result.err(),
            };
            let Some(HandshakeError::Tls(TlsError::Rustls(Error::InvalidCertificate(reason)))) =
                error
            else {
                panic!("{error:?}");
            };
            let is_due = match name {
                NAME => reason == CertificateError::UnknownIssuer,
                _ => matches!(reason, CertificateError::NotValidForNameContext { .. }),
            };
            assert!(is_due, "{reason:?}");
        }
    });
}

/// An old server that needs a certificate from its clients gets ours.
pub fn our_client_shows_an_old_server_its_certificate<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let config = old_tls::server_config_for(&trust.authority, &trust.issued());
        let mut server = old_peer::Server::bind_tls(config).await;
        let config = ClientConfigBuilder::new(trust.authority.authorities())
            .with_identity(trust.issued().identity())
            .build()
            .unwrap();
        let ours = A::connect_tls(server.address(), NAME, config);
        let (ours, mut old) = tokio::join!(ours, server.accept());
        assert_both_ways(&mut ours.unwrap(), &mut old).await;
    });
}

/// After a handshake that failed, the stream of an old listener is pending and wakes nobody. Who connects
/// then waits, and needs a time limit of his own.
pub fn an_old_listener_that_was_refused_hangs_and_so_does_who_connects_then<A: Adapter>() {
    const A_WHILE: Duration = Duration::from_millis(300);
    timed::run::<A>(SHORT, async {
        let trust = Trust::new();
        let mut server = old_peer::Server::bind_tls(trust.old_server()).await;
        let address = server.address();
        let accepting = old_peer::spawn(async move { server.accept().await });
        let stranger = Authority::new("another").client_config();
        assert!(A::connect_tls(address, NAME, stranger).await.is_err());
        let next = A::connect_tls(address, NAME, trust.our_client());
        let result = old_peer::timeout(A_WHILE, next).await;
        assert!(result.is_err(), "the old listener went on");
        assert!(accepting.cancel().await.is_none());
    });
}

/// An old client goes away from our server, and another one stays. Returns why the first one went.
async fn refused_then_served<A: Adapter>(
    trust: &Trust,
    certificate: PemPair,
    refuses: Arc<old_tls::ClientConfig>,
    name: &str,
) -> TlsError {
    let config = ServerConfigBuilder::new(certificate.identity());
    let mut listener = A::listen_tls(config.build().unwrap()).await;
    let address = listener.local_addr();
    let old = old_tls::connect(address, name, refuses);
    let (refused, old) = tokio::join!(listener.accept(), old);
    assert!(old.is_err());
    let error = refused_by(refused.err());
    let old = old_tls::connect(address, NAME, trust.old_client());
    let (ours, old) = tokio::join!(listener.accept(), old);
    assert_both_ways(&mut ours.unwrap(), &mut old.unwrap()).await;
    error
}

fn refused_by(error: Option<AcceptError>) -> TlsError {
    match error {
        Some(AcceptError::Handshake {
            peer,
            error: HandshakeError::Tls(error),
        }) => {
            assert!(peer.ip().is_loopback());
            error
        }
        other => panic!("{other:?}"),
    }
}
