//! The same TLS for everybody.

use std::sync::Arc;

use connect_testkit::certificates::Authority;
use connect_tls::rustls::crypto::ring;
use connect_tls::rustls::{ClientConfig, ServerConfig};

use crate::Failure;

pub const SERVER_NAME: &str = "localhost";

pub fn server_config() -> Arc<ServerConfig> {
    authority().server_config(&[SERVER_NAME])
}

pub fn client_config() -> Arc<ClientConfig> {
    authority().client_config()
}

/// Cryptography of ring instead of aws-lc-rs, in all of this process.
pub fn use_ring() -> Result<(), Failure> {
    let installed = ring::default_provider().install_default();
    installed.map_err(|_| "a provider is installed already".into())
}

/// One that two processes agree on without a file between them.
fn authority() -> Authority {
    Authority::fixed("benchmark")
}
