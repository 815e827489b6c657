//! Real sockets over loopback.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::future::Future;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use connect_proto::{Config, ConnectDatagram};

use super::{Adapter, Reader, Writer};
use crate::datagrams::{content, datagram};

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

/// A test that hangs fails.
fn in_time<A: Adapter>(test: impl Future<Output = ()> + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let thread = thread::spawn(move || {
        A::block_on(test);
        done.send(()).unwrap();
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = finished.recv_timeout(Duration::from_secs(60)) {
        panic!("still not finished after a minute");
    }
    thread.join().unwrap();
}

async fn send_all<A: Adapter>(mut writer: A::Writer, count: usize) -> A::Writer {
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

fn check(index: usize, datagram: &ConnectDatagram) {
    assert_eq!(datagram.recipient(), recipient(index), "message {index}");
    assert!(
        *datagram.data() == content(index, length(index)),
        "message {index}"
    );
}

async fn receive<A: Adapter>(reader: &mut A::Reader, count: usize) {
    let mut batch = Vec::new();
    let mut index = 0;
    while index < count {
        assert!(
            reader.next_many(&mut batch, 64).await.unwrap() > 0,
            "ended after {index}"
        );
        for datagram in batch.drain(..) {
            check(index, &datagram);
            index += 1;
        }
    }
    assert_eq!(index, count);
}

pub fn both_directions_at_once<A: Adapter>() {
    const COUNT: usize = 5_000;
    in_time::<A>(async {
        let [(mut reader, writer), (mut other_reader, other_writer)] =
            A::tcp_pair(Config::new()).await;
        // Each half is a task of its own, so each end reads and writes at the same time.
        let here = A::both(
            async move { drop(send_all::<A>(writer, COUNT).await.close().await) },
            async move { receive::<A>(&mut reader, COUNT).await },
        );
        let there = A::both(
            async move { drop(send_all::<A>(other_writer, COUNT).await.close().await) },
            async move { receive::<A>(&mut other_reader, COUNT).await },
        );
        A::both(here, there).await;
    });
}

pub fn half_close_lets_the_answer_through<A: Adapter>() {
    in_time::<A>(async {
        let [(mut reader, writer), (mut other_reader, other_writer)] =
            A::tcp_pair(Config::new()).await;
        let mut writer = send_all::<A>(writer, 10).await;
        writer.close().await.unwrap();
        receive::<A>(&mut other_reader, 10).await;
        assert_eq!(other_reader.next().await.unwrap(), None);
        send_all::<A>(other_writer, 10).await.close().await.unwrap();
        receive::<A>(&mut reader, 10).await;
        assert_eq!(reader.next().await.unwrap(), None);
    });
}

pub fn close_under_load_loses_nothing<A: Adapter>() {
    const COUNT: usize = 3_000;
    in_time::<A>(async {
        let [(_reader, mut writer), (mut other_reader, _other_writer)] =
            A::tcp_pair(Config::new()).await;
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
                receive::<A>(&mut other_reader, COUNT).await;
                assert_eq!(other_reader.next().await.unwrap(), None);
            },
        )
        .await;
    });
}
