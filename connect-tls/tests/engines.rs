//! Side by side with rustls' buffered API, which is the oracle.

use std::sync::Arc;

use bytes::Buf;
use connect_proto::{ConnectDatagram, DatagramRef, Goal, Step};
use connect_testkit::certificates::Authority;
use connect_testkit::tls::{Buffered, Endpoint, Pair, Staged, expected, records};
use connect_testkit::{Schedule, datagrams, naive};
use connect_tls::ALPN_PROTOCOL;

/// Plain bytes in one record, and what a record has beside them (RFC 8446, section 5.2).
const RECORD_LEN: usize = 16_384;
const RECORD_OVERHEAD: usize = 22;

fn check(client: impl Endpoint, server: impl Endpoint, lengths: &[usize], schedule: &Schedule) {
    let mut pair = Pair::new(client, server, schedule);
    let up = datagrams::of_lengths(lengths);
    let mut down = up.clone();
    down.reverse();
    pair.run();
    for (part_up, part_down) in up.chunks(3).zip(down.chunks(3)) {
        pair.client.send(part_up);
        pair.server.send(part_down);
        pair.turn();
        pair.server.refresh_keys();
        pair.turn();
        pair.client.refresh_keys();
    }
    pair.run();
    assert!(!pair.client.is_peer_closed() && !pair.server.is_peer_closed());
    pair.client.close();
    pair.server.close();
    pair.run();
    assert!(pair.client.is_peer_closed() && pair.server.is_peer_closed());
    assert!(pair.server.messages() == expected(&up), "up");
    assert!(pair.client.messages() == expected(&down), "down");
}

#[test]
fn both_engines_understand_each_other_in_every_role() {
    let authority = Authority::new("engines");
    let server = authority.server_config(&["localhost"]);
    let client = authority.client_config();
    let ours = || Staged::client(Arc::clone(&client), "localhost");
    let theirs = || Buffered::client(Arc::clone(&client), "localhost");
    let mut lists = datagrams::interesting_lengths();
    lists.push(vec![
        1, 16_375, 16_376, 16_377, 16_384, 32_752, 32_760, 1, 1,
    ]);
    for lengths in lists {
        for schedule in [
            Schedule::AtOnce,
            Schedule::Each(5000),
            Schedule::Each(70_000),
        ] {
            check(ours(), Staged::server(&server), &lengths, &schedule);
            check(theirs(), Staged::server(&server), &lengths, &schedule);
            check(
                ours(),
                Buffered::server(Arc::clone(&server)),
                &lengths,
                &schedule,
            );
            check(
                theirs(),
                Buffered::server(Arc::clone(&server)),
                &lengths,
                &schedule,
            );
        }
    }
}

fn joined() -> Pair<Staged, Buffered> {
    let authority = Authority::new("engines");
    let server = Buffered::server(authority.server_config(&["localhost"]));
    let client = Staged::client(authority.client_config(), "localhost");
    Pair::established(client, server)
}

/// The plain bytes of each record that `sent` takes.
fn plain_lengths(pair: &mut Pair<Staged, Buffered>) -> Vec<usize> {
    let before = pair.up.sent.len();
    pair.run();
    records(&pair.up.sent[before..])
        .iter()
        .map(|record| record.bytes.len() - RECORD_OVERHEAD)
        .collect()
}

#[test]
fn many_small_messages_share_records() {
    for (count, len) in [(1000, 64), (3, 1), (5000, 9), (40, 4095), (300, 1000)] {
        for vectored in [false, true] {
            let mut pair = joined();
            pair.client.outbound.set_vectored(vectored);
            let sent = datagrams::of_lengths(&vec![len; count]);
            pair.client.send(&sent);
            let total = count * (8 + len);
            let lengths = plain_lengths(&mut pair);
            assert_eq!(lengths.len(), total.div_ceil(RECORD_LEN), "{lengths:?}");
            assert_eq!(lengths.iter().sum::<usize>(), total);
            assert!(pair.server.messages() == expected(&sent));
        }
    }
}

#[test]
fn long_payloads_fill_records_with_what_stands_around_them() {
    for vectored in [false, true] {
        let mut pair = joined();
        pair.client.outbound.set_vectored(vectored);
        let sent = datagrams::of_lengths(&[10, 4096, 100_000, 5, 20_000, 16_384, 1, 70_000]);
        pair.client.send(&sent);
        let total = naive::encode(&sent).len();
        let lengths = plain_lengths(&mut pair);
        assert_eq!(lengths.iter().sum::<usize>(), total);
        assert_eq!(lengths.len(), total.div_ceil(RECORD_LEN), "{lengths:?}");
        assert!(pair.server.messages() == expected(&sent));
    }
}

#[test]
fn each_flush_is_a_record_of_its_own() {
    let mut pair = joined();
    for index in 0..10 {
        let message = DatagramRef::new(index, b"data");
        pair.client.outbound.push_ref(message).unwrap();
        assert_eq!(plain_lengths(&mut pair), [12]);
    }
}

/// To hold the lock and memory for no longer than that.
#[test]
fn one_write_offers_four_records_at_the_most() {
    let mut pair = joined();
    pair.client.send(&[datagrams::datagram(0, 1, 1_000_000)]);
    let outbox = pair.client.outbound.outbox().unwrap();
    assert_eq!(outbox.remaining(), 4 * (RECORD_LEN + RECORD_OVERHEAD));
}

/// What is encrypted for one write counts as unsent until the last byte of that write is taken, which may be one of
/// close_notify.
#[test]
fn four_records_that_the_peer_has_are_called_unsent_at_the_most() {
    let mut pair = joined();
    // Two times four records, with the headers.
    let total = 2 * 4 * RECORD_LEN;
    let sent = datagrams::of_lengths(&[total - 18 - 16 - 8, 10, 8]);
    pair.client.send(&sent);
    let frame_ends = datagrams::frame_ends(&sent);
    let client = &mut pair.client.outbound;
    let mut most = 0;
    while client.next_step(Goal::Written).unwrap() == Step::Write {
        client.finish();
        // Less than close_notify is long.
        let outbox = client.outbox().unwrap();
        let len = outbox.chunk().len().min(RECORD_OVERHEAD);
        pair.server.give(&outbox.chunk()[..len]);
        client.handle_write(len, Ok(len)).unwrap();
        let unsent = client.unsent();
        let sent = total - unsent.bytes;
        let whole = frame_ends.iter().filter(|end| **end <= sent).count();
        assert_eq!(unsent.messages, 3 - whole);
        most = most.max(pair.server.plain().len() - sent);
    }
    assert_eq!(most, 4 * RECORD_LEN);
    assert!(pair.server.is_peer_closed());
}

#[test]
fn both_sides_know_what_was_agreed_upon() {
    let authority = Authority::new("engines");
    let pair = Pair::established(
        Staged::client(authority.client_config(), "localhost"),
        Staged::server(&authority.server_config(&["localhost"])),
    );
    let (client, server) = (pair.client.info(), pair.server.info());
    assert_eq!(client.alpn_protocol.as_deref(), Some(ALPN_PROTOCOL));
    assert_eq!(client.key_exchange, server.key_exchange);
    assert_eq!(client.cipher_suite, server.cipher_suite);
    assert_eq!(client.protocol_version, server.protocol_version);
    assert!(client.cipher_suite.is_some() && client.key_exchange.is_some());
}

/// For the counts above: what the naive codec says is what went through.
#[test]
fn the_oracle_receives_the_bytes_of_the_naive_codec() {
    let mut pair = joined();
    let sent: Vec<ConnectDatagram> = datagrams::of_lengths(&[1, 20, 30_000]);
    pair.client.send(&sent);
    pair.run();
    assert!(pair.server.plain() == naive::encode(&sent));
}
