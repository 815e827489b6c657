//! Handshake records with nothing in them, which rustls lets pass and counts in its own way.

use connect_testkit::tls::{Ending, Endpoint, forged_client, forged_server};
use connect_testkit::{datagrams, naive};
use connect_tls::TlsError;
use connect_tls::rustls::ContentType;

#[test]
fn an_empty_handshake_record_before_data_harms_neither_direction() {
    for forged in [forged_server, forged_client] {
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
    let (mut ours, _, mut forger) = forged_client();
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
