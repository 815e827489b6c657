//! All the ways in which a connection ends: by close_notify, by a cut, before it has begun.

use std::io;
use std::sync::Arc;

use connect_proto::{DecodeError, ReadError};
use connect_testkit::certificates::Authority;
use connect_testkit::tls::{
    Buffered, Ending, Endpoint, Pair, Secrets, Staged, alert_of, chacha_provider, expected,
    log_client, log_server, not_resuming, records,
};
use connect_testkit::{Counts, Entry, Schedule, datagrams, naive};
use connect_tls::rustls::{AlertDescription, ClientConfig, ContentType, ServerConfig};
use connect_tls::{
    ClientConfigBuilder, HandshakeError, HandshakeStep, ServerConfigBuilder, TlsError,
};

fn configs() -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let authority = Authority::new("ends");
    not_resuming(
        &authority.client_config(),
        &authority.server_config(&["localhost"]),
    )
}

fn sides() -> (Staged, Staged) {
    let (client, server) = configs();
    (Staged::client(client, "localhost"), Staged::server(&server))
}

fn joined() -> Pair<Staged, Staged> {
    let (client, server) = sides();
    Pair::established(client, server)
}

#[test]
fn close_notify_is_the_end() {
    let mut pair = joined();
    let sent = datagrams::of_lengths(&[1, 2000]);
    pair.client.send(&sent);
    pair.client.close();
    assert!(matches!(pair.server.ending(), Ending::Open));
    pair.run();
    for _ in 0..2 {
        assert!(matches!(pair.server.ending(), Ending::Clean));
        assert!(pair.server.messages() == expected(&sent));
        // With or without the end of the transport.
        pair.server.finish();
    }
    let after = records(&pair.up.sent).len();
    pair.client.close();
    pair.run();
    assert_eq!(records(&pair.up.sent).len(), after, "close_notify, once");
}

#[test]
fn after_one_side_has_closed_the_other_goes_on() {
    for client_closes in [true, false] {
        let mut pair = joined();
        let sent = datagrams::of_lengths(&[10, 70_000, 3]);
        for datagram in &sent {
            if client_closes {
                pair.client.close();
                pair.server.send(std::slice::from_ref(datagram));
                pair.run();
                assert!(matches!(pair.server.ending(), Ending::Clean));
                assert!(matches!(pair.client.ending(), Ending::Open));
            } else {
                pair.server.close();
                pair.client.send(std::slice::from_ref(datagram));
                pair.run();
                assert!(matches!(pair.client.ending(), Ending::Clean));
                assert!(matches!(pair.server.ending(), Ending::Open));
            }
        }
        let received = if client_closes {
            pair.client.messages()
        } else {
            pair.server.messages()
        };
        assert!(received == expected(&sent));
        pair.client.close();
        pair.server.close();
        pair.run();
        assert!(matches!(pair.client.ending(), Ending::Clean));
        assert!(matches!(pair.server.ending(), Ending::Clean));
    }
}

#[test]
fn nothing_follows_close_notify() {
    let sent = datagrams::of_lengths(&[10]);
    for entry in [Entry::Spare, Entry::Slice] {
        for together in [true, false] {
            let (client, server) = sides();
            let mut pair = Pair::established(client, server.with_entry(entry));
            pair.client.send(&sent);
            let data = pair.client.take();
            pair.client.close();
            let mut stream = pair.client.take();
            if !together {
                pair.server.give(&data);
                pair.server.give(&stream);
                stream.clear();
            } else {
                stream.splice(0..0, data.iter().copied());
            }
            // Junk, and a record that was valid before.
            for junk in [&[0xAA; 70_000][..], &data] {
                stream.extend_from_slice(junk);
            }
            pair.server.give(&stream);
            assert!(matches!(pair.server.ending(), Ending::Clean));
            pair.server.finish();
            assert!(matches!(pair.server.ending(), Ending::Clean));
            assert!(pair.server.messages() == expected(&sent));
            pair.server.send(&sent);
            pair.run();
            assert!(pair.client.messages() == expected(&sent));
        }
    }
}

/// Every cut of what the client says, from nothing to everything, is told from the end.
#[test]
fn a_cut_after_any_byte_is_a_truncation_behind_all_whole_messages() {
    let (client, server) = configs();
    let sent = datagrams::of_lengths(&[1, 30, 200, 5]);
    let mut counts = Counts::default();
    for end in 0.. {
        let entry = if end % 2 == 0 {
            Entry::Spare
        } else {
            Entry::Slice
        };
        let mut client = Staged::client(Arc::clone(&client), "localhost");
        let mut server = Staged::server(&server).with_entry(entry);
        let mut left = end;
        // What the client says next; whether all of it gets through.
        let mut passes = |client: &mut Staged, server: &mut Staged| {
            let said = client.take();
            let len = left.min(said.len());
            server.give(&said[..len]);
            client.give(&server.take());
            left -= len;
            len == said.len()
        };
        let handshaking = !(passes(&mut client, &mut server) && passes(&mut client, &mut server));
        assert_eq!(server.handle.is_handshaking(), handshaking, "{end}");
        let (mut arrived, mut whole) = (0, false);
        if !handshaking {
            for datagram in &sent {
                client.send(std::slice::from_ref(datagram));
                arrived += usize::from(passes(&mut client, &mut server));
            }
            client.close();
            whole = passes(&mut client, &mut server);
        }
        server.finish();
        let ending = server.ending();
        assert!(server.messages() == expected(&sent[..arrived]), "{end}");
        counts += Counts {
            cases: 1,
            datagrams: arrived as u64,
            cuts: 1,
            bytes: end as u64,
        };
        if whole {
            assert!(matches!(ending, Ending::Clean), "{end}: {ending:?}");
            break;
        }
        let truncated = TlsError::Truncated { handshaking };
        assert_eq!(ending.tls_error(), Some(&truncated), "{end}");
        let Ending::Failed(error) = ending else {
            panic!("{ending:?}");
        };
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(server.handle.handshake_step(), Err(truncated));
    }
    println!("cuts after every byte: {counts}");
    assert!(counts.datagrams > 400);
}

/// What the server says, cut the same way. Inside its long flight every few bytes are enough.
#[test]
fn a_client_is_cut_off_after_any_byte() {
    let (client, server) = configs();
    let sent = datagrams::of_lengths(&[1, 30]);
    let mut truncated = [0, 0];
    for end in 0.. {
        let mut client = Staged::client(Arc::clone(&client), "localhost");
        let mut server = Staged::server(&server);
        server.give(&client.take());
        let flight = server.take();
        if end < flight.len() && end % 5 > 0 {
            continue;
        }
        client.give(&flight[..end.min(flight.len())]);
        let handshaking = end < flight.len();
        let mut whole = false;
        if !handshaking {
            server.give(&client.take());
            server.send(&sent);
            server.close();
            let said = server.take();
            whole = end - flight.len() >= said.len();
            client.give(&said[..said.len().min(end - flight.len())]);
        }
        client.finish();
        if whole {
            assert!(matches!(client.ending(), Ending::Clean));
            break;
        }
        truncated[usize::from(handshaking)] += 1;
        let expected = TlsError::Truncated { handshaking };
        assert_eq!(client.ending().tls_error(), Some(&expected), "{end}");
    }
    println!("a client cut: {truncated:?} times after and during the handshake");
    assert!(truncated.iter().all(|count| *count > 50));
}

/// The end by TLS inside a frame is a cut of another kind: whoever closed knew of it.
#[test]
fn close_notify_inside_a_message_is_an_error() {
    let authority = Authority::new("ends");
    let client = Buffered::client(authority.client_config(), "localhost");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let mut pair = Pair::established(client, server);
    let frames = naive::encode(&datagrams::of_lengths(&[10, 20]));
    pair.client.write(&frames[..frames.len() - 3]);
    pair.client.close();
    pair.run();
    let Ending::Failed(error) = pair.server.ending() else {
        panic!("open");
    };
    assert!(matches!(
        error,
        ReadError::Protocol(DecodeError::UnexpectedEof { missing: 3 })
    ));
    assert_eq!(pair.server.messages().len(), 1);
}

#[test]
fn what_was_queued_before_the_handshake_arrives_after_it() {
    let (mut client, mut server) = sides();
    let sent = datagrams::of_lengths(&[5, 100_000, 7]);
    client.send(&sent);
    server.send(&sent);
    assert!(client.outbound.queued() > 100_000 && server.outbound.queued() > 100_000);
    let mut pair = Pair::new(client, server, &Schedule::Each(999));
    // Nothing of it goes out before the peer is known.
    let hello = pair.client.take();
    assert!(hello.len() < 3000);
    assert!(pair.server.take().is_empty());
    pair.server.give(&hello);
    let flight = pair.server.take();
    assert!(flight.len() < 5000, "{}", flight.len());
    pair.client.give(&flight);
    pair.run();
    assert!(pair.server.messages() == expected(&sent));
    assert!(pair.client.messages() == expected(&sent));
    assert_eq!(pair.client.outbound.queued(), 0);
}

#[test]
fn a_close_before_the_handshake_waits_for_it() {
    for lengths in [&[][..], &[3, 70_000]] {
        for (client_closes, server_closes) in [(true, true), (true, false), (false, true)] {
            let (mut client, mut server) = sides();
            let sent = datagrams::of_lengths(lengths);
            client.send(&sent);
            server.send(&sent);
            if client_closes {
                client.close();
                assert!(client.outbound.push(datagrams::datagram(0, 1, 1)).is_err());
            }
            if server_closes {
                server.close();
            }
            let mut pair = Pair::new(client, server, &Schedule::Each(500));
            pair.run();
            let (at_server, at_client) = (pair.server.ending(), pair.client.ending());
            assert_eq!(matches!(at_server, Ending::Clean), client_closes);
            assert_eq!(matches!(at_client, Ending::Clean), server_closes);
            assert!(pair.server.messages() == expected(&sent));
            assert!(pair.client.messages() == expected(&sent));
        }
    }
}

/// To read the end twice is no error and no second chance.
#[test]
fn the_failure_stays_whatever_comes_later() {
    let mut pair = joined();
    let sent = datagrams::of_lengths(&[5]);
    pair.server.finish();
    pair.client.send(&sent);
    pair.client.close();
    pair.run();
    pair.server.finish();
    let truncated = TlsError::Truncated { handshaking: false };
    for _ in 0..3 {
        assert_eq!(pair.server.ending().tls_error(), Some(&truncated));
        let refused = pair.server.outbound.outbox().err();
        // The sending half learns of it when it has something to send.
        assert!(refused.is_none());
    }
    pair.server.send(&sent);
    for _ in 0..2 {
        let error = pair.server.outbound.outbox().unwrap_err();
        assert_eq!(TlsError::of_write(&error), Some(&truncated));
    }
    assert!(pair.server.messages().is_empty());
}

#[test]
fn a_driver_of_the_handshake_is_told_what_to_do() {
    let authority = Authority::new("ends");
    let client = Staged::client(authority.client_config(), "localhost");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let mut pair = Pair::new(client, server, &Schedule::AtOnce);
    let steps = |pair: &Pair<Staged, Staged>| {
        [&pair.client, &pair.server].map(|side| side.handle.handshake_step())
    };
    use HandshakeStep::{Done, Flush, Read};
    assert_eq!(steps(&pair), [Ok(Flush), Ok(Read)]);
    let hello = pair.client.take();
    assert_eq!(steps(&pair), [Ok(Read), Ok(Read)]);
    pair.server.give(&hello);
    assert_eq!(steps(&pair), [Ok(Read), Ok(Flush)]);
    let flight = pair.server.take();
    assert_eq!(steps(&pair), [Ok(Read), Ok(Read)]);
    pair.client.give(&flight);
    assert_eq!(steps(&pair), [Ok(Flush), Ok(Read)]);
    let finished = pair.client.take();
    pair.server.give(&finished);
    // The tickets wait for the server's first message.
    assert_eq!(steps(&pair), [Ok(Done), Ok(Done)]);
    assert!(pair.server.outbound.queued() > 0);
}

#[test]
fn a_handshake_that_is_cut_is_an_unexpected_end_of_file() {
    let (mut client, _) = sides();
    client.finish();
    assert_eq!(client.handle.handshake_step(), Ok(HandshakeStep::Flush));
    client.take();
    let error = client.handle.handshake_step().unwrap_err();
    let error = io::Error::from(HandshakeError::from(error));
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

/// Regression: the message about it went out behind close_notify, where nothing may follow.
#[test]
fn keys_are_not_changed_after_close_notify() {
    let mut pair = joined();
    pair.client.close();
    pair.run();
    pair.client.refresh_keys();
    assert!(pair.client.take().is_empty());
}

/// Regression: the alert went out behind close_notify. That it is the last alert, rustls 0.23.46 only asserts.
#[test]
#[cfg_attr(debug_assertions, should_panic(expected = "sent_fatal_alert"))]
fn a_broken_record_after_our_close_is_a_typed_error() {
    let mut pair = joined();
    pair.server.close();
    pair.run();
    pair.client.send(&datagrams::of_lengths(&[10]));
    let mut broken = pair.client.take();
    broken[10] ^= 1;
    pair.server.give(&broken);
    let ending = pair.server.ending();
    assert!(
        matches!(ending.tls_error(), Some(TlsError::Rustls(_))),
        "{ending:?}"
    );
    assert!(pair.server.messages().is_empty());
    assert!(
        pair.server.take().is_empty(),
        "nothing follows close_notify"
    );
}

/// An alert of the peer other than close_notify.
#[test]
fn a_fatal_alert_of_the_peer_is_named() {
    let authority = Authority::new("ends");
    let secrets = Secrets::new();
    let client = ClientConfigBuilder::new(authority.authorities())
        .with_provider(chacha_provider())
        .build()
        .unwrap();
    let client = Buffered::client(log_client(&client, &secrets), "localhost");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let mut pair = Pair::established(client, server);
    let internal_error = [2, 80];
    let alert = secrets
        .forge_client()
        .record(ContentType::Alert, &internal_error);
    pair.server.give(&alert);
    let ending = pair.server.ending();
    let Some(TlsError::Rustls(error)) = ending.tls_error() else {
        panic!("{ending:?}");
    };
    assert_eq!(alert_of(Some(error)), Some(AlertDescription::InternalError));
    // No alert is answered by one.
    assert!(pair.server.take().is_empty());
}

/// close_notify in parts is an alert in parts, which nobody sends and TLS 1.3 forbids.
#[test]
fn an_alert_in_parts_is_refused() {
    let authority = Authority::new("ends");
    let secrets = Secrets::new();
    let server = ServerConfigBuilder::new(authority.issue(&["localhost"]).identity())
        .with_provider(chacha_provider())
        .build()
        .unwrap();
    let server = Buffered::server(log_server(&server, &secrets));
    let client = Staged::client(authority.client_config(), "localhost");
    let mut pair = Pair::established(client, server);
    let part = secrets.forge_server().record(ContentType::Alert, &[1]);
    pair.client.give(&part);
    assert!(pair.client.ending().tls_error().is_some());
}
