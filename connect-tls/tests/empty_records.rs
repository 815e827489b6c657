//! Handshake records with nothing in them, which rustls lets pass and counts in its own way.

use connect_testkit::certificates::Authority;
use connect_testkit::tls::{
    Buffered, Ending, Endpoint, Forger, Pair, Secrets, Staged, chacha_provider, log_client,
    log_server,
};
use connect_testkit::{datagrams, naive};
use connect_tls::rustls::ContentType;
use connect_tls::{ClientConfigBuilder, ServerConfigBuilder, TlsError};

/// An endpoint of ours, established with an oracle whose sending direction is forged from here on.
fn client_of_forged_server() -> (Staged, Buffered, Forger) {
    let secrets = Secrets::new();
    let authority = Authority::new("empty records");
    let server = ServerConfigBuilder::new(authority.issue(&["localhost"]).identity())
        .with_provider(chacha_provider())
        .build()
        .unwrap();
    let server = Buffered::server(log_server(&server, &secrets));
    let client = Staged::client(authority.client_config(), "localhost");
    let pair = Pair::established(client, server);
    (pair.client, pair.server, secrets.forge_server())
}

fn server_of_forged_client() -> (Staged, Buffered, Forger) {
    let secrets = Secrets::new();
    let authority = Authority::new("empty records");
    let client = ClientConfigBuilder::new(authority.authorities())
        .with_provider(chacha_provider())
        .build()
        .unwrap();
    let client = Buffered::client(log_client(&client, &secrets), "localhost");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let pair = Pair::established(client, server);
    (pair.server, pair.client, secrets.forge_client())
}

#[test]
fn an_empty_handshake_record_before_data_harms_neither_direction() {
    for forged in [client_of_forged_server, server_of_forged_client] {
        for together in [true, false] {
            let (mut ours, mut oracle, mut forger) = forged();
            let sent = datagrams::of_lengths(&[100, 5]);
            let empty = forger.record(ContentType::Handshake, &[]);
            let data = forger.data(&naive::encode(&sent));
            if together {
                ours.give(&[empty, data].concat());
            } else {
                ours.give(&empty);
                ours.give(&data);
            }
            assert_eq!(ours.messages().len(), 2);
            ours.handle.refresh_keys().unwrap();
            ours.send(&sent);
            oracle.give(&ours.take());
            assert_eq!(oracle.messages().len(), 2);
            ours.give(&forger.data(&naive::encode(&sent)));
            assert_eq!(ours.messages().len(), 4);
            assert!(ours.inbound.is_quiet(), "a block is kept for nothing");
            ours.close();
            oracle.give(&ours.take());
            assert!(oracle.is_peer_closed());
        }
    }
}

#[test]
fn empty_handshake_records_cannot_fill_the_memory() {
    let (mut ours, _, mut forger) = server_of_forged_client();
    let data = naive::encode(&datagrams::of_lengths(&[1]));
    let failed = (0..20_000).any(|_| {
        let empty = forger.record(ContentType::Handshake, &[]);
        ours.give(&[empty, forger.data(&data)].concat());
        ours.messages();
        matches!(ours.ending(), Ending::Failed(_))
    });
    let ending = ours.ending();
    assert!(failed, "{ending:?}");
    assert!(
        matches!(
            ending.tls_error(),
            Some(TlsError::HandshakeMessageTooLong { .. })
        ),
        "{ending:?}"
    );
}
