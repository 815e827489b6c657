//! Certificates and configurations that are replaced while a listener runs.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::sync::Arc;

use connect_tls::rustls::ServerConfig;
use connect_tls::rustls::pki_types::CertificateDer;
use connect_tls::{HandshakeLimits, ReplaceableIdentity, ServerConfigBuilder};

use super::listening::{Halves, Served, TlsListening, greet};
use super::refusals::der;
use super::{SERVER_NAME, authority, client_config, server_config};
use crate::certificates::PemPair;
use crate::conformance::{in_time, zip};

/// What the server has shown to this client.
fn shown<A: TlsListening>(client: &Halves<A>) -> Vec<CertificateDer<'static>> {
    A::reader_tls(&client.0).unwrap().info().peer_certificates
}

/// What the builder makes resumes, once the tickets have come with the first message.
pub fn a_client_that_comes_back_resumes<A: TlsListening>() {
    in_time::<A>(async {
        let limits = HandshakeLimits::new();
        let mut served = Served::<A>::new(server_config(), limits).await;
        let config = authority().client_config();
        for comes_back in [false, true] {
            let client = A::tls_client(served.address, SERVER_NAME, Arc::clone(&config)).await;
            let mut client = client.unwrap();
            let mut server = served.accepted().await;
            greet::<A>(&mut client, &mut server).await;
            for (reader, _) in [&client, &server] {
                let info = A::reader_tls(reader).unwrap().info();
                assert_eq!(info.is_resumed, comes_back);
            }
        }
    });
}

pub fn a_certificate_is_replaced_under_way<A: TlsListening>() {
    in_time::<A>(async {
        let [old, new] = [(); 2].map(|()| authority().issue(&[SERVER_NAME]));
        let identity = Arc::new(ReplaceableIdentity::new(old.identity()).unwrap());
        let config = ServerConfigBuilder::replaceable(Arc::clone(&identity))
            .build()
            .unwrap();
        let mut served = Served::<A>::new(config, HandshakeLimits::new()).await;
        let (mut first, mut first_server) = served.pair().await;
        assert_eq!(shown::<A>(&first), [der(&old)]);

        // A certificate and a key that do not belong together.
        let bad = PemPair {
            certificate: new.certificate.clone(),
            key: old.key.clone(),
        };
        identity.replace(bad.identity()).unwrap_err();
        let (second, _) = served.pair().await;
        assert_eq!(shown::<A>(&second), [der(&old)]);

        identity.replace(new.identity()).unwrap();
        let (third, _) = served.pair().await;
        assert_eq!(shown::<A>(&third), [der(&new)]);
        greet::<A>(&mut first, &mut first_server).await;
        assert_eq!(shown::<A>(&first), [der(&old)]);
    });
}

pub fn a_configuration_is_replaced_under_way<A: TlsListening>() {
    in_time::<A>(async {
        let [old, new] = [(); 2].map(|()| authority().issue(&[SERVER_NAME]));
        let config = |pair: &PemPair| -> Arc<ServerConfig> {
            ServerConfigBuilder::new(pair.identity()).build().unwrap()
        };
        let mut listener = A::bind(config(&old), HandshakeLimits::new()).await;
        let address = A::local_addr(&listener);
        let mut kept = Vec::new();
        for pair in [&old, &new] {
            A::set_tls_config(&mut listener, config(pair));
            let client = A::tls_client(address, SERVER_NAME, client_config());
            let (client, server) = zip(client, A::accept(&mut listener)).await;
            let (client, server) = (client.unwrap(), server.unwrap());
            assert_eq!(shown::<A>(&client), [der(pair)]);
            kept.push((client, server));
            for (client, server) in &mut kept {
                greet::<A>(client, server).await;
            }
        }
    });
}
