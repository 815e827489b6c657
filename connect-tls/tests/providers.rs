//! Whose cryptography is used. One test function: the default of a process is one for all.

use std::sync::Arc;

use connect_testkit::certificates::Authority;
use connect_testkit::tls::{Pair, Staged, chacha_provider};
use connect_tls::rustls::CipherSuite;
use connect_tls::rustls::crypto::{CryptoProvider, ring};
use connect_tls::{ClientConfigBuilder, ReplaceableIdentity, ServerConfigBuilder};

fn provider_of(suite: CipherSuite) -> CryptoProvider {
    let mut provider = ring::default_provider();
    provider
        .cipher_suites
        .retain(|known| known.suite() == suite);
    provider
}

/// What is agreed upon if one side may choose, and the other is of this provider or of the default.
fn agreed(client: Option<Arc<CryptoProvider>>, server: Option<Arc<CryptoProvider>>) -> CipherSuite {
    let authority = Authority::new("providers");
    let mut client_config = ClientConfigBuilder::new(authority.authorities());
    if let Some(provider) = client {
        client_config = client_config.with_provider(provider);
    }
    let identity = authority.issue(&["localhost"]).identity();
    let server_config = match server {
        Some(provider) => {
            let identity = ReplaceableIdentity::with_provider(identity, Arc::clone(&provider));
            ServerConfigBuilder::replaceable(Arc::new(identity.unwrap())).with_provider(provider)
        }
        None => ServerConfigBuilder::new(identity),
    };
    let pair = Pair::established(
        Staged::client(client_config.build().unwrap(), "localhost"),
        Staged::server(&server_config.build().unwrap()),
    );
    assert!(!pair.client.handle.is_handshaking());
    pair.server.info().cipher_suite.unwrap()
}

#[test]
fn the_given_provider_is_used_else_that_of_the_process_else_that_of_the_features() {
    use CipherSuite::{
        TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256,
    };
    assert_eq!(agreed(None, None), TLS13_AES_256_GCM_SHA384);
    let chacha = Some(chacha_provider());
    assert_eq!(agreed(chacha.clone(), None), TLS13_CHACHA20_POLY1305_SHA256);
    assert_eq!(agreed(None, chacha.clone()), TLS13_CHACHA20_POLY1305_SHA256);
    // To install one is for applications.
    assert!(CryptoProvider::get_default().is_none());

    let of_process = provider_of(TLS13_AES_128_GCM_SHA256);
    of_process.install_default().unwrap();
    assert_eq!(agreed(None, None), TLS13_AES_128_GCM_SHA256);
    assert_eq!(
        agreed(chacha.clone(), chacha),
        TLS13_CHACHA20_POLY1305_SHA256
    );
}
