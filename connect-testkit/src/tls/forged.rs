//! Endpoints whose peer sends what no peer would.

use connect_tls::{ClientConfigBuilder, ServerConfigBuilder};

use super::buffered::Buffered;
use super::configs::{chacha_provider, log_client, log_server};
use super::forge::Forger;
use super::pair::Pair;
use super::secrets::Secrets;
use super::staged::Staged;
use crate::certificates::Authority;

/// A client of ours, established with an oracle whose sending direction is forged from here on.
#[must_use]
pub fn forged_server() -> (Staged, Buffered, Forger) {
    let secrets = Secrets::new();
    let authority = Authority::new("forged");
    let server = ServerConfigBuilder::new(authority.issue(&["localhost"]).identity())
        .with_provider(chacha_provider())
        .build()
        .unwrap();
    let server = Buffered::server(log_server(&server, &secrets));
    let client = Staged::client(authority.client_config(), "localhost");
    let pair = Pair::established(client, server);
    (pair.client, pair.server, secrets.forge_server())
}

/// The same with a server of ours and an oracle of a client.
#[must_use]
pub fn forged_client() -> (Staged, Buffered, Forger) {
    let secrets = Secrets::new();
    let authority = Authority::new("forged");
    let client = ClientConfigBuilder::new(authority.authorities())
        .with_provider(chacha_provider())
        .build()
        .unwrap();
    let client = Buffered::client(log_client(&client, &secrets), "localhost");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let pair = Pair::established(client, server);
    (pair.server, pair.client, secrets.forge_client())
}
