//! Routing: many receivers on one connection, each of which gets its own.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use connect_proto::router::{Overflow, RouteConfig, RouteReceiver, Routes, Taken};
use connect_proto::{Config, ConnectDatagram, DecodeError, ReadError};

use super::{
    Adapter, Driver, Reader, Writer, complete, in_time, next_item, pair, poll_at_most, reader, zip,
};
use crate::datagrams::{datagram, frame_ends};
use crate::hostile::{ReadStep, ScriptedRead, ScriptedWrite};
use crate::naive;
use crate::random::SplitMix64;
use crate::schedule::Schedule;

/// Datagrams for these recipients, in this order; every fifth is long enough to be moved instead of copied.
fn for_recipients(recipients: impl IntoIterator<Item = u16>) -> Vec<ConnectDatagram> {
    let recipients = recipients.into_iter().enumerate();
    recipients
        .map(|(index, recipient)| {
            let length = if index % 5 == 4 {
                40_000
            } else {
                1 + index * 7
            };
            datagram(index, recipient, length)
        })
        .collect()
}

/// Those of `sent` with a recipient that is wanted.
fn of(sent: &[ConnectDatagram], wanted: impl Fn(u16) -> bool) -> Vec<ConnectDatagram> {
    let sent = sent.iter().cloned();
    sent.filter(|datagram| wanted(datagram.recipient()))
        .collect()
}

/// Everything up to the end.
async fn all(mut receiver: RouteReceiver) -> Result<Vec<ConnectDatagram>, ReadError> {
    let mut received = Vec::new();
    while let Some(datagram) = receiver.next().await? {
        received.push(datagram);
    }
    Ok(received)
}

/// What is queued at the moment.
fn queued(receiver: &mut RouteReceiver) -> Vec<ConnectDatagram> {
    let mut received = Vec::new();
    while let Ok(Taken::Datagram(datagram)) = receiver.try_next() {
        received.push(datagram);
    }
    received
}

fn router_over<A: Adapter>(
    read: ScriptedRead,
    routes: Routes,
) -> impl Future<Output = Result<(), ReadError>> {
    reader::<A>(read, Config::new()).into_router(routes)
}

pub fn each_recipient_gets_its_own_in_order<A: Adapter>() {
    let sent = for_recipients([1, 9, 10, 2, 65_535, 9, 0, 20, 1, 1, 10, 11]);
    let stream = naive::encode(&sent);
    for schedule in Schedule::interesting() {
        let cuts = schedule.cuts(stream.len(), &frame_ends(&sent));
        let mut routes = Routes::new();
        let low = routes.add(1..=9, RouteConfig::new()).unwrap();
        let ten = routes.add(10, RouteConfig::new()).unwrap();
        let rest = routes.add_rest(RouteConfig::new()).unwrap();
        let driver = router_over::<A>(ScriptedRead::in_pieces(&stream, cuts), routes);
        let receivers = zip(all(low), zip(all(ten), all(rest)));
        let (outcome, (low, (ten, rest))) = complete(zip(driver, receivers));
        outcome.unwrap();
        assert_eq!(low.unwrap(), of(&sent, |tag| (1..=9).contains(&tag)));
        assert_eq!(ten.unwrap(), of(&sent, |tag| tag == 10));
        let others = |tag| tag == 0 || tag > 10;
        assert_eq!(rest.unwrap(), of(&sent, others));
    }
}

pub fn unknown_recipients_are_refused_or_go_to_the_rest<A: Adapter>() {
    let sent = for_recipients([1, 2, 7, 1]);
    let stream = naive::encode(&sent);
    for has_rest in [false, true] {
        let mut routes = Routes::new();
        let mut one = routes.add(1, RouteConfig::new()).unwrap();
        let mut two = routes.add(2, RouteConfig::new()).unwrap();
        let rest = has_rest.then(|| routes.add_rest(RouteConfig::new()).unwrap());
        let driver = router_over::<A>(ScriptedRead::in_pieces(&stream, [30]), routes);
        let outcome = complete(driver);
        let expected = if has_rest { 2 } else { 1 };
        assert_eq!(queued(&mut one), of(&sent, |tag| tag == 1)[..expected]);
        assert_eq!(queued(&mut two), of(&sent, |tag| tag == 2));
        if let Some(mut rest) = rest {
            outcome.unwrap();
            assert_eq!(queued(&mut rest), of(&sent, |tag| tag == 7));
            continue;
        }
        for error in [
            outcome.unwrap_err(),
            complete(one.next()).unwrap_err(),
            complete(two.next()).unwrap_err(),
            complete(two.next()).unwrap_err(),
        ] {
            assert!(
                matches!(error, ReadError::UnknownRecipient { recipient: 7 }),
                "{error}"
            );
        }
    }
}

pub fn the_writer_goes_on_after_an_unknown_recipient<A: Adapter>() {
    let read = ScriptedRead::in_pieces(&naive::encode(&for_recipients([7])), []).staying_open();
    let (write, written) = ScriptedWrite::new([], true);
    let (reader, mut writer) = A::over(read, write, Config::new());
    let mut routes = Routes::new();
    let _one = routes.add(1, RouteConfig::new()).unwrap();
    complete(reader.into_router(routes)).unwrap_err();
    let last_word = for_recipients([3]);
    complete(writer.send(last_word[0].clone())).unwrap();
    assert_eq!(written.record().bytes, naive::encode(&last_word));
}

pub fn end_and_failure_reach_every_receiver_after_its_queue<A: Adapter>() {
    let sent = for_recipients([1, 1, 2]);
    let stream = naive::encode(&sent);
    let failing = ScriptedRead::new([
        ReadStep::Bytes(stream.clone()),
        ReadStep::Fail(io::ErrorKind::ConnectionReset),
    ]);
    let mut broken = stream.clone();
    broken.extend([0; 4]);
    let cases = [
        (ScriptedRead::in_pieces(&stream, [9]), 0),
        (failing, 1),
        (ScriptedRead::in_pieces(&broken, [9]).staying_open(), 2),
    ];
    for (read, case) in cases {
        let mut routes = Routes::new();
        let mut one = routes.add(1, RouteConfig::new()).unwrap();
        let mut two = routes.add(2, RouteConfig::new()).unwrap();
        let mut three = routes.add(3, RouteConfig::new()).unwrap();
        let mut outcomes = vec![complete(router_over::<A>(read, routes)).map(|()| None)];
        assert_eq!(queued(&mut one), sent[..2]);
        assert_eq!(complete(two.next()).unwrap().as_ref(), Some(&sent[2]));
        for _ in 0..2 {
            outcomes.push(complete(one.next()));
            outcomes.push(complete(two.next()));
            outcomes.push(complete(three.next()));
        }
        for outcome in outcomes {
            match (case, outcome) {
                (0, Ok(None)) => {}
                (1, Err(ReadError::Io(error))) => {
                    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
                }
                (2, Err(ReadError::Protocol(DecodeError::SizeTooSmall { size: 0 }))) => {}
                (_, other) => panic!("{case}: {other:?}"),
            }
        }
        // As a stream, it ends after the error.
        assert_eq!(next_item(&mut one).is_some(), case != 0);
        assert!(next_item(&mut one).is_none());
    }
}

pub fn discarding_is_counted<A: Adapter>() {
    let small = |index| datagram(index, 1, 100);
    let mut sent: Vec<_> = (0..50).map(small).collect();
    sent.push(datagram(50, 2, 10));
    let stream = naive::encode(&sent);
    let room_for_ten = RouteConfig::new().with_capacity(10 * (100 + RouteConfig::OVERHEAD));
    for (overflow, kept) in [
        (Overflow::DiscardNewest, 0..10),
        (Overflow::DiscardOldest, 40..50),
    ] {
        let mut routes = Routes::new();
        let config = room_for_ten.with_overflow(overflow);
        let mut slow = routes.add(1, config).unwrap();
        let mut other = routes.add(2, RouteConfig::new()).unwrap();
        let read = ScriptedRead::in_pieces(&stream, [500, 1000]);
        // Nobody takes anything, and the line goes on.
        complete(router_over::<A>(read, routes)).unwrap();
        assert_eq!(queued(&mut other), sent[50..]);
        let stats = slow.stats();
        assert_eq!((stats.messages, stats.discarded_messages), (50, 40));
        assert_eq!((stats.discarded_bytes, stats.line_holds), (4000, 0));
        assert_eq!(queued(&mut slow), sent[kept]);
        assert!(matches!(slow.try_next(), Ok(Taken::End)));
        let connection = slow.connection_stats();
        assert_eq!(connection.messages, 51);
        assert_eq!(connection.bytes, stream.len() as u64);
        assert_eq!(connection.buffered_bytes, 0);
    }
}

pub fn a_slow_recipient_holds_the_line_until_it_takes_or_goes<A: Adapter>() {
    let sent = for_recipients([1, 1, 1, 2, 1]);
    let stream = naive::encode(&sent);
    for goes in [false, true] {
        let mut routes = Routes::new();
        let slow = routes.add(1, RouteConfig::new().with_capacity(0)).unwrap();
        let mut other = routes.add_rest(RouteConfig::new()).unwrap();
        let read = ScriptedRead::in_pieces(&stream, [100; 10]);
        let mut driver = Box::pin(router_over::<A>(read, routes));
        assert!(poll_at_most(&mut driver, 100).is_none());
        assert!(matches!(other.try_next(), Ok(Taken::Nothing)));
        let stats = slow.stats();
        assert_eq!((stats.queued_messages, stats.line_holds), (1, 1));
        assert_eq!(stats.discarded_messages, 0);
        if goes {
            // Its recipient is one of the rest now.
            drop(slow);
            complete(driver).unwrap();
            assert_eq!(queued(&mut other), sent[1..]);
        } else {
            let (outcome, received) = complete(zip(driver, all(slow)));
            outcome.unwrap();
            assert_eq!(received.unwrap(), of(&sent, |tag| tag == 1));
            assert_eq!(queued(&mut other), of(&sent, |tag| tag == 2));
        }
    }
}

pub fn without_receivers_the_driver_ends<A: Adapter>() {
    let mut routes = Routes::new();
    let receivers = [1, 2].map(|tag| routes.add(tag, RouteConfig::new()).unwrap());
    let mut driver = Box::pin(router_over::<A>(ScriptedRead::silent(), routes));
    assert!(poll_at_most(&mut driver, 10).is_none());
    drop(receivers);
    complete(driver).unwrap();
}

/// On sockets, where nobody would poll the driver again if it were not woken.
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

pub fn a_dropped_driver_leaves_what_is_queued<A: Adapter>() {
    let sent = for_recipients([1, 1, 2]);
    let read = ScriptedRead::in_pieces(&naive::encode(&sent), []).staying_open();
    let mut routes = Routes::new();
    let mut one = routes.add(1, RouteConfig::new()).unwrap();
    let mut rest = routes.add_rest(RouteConfig::new()).unwrap();
    let mut driver = Box::pin(router_over::<A>(read, routes));
    assert!(poll_at_most(&mut driver, 10).is_none());
    assert_eq!(complete(one.next()).unwrap().as_ref(), Some(&sent[0]));
    drop(driver);
    assert_eq!(complete(one.next()).unwrap().as_ref(), Some(&sent[1]));
    assert_eq!(queued(&mut rest), sent[2..]);
    for receiver in [&mut one, &mut rest] {
        for _ in 0..2 {
            let error = complete(receiver.next()).unwrap_err();
            assert!(matches!(error, ReadError::DriverDropped), "{error}");
        }
    }
}

pub fn a_dropped_next_of_a_receiver_loses_nothing<A: Adapter>() {
    let sent = for_recipients([1; 20]);
    let stream = naive::encode(&sent);
    for polls in 0..3 {
        let mut routes = Routes::new();
        let config = RouteConfig::new().with_capacity(500);
        let mut receiver = routes.add(1, config).unwrap();
        let read = ScriptedRead::in_pieces(&stream, [700; 30]);
        let mut driver = Box::pin(router_over::<A>(read, routes));
        let mut received = Vec::new();
        let mut batch = Vec::new();
        while received.len() < sent.len() {
            let _ = poll_at_most(&mut driver, polls + 1);
            if let Some(datagram) = poll_at_most(receiver.next(), polls) {
                received.extend(datagram.unwrap());
            }
            let many = poll_at_most(receiver.next_many(&mut batch, 2), 1);
            assert_eq!(many.map_or(0, Result::unwrap), batch.len());
            received.append(&mut batch);
        }
        assert_eq!(received, sent);
        complete(driver).unwrap();
        assert_eq!(complete(receiver.next()).unwrap(), None);
    }
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
