//! What a peer can make us hold, and what a connection holds that says nothing, counted by the allocator.
//!
//! One test function, because everything that runs beside it would be counted, too.

use std::sync::Arc;

use connect_testkit::certificates::Authority;
use connect_testkit::tls::{
    Buffered, Ending, Endpoint, Pair, Secrets, Staged, chacha_provider, log_server, session_ticket,
};
use connect_testkit::{Entry, datagrams};
use connect_tls::rustls::Error;
use connect_tls::{ServerConfigBuilder, TlsError};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const KIB: usize = 1024;

/// As documented.
const MAX_PINNED: usize = 128 * KIB;

/// What is kept twice while its buffer grows, and a read block.
const MAX_HELD_FOR_PARTS: usize = 3 * MAX_PINNED + 64 * KIB;

fn used() -> usize {
    ALLOCATOR.current_usage()
}

/// The most that was held beside what was there `before`.
fn peak_of<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = used();
    ALLOCATOR.reset_peak_usage();
    let value = work();
    (ALLOCATOR.peak_usage().saturating_sub(before), value)
}

#[test]
fn memory_is_held_only_for_what_is_there() {
    a_hello_in_endless_parts_is_bounded();
    a_ticket_in_endless_parts_is_bounded();
    a_hello_in_many_parts_but_not_too_many_is_read();
    a_failed_connection_holds_nothing();
    a_closed_connection_holds_nothing_that_follows();
    an_idle_connection_holds_no_buffer();
    a_busy_connection_holds_some_records();
}

fn check_too_long(ours: &mut Staged) {
    let ending = ours.ending();
    let too_long = TlsError::HandshakeMessageTooLong { max: MAX_PINNED };
    assert_eq!(ending.tls_error(), Some(&too_long), "{ending:?}");
}

/// A byte to each record: six bytes to keep for every byte of a message.
fn a_hello_in_endless_parts_is_bounded() {
    for (entry, reads) in [(Entry::Spare, 1), (Entry::Slice, 5), (Entry::Spare, 60_000)] {
        let mut server = Staged::server(&Authority::new("memory").server_config(&["localhost"]))
            .with_entry(entry);
        // As long as rustls takes them.
        let message = [&[1, 0, 0xFF, 0xFF][..], &[0x33; 0xFFFF]].concat();
        let mut stream = Vec::new();
        for byte in message {
            stream.extend_from_slice(&[22, 3, 1, 0, 1, byte]);
        }
        let mut given = 0;
        let (peak, ()) = peak_of(|| {
            for record in stream.chunks(6 * reads) {
                server.give(record);
                given += record.len();
                if !matches!(server.ending(), Ending::Open) {
                    break;
                }
            }
        });
        println!("a hello in parts: refused after {given} bytes with a peak of {peak} bytes");
        check_too_long(&mut server);
        assert!(given <= MAX_PINNED + 6 * reads.max(64 * KIB));
        assert!(peak <= MAX_HELD_FOR_PARTS, "a peak of {peak} bytes");
    }
}

fn a_ticket_in_endless_parts_is_bounded() {
    let secrets = Secrets::new();
    let authority = Authority::new("memory");
    let server = ServerConfigBuilder::new(authority.issue(&["localhost"]).identity())
        .with_provider(chacha_provider())
        .build()
        .unwrap();
    let server = Buffered::server(log_server(&server, &secrets));
    let client = Staged::client(authority.client_config(), "localhost");
    let mut client = Pair::established(client, server).client;
    let parts = secrets.forge_server().in_parts(&session_ticket(60_000), 1);
    let (peak, given) = peak_of(|| {
        let mut given = 0;
        for part in &parts {
            client.give(part);
            client.inbound.handle_would_block();
            given += part.len();
            if !matches!(client.ending(), Ending::Open) {
                break;
            }
        }
        given
    });
    println!("a ticket in parts: refused after {given} bytes with a peak of {peak} bytes");
    check_too_long(&mut client);
    assert!(given > MAX_PINNED && given < MAX_PINNED + 100);
    assert!(peak <= MAX_HELD_FOR_PARTS, "a peak of {peak} bytes");
}

/// The bound is not for those who only cut small.
fn a_hello_in_many_parts_but_not_too_many_is_read() {
    let authority = Authority::new("memory");
    let mut client = Staged::client(authority.client_config(), "localhost");
    let mut server = Staged::server(&authority.server_config(&["localhost"]));
    let hello = client.take();
    for byte in &hello[5..] {
        server.give(&[22, 3, 1, 0, 1, *byte]);
    }
    assert!(matches!(server.ending(), Ending::Open));
    client.give(&server.take());
    server.give(&client.take());
    assert!(!client.handle.is_handshaking() && !server.handle.is_handshaking());
}

fn a_failed_connection_holds_nothing() {
    let config = Authority::new("memory").server_config(&["localhost"]);
    let before = used();
    let mut server = Staged::server(&config);
    let fresh = used() - before;
    for byte in std::iter::repeat_n(0x33, 10_000) {
        server.give(&[22, 3, 1, 0, 1, byte]);
    }
    assert!(matches!(
        server.ending().tls_error(),
        Some(TlsError::Rustls(Error::InvalidMessage(_)))
    ));
    server.take();
    let _ = server.outbound.handle_flush(Ok(()));
    server.inbound.handle_would_block();
    let held = used() - before;
    println!("a server: {fresh} bytes at the beginning, {held} bytes after its failure");
    assert!(held <= fresh + 10 * KIB, "{held} bytes after a failure");
}

/// Whether it looks like records or not.
fn a_closed_connection_holds_nothing_that_follows() {
    let authority = Authority::new("memory");
    for junk in [&[0xAA; 10_000][..], &[23, 3, 3, 0, 30].repeat(2000)] {
        let server = Staged::server(&authority.server_config(&["localhost"]));
        let client = Staged::client(authority.client_config(), "localhost");
        let mut pair = Pair::established(client, server);
        pair.client.close();
        pair.run();
        let (peak, ()) = peak_of(|| {
            for _ in 0..100 {
                pair.server.give(junk);
            }
        });
        assert!(matches!(pair.server.ending(), Ending::Clean));
        assert!(peak <= 160 * KIB, "a peak of {peak} bytes");
    }
}

fn an_idle_connection_holds_no_buffer() {
    const CONNECTIONS: usize = 50;
    let authority = Authority::new("memory");
    let (client, server) = (
        authority.client_config(),
        authority.server_config(&["localhost"]),
    );
    let connect = || {
        let mut pair = Pair::established(
            Staged::client(Arc::clone(&client), "localhost"),
            Staged::server(&server),
        );
        for lengths in [&[70_000, 300_000][..], &[1]] {
            let sent = datagrams::of_lengths(lengths);
            pair.client.send(&sent);
            pair.server.send(&sent);
            pair.run();
            let received = [&mut pair.client, &mut pair.server].map(Staged::messages_taken);
            assert_eq!(received, [lengths.len(); 2]);
        }
        for side in [&mut pair.client, &mut pair.server] {
            side.inbound.handle_would_block();
            side.outbound.handle_flush(Ok(())).unwrap();
        }
        (pair.client, pair.server)
    };
    // What both configurations remember of sessions.
    for _ in 0..20 {
        connect();
    }
    let mut clients = Vec::with_capacity(CONNECTIONS);
    let mut servers = Vec::with_capacity(CONNECTIONS);
    let before = used();
    for _ in 0..CONNECTIONS {
        let (client, server) = connect();
        clients.push(client);
        servers.push(server);
    }
    let both = used() - before;
    drop(clients);
    let of_servers = used().saturating_sub(before) / CONNECTIONS;
    let of_clients = both / CONNECTIONS - of_servers;
    println!("idle: {of_clients} bytes a client, {of_servers} bytes a server");
    assert!(of_clients <= 6 * KIB && of_servers <= 6 * KIB);
    drop(servers);
}

fn a_busy_connection_holds_some_records() {
    let authority = Authority::new("memory");
    let server = Staged::server(&authority.server_config(&["localhost"]));
    let client = Staged::client(authority.client_config(), "localhost");
    let mut pair = Pair::established(client, server);
    let sent = datagrams::of_lengths(&[1000; 60]);
    let mut stream = Vec::with_capacity(80 * KIB);
    let (peak, ()) = peak_of(|| {
        for _ in 0..50 {
            for datagram in &sent {
                pair.client.outbound.push_ref(datagram.into()).unwrap();
            }
            while let Ok(outbox) = pair.client.outbound.outbox() {
                let chunk = bytes::Buf::chunk(outbox);
                if chunk.is_empty() {
                    break;
                }
                stream.extend_from_slice(chunk);
                let len = chunk.len();
                bytes::Buf::advance(outbox, len);
            }
            for chunk in stream.chunks(16 * KIB) {
                pair.server.give(chunk);
                while let Ok(connect_proto::Decoded::Datagram(_)) =
                    pair.server.inbound.next_datagram_ref()
                {}
            }
            stream.clear();
        }
    });
    println!("busy: a peak of {peak} bytes for both sides");
    assert!(peak <= 512 * KIB, "a peak of {peak} bytes");
}
