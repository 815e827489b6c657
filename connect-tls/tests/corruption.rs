//! Ciphertext that was changed on its way, or never was any: always a typed error, never a wrong message.

use std::sync::Arc;

use connect_testkit::certificates::Authority;
use connect_testkit::tls::{
    Buffered, Ending, Endpoint, Pair, Staged, alert_of, expected, not_resuming, records,
};
use connect_testkit::{Counts, SplitMix64, check_property, datagrams};
use connect_tls::TlsError;
use connect_tls::rustls::{AlertDescription, ClientConfig, Error, ServerConfig};
use proptest::collection::vec;
use proptest::prelude::*;

const HEADER_LEN: usize = 5;
const CHANGE_CIPHER_SPEC: u8 = 20;

type Configs = (Arc<ClientConfig>, Arc<ServerConfig>);

fn configs() -> Configs {
    let authority = Authority::new("corruption");
    not_resuming(
        &authority.client_config(),
        &authority.server_config(&["localhost"]),
    )
}

/// Established: the receiver is ours, the sender the oracle.
fn server_and_client((client, server): &Configs) -> (Staged, Buffered) {
    let client = Buffered::client(Arc::clone(client), "localhost");
    let pair = Pair::established(client, Staged::server(server));
    (pair.server, pair.client)
}

fn client_and_server((client, server): &Configs) -> (Staged, Buffered) {
    let client = Staged::client(Arc::clone(client), "localhost");
    let pair = Pair::established(client, Buffered::server(Arc::clone(server)));
    (pair.client, pair.server)
}

/// A failed connection is of no more use, and says the same each time.
fn check_dead(ours: &mut Staged, error: &TlsError) {
    let before = ours.messages();
    for _ in 0..2 {
        assert_eq!(ours.ending().tls_error(), Some(error));
        let _ = ours.outbound.push(datagrams::datagram(0, 1, 1));
        assert!(ours.take().is_empty(), "{error:?}");
        if !ours.handle.is_handshaking() || ours.outbound.outbox().is_err() {
            let refused = ours.outbound.push(datagrams::datagram(0, 1, 1));
            assert_eq!(TlsError::of_write(&refused.unwrap_err()), Some(error));
        }
        assert_eq!(ours.handle.handshake_step().as_ref().err(), Some(error));
        assert_eq!(ours.handle.refresh_keys().as_ref(), Err(error));
        ours.give(&[23, 3, 3, 0, 20]);
        ours.give(&[0; 400]);
        ours.finish();
    }
    assert!(ours.messages() == before, "received after a failure");
}

#[test]
fn one_changed_bit_of_data_is_an_error_behind_everything_before_it() {
    let configs = configs();
    let sent = datagrams::of_lengths(&[1, 40, 17]);
    let mut refused = 0;
    let mut alerts = 0;
    let mut unseen = 0;
    for established in [server_and_client, client_and_server] {
        let mut position = 0;
        loop {
            let (mut ours, mut oracle) = established(&configs);
            let mut stream = Vec::new();
            for datagram in &sent {
                oracle.send(std::slice::from_ref(datagram));
                stream.extend(oracle.take());
            }
            oracle.close();
            stream.extend(oracle.take());
            if position == stream.len() {
                break;
            }
            let mut record_end = 0;
            let before = records(&stream)
                .iter()
                .take_while(|record| {
                    record_end += record.bytes.len();
                    record_end <= position
                })
                .count();
            let record_start = record_end - records(&stream)[before].bytes.len();
            let in_header = position - record_start < HEADER_LEN;
            stream[position] ^= 1 << (position % 8);
            ours.give(&stream);
            ours.finish();
            let ending = ours.ending();
            // The record version says nothing and is not looked at.
            if matches!(ending, Ending::Clean) {
                assert!(in_header, "byte {position}");
                assert!(ours.messages() == expected(&sent));
                unseen += 1;
            } else {
                let error = ending.tls_error().expect("an error of TLS").clone();
                assert!(ours.messages() == expected(&sent[..before.min(3)]));
                oracle.give(&ours.take());
                let alert = alert_of(oracle.failure());
                if !in_header {
                    assert_eq!(error, TlsError::Rustls(Error::DecryptError));
                    assert_eq!(alert, Some(AlertDescription::BadRecordMac));
                }
                assert!(alert.is_some() || in_header);
                check_dead(&mut ours, &error);
                refused += 1;
                alerts += usize::from(alert.is_some());
            }
            position += 1;
        }
    }
    println!("changed bits of data: {refused} refused with {alerts} alerts, {unseen} harmless");
    assert!(refused > 300 && unseen < 30);
}

/// The three flights of a handshake: hello, the server's answer, the client's end of it.
#[test]
fn one_changed_bit_of_the_handshake_is_an_error() {
    let (client, server) = configs();
    let sent = datagrams::of_lengths(&[50]);
    let mut counts = [(0, 0, 0); 3];
    for (flight, (failures, alerts, harmless)) in counts.iter_mut().enumerate() {
        let mut position = 0;
        loop {
            let mut client = Staged::client(Arc::clone(&client), "localhost");
            let mut server = Staged::server(&server);
            client.send(&sent);
            server.send(&sent);
            let mut is_harmless = false;
            let mut past_the_end = false;
            let mut change = |number: usize, mut bytes: Vec<u8>| {
                if number == flight {
                    past_the_end = position >= bytes.len();
                    is_harmless = !past_the_end && is_outside_of_messages(&bytes, position);
                    if let Some(byte) = bytes.get_mut(position) {
                        *byte ^= 1 << (position % 8);
                    }
                }
                bytes
            };
            server.give(&change(0, client.take()));
            client.give(&change(1, server.take()));
            server.give(&change(2, client.take()));
            client.give(&server.take());
            if past_the_end {
                break;
            }
            server.give(&client.take());
            let ends = [server.ending(), client.ending()];
            let both = expected(&sent);
            if ends.iter().all(|end| matches!(end, Ending::Open))
                && (server.messages(), client.messages()) == (both.clone(), both.clone())
            {
                assert!(is_harmless, "byte {position} of flight {flight}");
                *harmless += 1;
            } else {
                // The server's certificate is all that a client knows; the client's end is for the server.
                assert!(server.messages().is_empty());
                if flight < 2 {
                    assert!(client.messages().is_empty());
                }
                // The end may come without a reason: a length that promises more.
                client.finish();
                server.finish();
                let ends = [client.ending(), server.ending()];
                *alerts += usize::from(ends.iter().any(|end| {
                    matches!(
                        end.tls_error(),
                        Some(TlsError::Rustls(Error::AlertReceived(_)))
                    )
                }));
                for (side, end) in [&mut client, &mut server].into_iter().zip(ends) {
                    let error = end.tls_error().expect("an error of TLS").clone();
                    side.take();
                    check_dead(side, &error);
                }
                *failures += 1;
            }
            // Every byte where much is different from its neighbours.
            position += if position < 160 || flight == 2 { 1 } else { 5 };
        }
    }
    println!("changed bits of the handshake, (failures, alerts received, harmless): {counts:?}");
    for (failures, alerts, harmless) in counts {
        assert!(failures > 60 && alerts > 20 && harmless < 30);
    }
}

/// Headers are not part of what both sides compare, nor is a record that is there for old middleboxes.
fn is_outside_of_messages(flight: &[u8], position: usize) -> bool {
    let mut start = 0;
    records(flight).iter().any(|record| {
        let here = (start..start + record.bytes.len()).contains(&position);
        let outside =
            position.wrapping_sub(start) < HEADER_LEN || record.content_type == CHANGE_CIPHER_SPEC;
        start += record.bytes.len();
        here && outside
    })
}

/// Bytes that nobody meant to be TLS, with or without headers that look like it.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let noise = vec(any::<u8>(), 1..600);
    let records = vec((20..25u8, 0..5u8, vec(any::<u8>(), 0..200)), 1..5).prop_map(|records| {
        let record = |(content_type, version, body): (u8, u8, Vec<u8>)| {
            let len = (body.len() as u16).to_be_bytes();
            [&[content_type, 3, version][..], &len, &body].concat()
        };
        records.into_iter().flat_map(record).collect()
    });
    let alphabet = vec(
        prop_oneof![Just(0u8), 0..4u8, 20..25u8, any::<u8>()],
        1..100,
    );
    prop_oneof![noise, records, alphabet]
}

#[test]
fn garbage_is_an_error_in_every_role_and_at_every_time() {
    let configs = configs();
    let strategy = (garbage(), garbage(), 0..4usize, any::<u64>());
    check_property("garbage", 400, &strategy, |(first, second, role, seed)| {
        let mut ours = match role {
            0 => Staged::client(Arc::clone(&configs.0), "localhost"),
            1 => Staged::server(&configs.1),
            2 => client_and_server(&configs).0,
            _ => server_and_client(&configs).0,
        };
        let sent = datagrams::of_lengths(&[1, 30]);
        ours.send(&sent);
        let mut random = SplitMix64::new(seed);
        let all = [first, second].concat();
        let mut rest = &all[..];
        let mut cuts = 0;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + random.below(rest.len()));
            ours.give(now);
            ours.take();
            rest = later;
            cuts += 1;
        }
        ours.finish();
        let ending = ours.ending();
        let error = ending.tls_error().expect("an error of TLS").clone();
        ours.take();
        assert!(ours.messages().is_empty());
        check_dead(&mut ours, &error);
        Counts {
            cases: 1,
            datagrams: 0,
            cuts,
            bytes: all.len() as u64,
        }
    });
}

/// Many try.
#[test]
fn a_client_that_speaks_plain_is_refused_by_name() {
    let (_, server) = configs();
    for plain in [
        connect_testkit::naive::encode(&datagrams::of_lengths(&[20])),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
    ] {
        let mut server = Staged::server(&server);
        server.give(&plain);
        let ending = server.ending();
        assert!(
            matches!(
                ending.tls_error(),
                Some(TlsError::Rustls(Error::InvalidMessage(_)))
            ),
            "{ending:?}"
        );
        // An alert in plain.
        assert_eq!(server.take().first(), Some(&21));
    }
}

/// What was whole before the broken record is received, and no answer to it is sent any more.
#[test]
fn what_is_queued_at_a_failure_is_not_sent() {
    let (mut ours, mut oracle) = server_and_client(&configs());
    let sent = datagrams::of_lengths(&[10]);
    oracle.send(&sent);
    let mut stream = oracle.take();
    oracle.send(&sent);
    stream.extend(oracle.take());
    let last = stream.len() - 1;
    stream[last] ^= 1;
    ours.send(&sent);
    ours.give(&stream);
    assert!(ours.messages() == expected(&sent));
    oracle.give(&ours.take());
    assert!(alert_of(oracle.failure()).is_some());
    assert!(oracle.messages().is_empty());
    assert!(ours.outbound.outbox().is_err());
}
