//! Early data can be replayed, so neither role has any to do with it, whatever a configuration allows.

use std::sync::Arc;

use connect_testkit::certificates::Authority;
use connect_testkit::datagrams;
use connect_testkit::tls::{Buffered, Endpoint, Pair, Staged, expected};
use connect_tls::rustls::pki_types::ServerName;
use connect_tls::rustls::{ClientConfig, ClientConnection, ServerConfig};

const NAME: &str = "localhost";

fn allowing() -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let authority = Authority::new("early");
    let mut client = (*authority.client_config()).clone();
    client.enable_early_data = true;
    let mut server = (*authority.server_config(&[NAME])).clone();
    server.max_early_data_size = 10_000;
    (Arc::new(client), Arc::new(server))
}

/// Whether a client that has been here before may speak early.
fn may_speak_early(client: &Arc<ClientConfig>) -> bool {
    let name = ServerName::try_from(NAME).unwrap();
    let mut again = ClientConnection::new(Arc::clone(client), name).unwrap();
    again.early_data().is_some()
}

#[test]
fn a_server_invites_nobody_to_speak_early() {
    let (client, server) = allowing();
    let oracle = Buffered::client(Arc::clone(&client), NAME);
    let _ = Pair::established(oracle, Buffered::server(Arc::clone(&server)));
    assert!(may_speak_early(&client), "the oracle would");

    let (client, server) = allowing();
    let oracle = Buffered::client(Arc::clone(&client), NAME);
    let _ = Pair::established(oracle, Staged::server(&server));
    assert!(!may_speak_early(&client));
}

#[test]
fn a_client_that_may_speak_early_does_not() {
    let (client, server) = allowing();
    let sent = datagrams::of_lengths(&[10, 200]);
    for resumed in [false, true] {
        let mut ours = Staged::client(Arc::clone(&client), NAME);
        ours.send(&sent);
        let mut pair = Pair::established(ours, Buffered::server(Arc::clone(&server)));
        assert_eq!(pair.client.info().is_resumed, resumed);
        assert!(pair.server.messages() == expected(&sent));
        pair.server.send(&sent);
        pair.run();
        assert!(pair.client.messages() == expected(&sent));
    }
}
