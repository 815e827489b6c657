//! Routing over real sockets, where nobody polls a task that is not woken.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use connect_proto::ConnectDatagram;
use connect_proto::router::{RouteConfig, RouteReceiver, Routes};

use crate::conformance::{Adapter, Driver, Reader, Writer, in_time, pair};
use crate::datagrams::datagram;
use crate::random::SplitMix64;

pub fn the_last_receiver_wakes_the_driver<A: Adapter>() {
    in_time::<A>(async {
        let [_client, (reader, _writer)] = pair::<A>().await;
        let mut routes = Routes::new();
        let receiver = routes.add(1, RouteConfig::new()).unwrap();
        let driver = reader.into_router(routes);
        let last = async move {
            turns(100).await;
            drop(receiver);
        };
        A::both(drive(driver), last).await;
    });
}

pub fn a_slow_recipient_makes_the_peer_wait<A: Adapter>() {
    /// More than the buffers of any two sockets.
    const COUNT: usize = 2500;
    const LEN: usize = 16 * 1024;
    const CAPACITY: usize = 100_000;

    in_time::<A>(async {
        let [(_reader, mut writer), (reader, _writer)] = pair::<A>().await;
        let mut routes = Routes::new();
        let config = RouteConfig::new().with_capacity(CAPACITY);
        let mut slow = routes.add(1, config).unwrap();
        let driver = reader.into_router(routes);
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let sender = async move {
            let mut data = vec![0; LEN];
            for index in 0..COUNT {
                data[..8].copy_from_slice(&index.to_ne_bytes());
                let datagram = ConnectDatagram::new(1, data.clone()).unwrap();
                writer.send(datagram).await.unwrap();
                count.store(index + 1, Ordering::Relaxed);
            }
            writer.close().await.unwrap();
        };
        let receiver = async move {
            let standing = stand_still(sent).await;
            assert!(standing < COUNT, "the peer does not wait");
            let stats = slow.stats();
            assert!(stats.queued_bytes <= CAPACITY, "{stats:?}");
            assert_eq!(stats.line_holds, 1);
            let connection = slow.connection_stats();
            assert!(connection.buffered_bytes <= 130_000, "{connection:?}");

            let mut batch = Vec::new();
            let mut index = 0_usize;
            while slow.next_many(&mut batch, 10).await.unwrap() > 0 {
                for datagram in batch.drain(..) {
                    assert_eq!(datagram.data().len(), LEN);
                    assert_eq!(datagram.data()[..8], index.to_ne_bytes());
                    index += 1;
                }
            }
            assert_eq!(index, COUNT);
        };
        A::both(sender, A::both(drive(driver), receiver)).await;
    });
}

pub fn many_tasks_receive_at_once<A: Adapter>() {
    const COUNT: usize = 6_000;

    fn recipient(index: usize) -> u16 {
        (SplitMix64::new(index as u64).below(4)) as u16
    }

    fn length(index: usize) -> usize {
        if index % 400 == 0 {
            70_000
        } else {
            1 + index % 300
        }
    }

    /// Checks everything that is for the recipients.
    async fn check(mut receiver: RouteReceiver, wanted: fn(u16) -> bool) {
        let mut batch = Vec::new();
        let mut expected = (0..COUNT).filter(|&index| wanted(recipient(index)));
        while receiver.next_many(&mut batch, 50).await.unwrap() > 0 {
            for received in batch.drain(..) {
                let index = expected.next().expect("too many");
                assert!(received == datagram(index, recipient(index), length(index)));
            }
            turns(3).await;
        }
        assert_eq!(expected.next(), None);
    }

    in_time::<A>(async {
        let [(_reader, mut writer), (reader, _writer)] = pair::<A>().await;
        let mut routes = Routes::new();
        // Short, so that each of them holds the line again and again.
        let config = RouteConfig::new().with_capacity(5_000);
        let zero = routes.add(0, config).unwrap();
        let middle = routes.add(1..=2, config).unwrap();
        let rest = routes.add_rest(config).unwrap();
        let driver = reader.into_router(routes);
        let sender = async move {
            for index in 0..COUNT {
                let datagram = datagram(index, recipient(index), length(index));
                writer.feed(datagram).await.unwrap();
            }
            writer.close().await.unwrap();
        };
        A::both(
            A::both(sender, drive(driver)),
            A::both(
                check(zero, |tag| tag == 0),
                A::both(
                    check(middle, |tag| (1..=2).contains(&tag)),
                    check(rest, |tag| tag > 2),
                ),
            ),
        )
        .await;
    });
}

async fn drive(driver: Driver) {
    driver.await.unwrap();
}

/// Lets other tasks get on, so many times.
async fn turns(count: usize) {
    let mut left = count;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Waits until the count has not changed for a while.
async fn stand_still(count: Arc<AtomicUsize>) -> usize {
    const A_WHILE: Duration = Duration::from_millis(300);
    let mut last = (count.load(Ordering::Relaxed), Instant::now());
    loop {
        turns(10).await;
        let now = count.load(Ordering::Relaxed);
        if now != last.0 {
            last = (now, Instant::now());
        } else if now > 0 && last.1.elapsed() > A_WHILE {
            return now;
        }
    }
}
