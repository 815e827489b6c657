//! Handshake messages after the handshake, whole and in parts, while data goes the other way.

use std::sync::Arc;

use connect_testkit::certificates::Authority;
use connect_testkit::tls::{
    Buffered, Ending, Endpoint, Pair, Staged, alert_of, expected, forged_client, forged_server,
    key_update, records, session_ticket, short_lived_keys,
};
use connect_testkit::{Entry, Schedule, datagrams, naive};
use connect_tls::rustls::{AlertDescription, ContentType, PeerMisbehaved};
use connect_tls::{ClientConfigBuilder, ServerConfigBuilder, TlsError};

const KEY_UPDATE_RECORD: usize = 5 + 5 + 1 + 16;

/// Our sending half says something, and the oracle understands it. Returns how much went over the wire.
fn say(ours: &mut Staged, oracle: &mut Buffered, index: usize) -> usize {
    let before = oracle.messages().len();
    let sent = [datagrams::datagram(index, 7, 30)];
    ours.send(&sent);
    let ciphertext = ours.take();
    oracle.give(&ciphertext);
    assert_eq!(oracle.failure(), None);
    assert!(oracle.messages()[before..] == expected(&sent));
    ciphertext.len()
}

/// Regression for a fault of rustls' unbuffered API: it panics when a handshake message has arrived in part
/// and it is called, to write, with any other buffer.
#[test]
fn a_key_update_in_parts_does_not_disturb_what_is_sent_meanwhile() {
    for forged in [forged_server, forged_client] {
        for part_len in 1..=5 {
            for (fragment, entry) in [(1, Entry::Spare), (3, Entry::Slice), (1000, Entry::Spare)] {
                let (ours, mut oracle, mut forger) = forged();
                let mut ours = ours.with_entry(entry);
                let mut spoken = 0;
                let parts = forger.in_parts(&key_update(true), part_len);
                assert_eq!(parts.len(), 5usize.div_ceil(part_len));
                for part in &parts {
                    for fragment in part.chunks(fragment) {
                        ours.give(fragment);
                        let long = say(&mut ours, &mut oracle, spoken);
                        spoken += 1;
                        ours.inbound.handle_would_block();
                        let short = say(&mut ours, &mut oracle, spoken);
                        spoken += 1;
                        // The answer to the request goes before our next message, once.
                        assert!(long == short || long == short + KEY_UPDATE_RECORD);
                    }
                }
                forger.change_keys();
                let sent = datagrams::of_lengths(&[1, 200]);
                ours.give(&forger.data(&naive::encode(&sent)));
                assert!(ours.messages() == expected(&sent));
                say(&mut ours, &mut oracle, spoken);
                assert_eq!(oracle.messages().len(), spoken + 1);
            }
        }
    }
}

#[test]
fn a_key_update_is_answered_before_the_next_message() {
    for forged in [forged_server, forged_client] {
        for request in [false, true] {
            let (mut ours, mut oracle, mut forger) = forged();
            let plain = say(&mut ours, &mut oracle, 0);
            let parts = forger.in_parts(&key_update(request), 2);
            parts.iter().for_each(|part| ours.give(part));
            let answer = say(&mut ours, &mut oracle, 1) - plain;
            assert_eq!(answer, if request { KEY_UPDATE_RECORD } else { 0 });
            assert_eq!(say(&mut ours, &mut oracle, 2), plain);
        }
    }
}

#[test]
fn many_key_updates_in_parts_follow_each_other() {
    for forged in [forged_server, forged_client] {
        let (mut ours, mut oracle, mut forger) = forged();
        let mut all = Vec::new();
        for index in 0..50 {
            let part_len = 1 + index % 5;
            for part in forger.in_parts(&key_update(index % 3 > 0), part_len) {
                ours.give(&part);
            }
            forger.change_keys();
            let sent = datagrams::datagram(index, 3, 1 + 700 * index);
            // A record at a time, as data in more than one needs more sequence numbers.
            for chunk in naive::encode(std::slice::from_ref(&sent)).chunks(16_384) {
                ours.give(&forger.data(chunk));
            }
            all.push(sent);
            if index % 2 == 0 {
                say(&mut ours, &mut oracle, index);
            }
        }
        assert!(ours.messages() == expected(&all));
        say(&mut ours, &mut oracle, 50);
    }
}

#[test]
fn a_session_ticket_in_parts_does_not_disturb_what_is_sent_meanwhile() {
    for (ticket_len, part_len) in [(10, 1), (500, 7), (3000, 1000), (60_000, 16_384)] {
        let (mut ours, mut oracle, mut forger) = forged_server();
        for (index, part) in forger
            .in_parts(&session_ticket(ticket_len), part_len)
            .iter()
            .enumerate()
        {
            let (first, second) = part.split_at(part.len() / 2);
            ours.give(first);
            say(&mut ours, &mut oracle, 2 * index);
            ours.give(second);
            say(&mut ours, &mut oracle, 2 * index + 1);
        }
        let sent = datagrams::of_lengths(&[5, 16_000]);
        let (first, second) = sent.split_at(1);
        ours.give(&forger.data(&naive::encode(first)));
        ours.give(&forger.data(&naive::encode(second)));
        assert!(ours.messages() == expected(&sent));
    }
}

/// Two messages in one record, and a part of the next behind them.
#[test]
fn tickets_that_share_records_arrive() {
    let (mut ours, mut oracle, mut forger) = forged_server();
    let tickets = [session_ticket(100), session_ticket(200), session_ticket(50)].concat();
    for part in forger.in_parts(&tickets, 150) {
        ours.give(&part);
        say(&mut ours, &mut oracle, 0);
    }
    let sent = datagrams::of_lengths(&[9]);
    ours.give(&forger.data(&naive::encode(&sent)));
    assert!(ours.messages() == expected(&sent));
}

/// Parts and everything behind them in one read.
#[test]
fn a_key_update_in_parts_arrives_together_with_data() {
    for forged in [forged_server, forged_client] {
        for fragment in [1, 10, 40, 1000] {
            let (mut ours, mut oracle, mut forger) = forged();
            let sent = datagrams::of_lengths(&[9, 10, 11, 12]);
            let frames = naive::encode(&sent);
            let (before, behind) = frames.split_at(30);
            let mut stream = forger.data(before);
            stream.extend(forger.in_parts(&key_update(true), 2).concat());
            forger.change_keys();
            stream.extend(forger.data(behind));
            for (index, piece) in stream.chunks(fragment).enumerate() {
                ours.give(piece);
                say(&mut ours, &mut oracle, index);
            }
            assert!(ours.messages() == expected(&sent));
        }
    }
}

/// RFC 8446, section 5.1: nothing may stand between the parts of a message. rustls sends no alert for it.
#[test]
fn data_between_the_parts_of_a_message_is_refused() {
    for forged in [forged_server, forged_client] {
        let (mut ours, mut oracle, mut forger) = forged();
        let sent = datagrams::of_lengths(&[9]);
        ours.give(&forger.record(ContentType::Handshake, &key_update(true)[..2]));
        say(&mut ours, &mut oracle, 0);
        ours.give(&forger.data(&naive::encode(&sent)));
        let refused = PeerMisbehaved::MessageInterleavedWithHandshakeMessage;
        assert_eq!(
            ours.ending().tls_error(),
            Some(&TlsError::Rustls(refused.into()))
        );
        assert!(ours.messages().is_empty());
        assert!(ours.outbound.push(sent[0].clone()).is_ok());
        assert!(ours.take().is_empty());
        assert!(ours.outbound.outbox().is_err());
    }
}

/// The alert is fetched from a connection that holds the part of a message.
#[test]
fn a_broken_record_behind_a_part_of_a_message_is_a_typed_error() {
    for forged in [forged_server, forged_client] {
        for separately in [false, true] {
            let (mut ours, mut oracle, mut forger) = forged();
            let mut stream = forger.record(ContentType::Handshake, &key_update(true)[..2]);
            if separately {
                ours.give(&stream);
                stream.clear();
            }
            let mut broken = forger.record(ContentType::Handshake, &key_update(true)[2..]);
            broken[7] ^= 1;
            stream.extend(broken);
            ours.give(&stream);
            assert!(matches!(
                ours.ending().tls_error(),
                Some(TlsError::Rustls(_))
            ));
            oracle.give(&ours.take());
            let alert = alert_of(oracle.failure());
            assert_eq!(alert, Some(AlertDescription::BadRecordMac));
        }
    }
}

#[test]
fn a_stream_that_is_cut_behind_a_part_of_a_message_was_cut() {
    let (mut ours, mut oracle, mut forger) = forged_server();
    ours.give(&forger.record(ContentType::Handshake, &key_update(true)[..4]));
    ours.finish();
    let error = ours.ending();
    assert_eq!(
        error.tls_error(),
        Some(&TlsError::Truncated { handshaking: false })
    );
    oracle.give(&ours.take());
}

/// Regression: rustls took it for a fault of the peer, and said so to the peer while we went on.
#[test]
fn our_own_key_update_in_the_middle_of_a_part_of_theirs_is_understood() {
    for forged in [forged_server, forged_client] {
        let (mut ours, mut oracle, mut forger) = forged();
        let parts = forger.in_parts(&key_update(true), 1);
        for (index, part) in parts.iter().enumerate() {
            ours.give(part);
            ours.refresh_keys();
            say(&mut ours, &mut oracle, index);
        }
        forger.change_keys();
        let sent = datagrams::of_lengths(&[77]);
        ours.give(&forger.data(&naive::encode(&sent)));
        assert!(matches!(ours.ending(), Ending::Open));
        assert!(ours.messages() == expected(&sent));
        // The change waits for the end of their message, and is made once.
        let short = say(&mut ours, &mut oracle, 6);
        assert_eq!(say(&mut ours, &mut oracle, 7), short);
    }
}

#[test]
fn our_own_key_update_waits_for_the_end_of_theirs() {
    for forged in [forged_server, forged_client] {
        let (mut ours, mut oracle, mut forger) = forged();
        let plain = say(&mut ours, &mut oracle, 0);
        let parts = forger.in_parts(&key_update(false), 3);
        ours.give(&parts[0]);
        ours.refresh_keys();
        ours.refresh_keys();
        assert_eq!(say(&mut ours, &mut oracle, 1), plain);
        ours.give(&parts[1]);
        assert_eq!(say(&mut ours, &mut oracle, 2), plain + KEY_UPDATE_RECORD);
        assert_eq!(say(&mut ours, &mut oracle, 3), plain);
    }
}

/// With data under way in both directions and fragments of all lengths, against the oracle and itself.
#[test]
fn keys_are_changed_on_both_sides_with_data_under_way() {
    fn check(client: impl Endpoint, server: impl Endpoint, schedule: &Schedule) {
        let mut pair = Pair::new(client, server, schedule);
        pair.run();
        let up = datagrams::of_lengths(&[20; 60]);
        let down = datagrams::of_lengths(&[3000; 60]);
        for round in 0..60 {
            pair.client.send(&up[round..=round]);
            pair.server.send(&down[round..=round]);
            pair.turn();
            match round % 4 {
                0 => pair.client.refresh_keys(),
                1 => pair.server.refresh_keys(),
                2 => {
                    pair.client.refresh_keys();
                    pair.client.refresh_keys();
                    pair.server.refresh_keys();
                }
                _ => {}
            }
            pair.turn();
        }
        pair.run();
        assert!(pair.server.messages() == expected(&up));
        assert!(pair.client.messages() == expected(&down));
    }
    let authority = Authority::new("key updates");
    let server = authority.server_config(&["localhost"]);
    let client = authority.client_config();
    let ours = || Staged::client(Arc::clone(&client), "localhost");
    for schedule in [
        Schedule::AtOnce,
        Schedule::Each(13),
        Schedule::Each(500),
        Schedule::Random {
            seed: 5,
            longest: 4000,
        },
    ] {
        check(ours(), Staged::server(&server), &schedule);
        check(ours(), Buffered::server(Arc::clone(&server)), &schedule);
        check(
            Buffered::client(Arc::clone(&client), "localhost"),
            Staged::server(&server),
            &schedule,
        );
    }
}

#[test]
fn a_key_update_of_ours_goes_out_with_the_next_write_or_alone() {
    let (mut ours, mut oracle, _) = forged_server();
    let plain = say(&mut ours, &mut oracle, 0);
    ours.refresh_keys();
    assert_eq!(ours.outbound.queued(), KEY_UPDATE_RECORD);
    let ciphertext = ours.take();
    assert_eq!(records(&ciphertext).len(), 1);
    oracle.give(&ciphertext);
    ours.refresh_keys();
    assert_eq!(say(&mut ours, &mut oracle, 1), plain + KEY_UPDATE_RECORD);
    assert_eq!(say(&mut ours, &mut oracle, 2), plain);
}

#[test]
fn keys_cannot_be_changed_during_the_handshake() {
    let authority = Authority::new("key updates");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let client = Staged::client(authority.client_config(), "localhost");
    for side in [&client, &server] {
        let refused = side.handle.refresh_keys();
        assert_eq!(refused, Err(TlsError::HandshakeNotComplete));
    }
    let mut pair = Pair::new(client, server, &Schedule::Each(100));
    pair.turn();
    assert!(pair.server.handle.refresh_keys().is_err());
    pair.run();
    pair.client.refresh_keys();
    pair.client.send(&datagrams::of_lengths(&[5]));
    pair.run();
    assert_eq!(pair.server.messages().len(), 1);
}

/// Before a key has been used for too long (RFC 8446, section 5.5).
#[test]
fn keys_are_changed_by_themselves() {
    const RECORDS: usize = 300;
    let authority = Authority::new("key updates");
    let provider = short_lived_keys(40);
    let client = ClientConfigBuilder::new(authority.authorities())
        .with_provider(Arc::clone(&provider))
        .build()
        .unwrap();
    let server = ServerConfigBuilder::new(authority.issue(&["localhost"]).identity())
        .with_provider(provider)
        .build()
        .unwrap();
    let mut pair = Pair::established(Staged::client(client, "localhost"), Staged::server(&server));
    let (up, down) = (pair.up.sent.len(), pair.down.sent.len());
    let mut lengths = vec![9; RECORDS];
    lengths.extend([300_000, 1]);
    let sent = datagrams::of_lengths(&lengths);
    for datagram in &sent {
        pair.client.send(std::slice::from_ref(datagram));
        pair.server.send(std::slice::from_ref(datagram));
        pair.run();
    }
    assert!(pair.server.messages() == expected(&sent));
    assert!(pair.client.messages() == expected(&sent));
    let data = RECORDS + 300_008usize.div_ceil(16_384) + 1;
    for new in [&pair.up.sent[up..], &pair.down.sent[down..]] {
        let others = records(new).len() - data;
        assert!((8..40).contains(&others), "{others} key updates");
    }
}
