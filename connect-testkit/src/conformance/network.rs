//! Real sockets over loopback.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::sync::mpsc;
use std::thread;

use connect_proto::{Config, ConnectDatagram};

use super::{Adapter, Reader, Writer, in_time, pair};
use crate::datagrams::{content, datagram};
use crate::random::SplitMix64;

/// Mostly small, some that fit no buffer.
fn length(index: usize) -> usize {
    match index % 500 {
        0 => 300_000,
        1..=5 => 20_000,
        other => 1 + other * 3,
    }
}

fn recipient(index: usize) -> u16 {
    (index * 7 % 65_536) as u16
}

/// Lengths at random, evenly over their orders of magnitude.
fn random_length(index: usize) -> usize {
    let mut random = SplitMix64::new(index as u64);
    let below = 2 << random.below(16);
    1 + random.below(below)
}

/// As [`exchange`], with messages of random lengths up to 64 KiB.
pub fn exchange_random<S: Adapter, C: Adapter>(count: usize) {
    exchange_of::<S, C>(count, random_length);
}

/// A server on one runtime and a client on another exchange `count` messages in each direction, all of
/// them checked.
pub fn exchange<S: Adapter, C: Adapter>(count: usize) {
    exchange_of::<S, C>(count, length);
}

fn exchange_of<S: Adapter, C: Adapter>(count: usize, length: fn(usize) -> usize) {
    let (bound, address) = mpsc::channel();
    let server = thread::spawn(move || {
        in_time::<S>(async move {
            let (address, accepted) = S::listen(Config::new()).await;
            bound.send(address).unwrap();
            both_ways::<S>(accepted.await, count, length).await;
        });
    });
    in_time::<C>(async move {
        let address = address.recv().unwrap();
        let halves = C::connect(address, Config::new()).await;
        both_ways::<C>(halves, count, length).await;
    });
    server.join().unwrap();
}

async fn both_ways<A: Adapter>(
    (mut reader, writer): (A::Reader, A::Writer),
    count: usize,
    length: fn(usize) -> usize,
) {
    A::both(
        async move {
            let mut writer = send_all::<A>(writer, count, length).await;
            writer.close().await.unwrap();
        },
        async move {
            receive::<A>(&mut reader, count, length).await;
            assert_eq!(reader.next().await.unwrap(), None);
        },
    )
    .await;
}

async fn send_all<A: Adapter>(
    mut writer: A::Writer,
    count: usize,
    length: fn(usize) -> usize,
) -> A::Writer {
    for index in 0..count {
        let datagram = datagram(index, recipient(index), length(index));
        writer.feed(datagram).await.unwrap();
        if index % 100 == 0 {
            writer.flush().await.unwrap();
        }
    }
    writer.flush().await.unwrap();
    writer
}

fn check(index: usize, length: usize, datagram: &ConnectDatagram) {
    assert_eq!(datagram.recipient(), recipient(index), "message {index}");
    assert!(
        *datagram.data() == content(index, length),
        "message {index}"
    );
}

async fn receive<A: Adapter>(reader: &mut A::Reader, count: usize, length: fn(usize) -> usize) {
    let mut batch = Vec::new();
    let mut index = 0;
    while index < count {
        assert!(
            reader.next_many(&mut batch, 64).await.unwrap() > 0,
            "ended after {index}"
        );
        for datagram in batch.drain(..) {
            check(index, length(index), &datagram);
            index += 1;
        }
    }
    assert_eq!(index, count);
}

pub fn both_directions_at_once<A: Adapter>() {
    exchange::<A, A>(5_000);
}

pub fn half_close_lets_the_answer_through<A: Adapter>() {
    in_time::<A>(async {
        let [(mut reader, writer), (mut other_reader, other_writer)] = pair::<A>().await;
        let mut writer = send_all::<A>(writer, 10, length).await;
        writer.close().await.unwrap();
        receive::<A>(&mut other_reader, 10, length).await;
        assert_eq!(other_reader.next().await.unwrap(), None);
        let mut other_writer = send_all::<A>(other_writer, 10, length).await;
        other_writer.close().await.unwrap();
        receive::<A>(&mut reader, 10, length).await;
        assert_eq!(reader.next().await.unwrap(), None);
    });
}

pub fn close_under_load_loses_nothing<A: Adapter>() {
    const COUNT: usize = 3_000;
    in_time::<A>(async {
        let [(_reader, mut writer), (mut other_reader, _other_writer)] = pair::<A>().await;
        A::both(
            async move {
                for index in 0..COUNT {
                    let datagram = datagram(index, recipient(index), length(index));
                    writer.feed(datagram).await.unwrap();
                }
                // With megabytes under way and the queue full.
                writer.close().await.unwrap();
            },
            async move {
                receive::<A>(&mut other_reader, COUNT, length).await;
                assert_eq!(other_reader.next().await.unwrap(), None);
            },
        )
        .await;
    });
}
