//! The same configurations of TLS for everybody.

use std::sync::Arc;

use connect_testkit::certificates::Authority;
use connect_tls::rustls::{ClientConfig, ServerConfig};

pub(super) const SERVER_NAME: &str = "localhost";

pub(super) fn server_config() -> Arc<ServerConfig> {
    authority().server_config(&[SERVER_NAME])
}

pub(super) fn client_config() -> Arc<ClientConfig> {
    authority().client_config()
}

/// One that two processes agree on without a file between them.
fn authority() -> Authority {
    Authority::fixed("benchmark")
}
