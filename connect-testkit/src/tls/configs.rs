//! Configurations that only a test wants.

use std::sync::{Arc, Mutex};

use connect_tls::rustls::client::Resumption;
use connect_tls::rustls::crypto::{CryptoProvider, ring};
use connect_tls::rustls::{
    self, AlertDescription, CipherSuite, CipherSuiteCommon, ClientConfig, ServerConfig,
    SupportedCipherSuite, Tls13CipherSuite, server::NoServerSessionStorage,
};

use super::secrets::Secrets;

/// Cryptography with one cipher suite, whose keys and hashes have 32 bytes.
#[must_use]
pub fn chacha_provider() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider
        .cipher_suites
        .retain(|suite| suite.suite() == CipherSuite::TLS13_CHACHA20_POLY1305_SHA256);
    Arc::new(provider)
}

/// Suites have to live for ever; as long as they are known here, a leak check does not take them for lost.
static SHORT_LIVED: Mutex<Vec<&Tls13CipherSuite>> = Mutex::new(Vec::new());

/// The same, with keys that are good for `records` records each.
#[must_use]
pub fn short_lived_keys(records: u64) -> Arc<CryptoProvider> {
    let mut provider = (*chacha_provider()).clone();
    for suite in &mut provider.cipher_suites {
        let long_lived = suite.tls13().unwrap();
        let common = CipherSuiteCommon {
            suite: long_lived.common.suite,
            hash_provider: long_lived.common.hash_provider,
            confidentiality_limit: records,
        };
        let short_lived = Tls13CipherSuite {
            common,
            ..*long_lived
        };
        let short_lived = Box::leak(Box::new(short_lived));
        SHORT_LIVED.lock().unwrap().push(short_lived);
        *suite = SupportedCipherSuite::Tls13(short_lived);
    }
    Arc::new(provider)
}

/// The same, with its secrets known.
#[must_use]
pub fn log_client(config: &ClientConfig, secrets: &Arc<Secrets>) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config.key_log = Arc::clone(secrets) as _;
    Arc::new(config)
}

/// The same, with its secrets known and without session tickets.
#[must_use]
pub fn log_server(config: &ServerConfig, secrets: &Arc<Secrets>) -> Arc<ServerConfig> {
    let mut config = config.clone();
    config.key_log = Arc::clone(secrets) as _;
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

/// The same without resumption: every handshake is whole.
#[must_use]
pub fn not_resuming(
    client: &ClientConfig,
    server: &ServerConfig,
) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let (mut client, mut server) = (client.clone(), server.clone());
    client.resumption = Resumption::disabled();
    server.session_storage = Arc::new(NoServerSessionStorage {});
    (Arc::new(client), Arc::new(server))
}

/// The alert that a peer was told of.
#[must_use]
pub const fn alert_of(error: Option<&rustls::Error>) -> Option<AlertDescription> {
    match error {
        Some(rustls::Error::AlertReceived(alert)) => Some(*alert),
        _ => None,
    }
}
