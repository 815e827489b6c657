//! Both halves of both sides in threads of their own, over a socket, with both directions busy at once.

#![cfg(unix)]

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Buf;
use connect_proto::{ConnectDatagram, Decoded, Inbound, Outbound};
use connect_testkit::certificates::Authority;
use connect_testkit::tls::{Pair, Staged};
use connect_testkit::{SplitMix64, datagrams};
use connect_tls::TlsHandle;

const MESSAGES: usize = 1500;

/// How often a reader may change the keys until data has left again: rustls refuses 32 changes without data between.
const MOST_UPDATES: usize = 8;

/// A direction that stands still fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

fn lengths(seed: u64) -> Vec<usize> {
    let mut random = SplitMix64::new(seed);
    let length = |_| match random.below(40) {
        0 => 1 + random.below(90_000),
        1..10 => 1 + random.below(9000),
        _ => 1 + random.below(200),
    };
    (0..MESSAGES).map(length).collect()
}

/// Queues some, writes some, and changes the keys now and then. Returns how often it did.
fn write(
    mut outbound: Outbound,
    (handle, allowance): (&TlsHandle, &AtomicUsize),
    mut stream: &UnixStream,
    sent: &[ConnectDatagram],
    seed: u64,
) -> usize {
    let mut random = SplitMix64::new(seed);
    let mut updates = 0;
    let mut messages = 0;
    let mut write_some = |outbound: &mut Outbound, random: &mut SplitMix64| {
        let outbox = outbound.outbox().unwrap();
        let most = 1 + random.below(50_000);
        let chunk = outbox.chunk();
        let written = stream.write(&chunk[..chunk.len().min(most)]).unwrap();
        outbox.advance(written);
        let has_remaining = outbox.has_remaining();
        // A write may carry nothing but changes of keys.
        let sent = outbound.stats().messages;
        if sent > messages {
            messages = sent;
            allowance.store(MOST_UPDATES, Ordering::Relaxed);
        }
        has_remaining
    };
    for datagram in sent {
        outbound.push(datagram.clone()).unwrap();
        if random.one_in(50) {
            handle.refresh_keys().unwrap();
            updates += 1;
        }
        if random.one_in(8) {
            while write_some(&mut outbound, &mut random) && !random.one_in(4) {}
        }
    }
    outbound.finish();
    while outbound.outbox().unwrap().has_remaining() {
        write_some(&mut outbound, &mut random);
    }
    stream.shutdown(Shutdown::Write).unwrap();
    updates
}

/// Reads until close_notify; what comes must be what was sent. Returns the number of reads.
/// Changes the keys of the sending half, too, at moments that suit nobody.
fn read(
    mut inbound: Inbound,
    (handle, allowance): (&TlsHandle, &AtomicUsize),
    mut stream: &UnixStream,
    expected: &[ConnectDatagram],
    seed: u64,
) -> usize {
    let mut random = SplitMix64::new(seed);
    let mut expected = expected.iter();
    let mut reads = 0;
    loop {
        match inbound.next_datagram().unwrap() {
            Decoded::Datagram(datagram) => {
                assert!(expected.next() == Some(&datagram), "wrong or out of order");
            }
            Decoded::End => break,
            Decoded::NeedInput => {
                if random.one_in(10) {
                    inbound.handle_would_block();
                }
                let left = allowance.load(Ordering::Relaxed);
                if left > 0 && random.one_in(3) {
                    allowance.store(left - 1, Ordering::Relaxed);
                    handle.refresh_keys().unwrap();
                }
                let spare = inbound.spare();
                let most = spare.len().min(1 + random.below(40_000));
                let received = stream.read(&mut spare[..most]).unwrap();
                match received {
                    0 => inbound.finish(),
                    received => inbound.commit(received),
                }
                reads += 1;
            }
        }
    }
    assert!(expected.next().is_none(), "some are missing");
    reads
}

#[test]
fn four_threads_use_one_connection_in_both_directions_at_once() {
    let authority = Authority::new("threads");
    let (client, server) = (
        authority.client_config(),
        authority.server_config(&["localhost"]),
    );
    for seed in 0..3 {
        let begin = Instant::now();
        let pair = Pair::established(
            Staged::client(client.clone(), "localhost"),
            Staged::server(&server),
        );
        let (up, down) = (
            datagrams::of_lengths(&lengths(2 * seed)),
            datagrams::of_lengths(&lengths(2 * seed + 1)),
        );
        let (near, far) = UnixStream::pair().unwrap();
        for stream in [&near, &far] {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
        }
        let Pair { client, server, .. } = pair;
        let allowances = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let (updates, reads) = thread::scope(|scope| {
            let (near, far, up, down) = (&near, &far, &up, &down);
            let client_handle = (&client.handle, &allowances[0]);
            let server_handle = (&server.handle, &allowances[1]);
            let writers = [
                scope.spawn(move || write(client.outbound, client_handle, near, up, seed)),
                scope.spawn(move || write(server.outbound, server_handle, far, down, seed + 9)),
            ];
            let readers = [
                scope.spawn(move || read(client.inbound, client_handle, near, down, seed + 20)),
                scope.spawn(move || read(server.inbound, server_handle, far, up, seed + 30)),
            ];
            (
                writers.map(|thread| thread.join().unwrap()),
                readers.map(|thread| thread.join().unwrap()),
            )
        });
        let bytes: usize = up.iter().chain(&down).map(ConnectDatagram::size).sum();
        println!(
            "threads: {} datagrams, {bytes} bytes, {reads:?} reads, {updates:?} key updates in {:?}",
            2 * MESSAGES,
            begin.elapsed()
        );
        assert!(updates.iter().all(|updates| *updates > 10));
    }
}
