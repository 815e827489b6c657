//! The TLS of `connect` 0.2.4: rustls 0.19 by async-tls.

use std::net::SocketAddr;
use std::sync::Arc;

use connect::tls::TlsListener;
use connect::tls::async_tls::{TlsAcceptor, TlsConnector};
use connect::tls::rustls::internal::pemfile::{certs, pkcs8_private_keys};
use connect::tls::rustls::{
    AllowAnyAuthenticatedClient, Certificate, NoClientAuth, PrivateKey, RootCertStore,
};
use connect_testkit::certificates::{Authority, PemPair};

use crate::old_peer::{Connection, Server};

pub use connect::tls::rustls::{ClientConfig, ServerConfig};

/// A client that trusts an authority. It shows no certificate, and offers no application protocol.
///
/// # Panics
///
/// If the old rustls does not take the certificate.
pub fn client_config(trusted: &Authority) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.root_store = roots(trusted);
    config
}

/// The same with a certificate to show.
///
/// # Panics
///
/// If the old rustls does not take a certificate or the key.
pub fn client_config_with(trusted: &Authority, identity: &PemPair) -> ClientConfig {
    let mut config = client_config(trusted);
    let (chain, key) = chain_and_key(identity);
    let result = config.set_single_client_cert(chain, key);
    result.expect("the old rustls takes the key");
    config
}

/// A server that lets everybody in. It names no application protocol.
///
/// # Panics
///
/// If the old rustls does not take the certificate or the key.
pub fn server_config(identity: &PemPair) -> ServerConfig {
    let mut config = ServerConfig::new(NoClientAuth::new());
    let (chain, key) = chain_and_key(identity);
    let result = config.set_single_cert(chain, key);
    result.expect("the old rustls takes the key");
    config
}

/// The same for clients that an authority vouches for.
///
/// # Panics
///
/// If the old rustls does not take a certificate or the key.
pub fn server_config_for(clients: &Authority, identity: &PemPair) -> ServerConfig {
    let mut config = ServerConfig::new(AllowAnyAuthenticatedClient::new(roots(clients)));
    let (chain, key) = chain_and_key(identity);
    let result = config.set_single_cert(chain, key);
    result.expect("the old rustls takes the key");
    config
}

/// Connects to a server. The error is what the old crate says, in words.
///
/// # Errors
///
/// Whatever the old crate refuses.
pub async fn connect(
    address: SocketAddr,
    server_name: &str,
    config: Arc<ClientConfig>,
) -> Result<Connection, String> {
    let connection = Connection::tls_client(address, server_name, TlsConnector::from(config));
    connection.await.map_err(|error| error.to_string())
}

impl Server {
    /// Listens for TLS on a port of its own.
    ///
    /// # Panics
    ///
    /// If no port can be had.
    pub async fn bind_tls(config: ServerConfig) -> Self {
        let acceptor = TlsAcceptor::from(config);
        Self::bind_by(|address| TlsListener::bind(address, acceptor.clone())).await
    }
}

fn roots(trusted: &Authority) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let added = roots.add_pem_file(&mut trusted.certificate().as_bytes());
    assert_eq!(added, Ok((1, 0)), "the old webpki takes the authority");
    roots
}

fn chain_and_key(identity: &PemPair) -> (Vec<Certificate>, PrivateKey) {
    let chain = certs(&mut identity.certificate.as_bytes()).expect("certificates in PEM");
    let mut keys = pkcs8_private_keys(&mut identity.key.as_bytes()).expect("a key in PEM");
    (chain, keys.remove(0))
}
