//! Routing: many receivers on one connection, each of which gets its own.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

pub mod network;

use std::future::Future;
use std::io;

use connect_proto::router::{Overflow, RouteConfig, RouteReceiver, Routes, Taken};
use connect_proto::{Config, ConnectDatagram, DecodeError, ReadError};

use super::{Adapter, Reader, Writer, complete, next_item, reader, waiting, zip};
use crate::datagrams::{datagram, frame_ends};
use crate::hostile::{ReadStep, ScriptedRead, ScriptedWrite};
use crate::naive;
use crate::schedule::Schedule;
use crate::task::Task;

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
        let mut driver = waiting(router_over::<A>(read, routes));
        assert!(matches!(other.try_next(), Ok(Taken::Nothing)));
        let stats = slow.stats();
        assert_eq!((stats.queued_messages, stats.line_holds), (1, 1));
        assert_eq!(stats.discarded_messages, 0);
        if goes {
            // Its recipient is one of the rest now.
            drop(slow);
            driver.run_to_end().unwrap();
            assert_eq!(queued(&mut other), sent[1..]);
        } else {
            let mut receiving = Task::new(all(slow));
            let (mut outcome, mut received) = (None, None);
            while outcome.is_none() || received.is_none() {
                assert!(
                    driver.is_woken() || receiving.is_woken(),
                    "nobody can go on"
                );
                received = received.or_else(|| receiving.run());
                outcome = outcome.or_else(|| driver.run());
            }
            outcome.unwrap().unwrap();
            assert_eq!(received.unwrap().unwrap(), of(&sent, |tag| tag == 1));
            assert_eq!(queued(&mut other), of(&sent, |tag| tag == 2));
        }
    }
}

pub fn without_receivers_the_driver_ends<A: Adapter>() {
    let mut routes = Routes::new();
    let receivers = [1, 2].map(|tag| routes.add(tag, RouteConfig::new()).unwrap());
    let mut driver = waiting(router_over::<A>(ScriptedRead::silent(), routes));
    drop(receivers);
    driver.run_to_end().unwrap();
}

pub fn a_dropped_driver_leaves_what_is_queued<A: Adapter>() {
    let sent = for_recipients([1, 1, 2]);
    let read = ScriptedRead::in_pieces(&naive::encode(&sent), []).staying_open();
    let mut routes = Routes::new();
    let mut one = routes.add(1, RouteConfig::new()).unwrap();
    let mut rest = routes.add_rest(RouteConfig::new()).unwrap();
    let driver = waiting(router_over::<A>(read, routes));
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
        let mut driver = Task::new(router_over::<A>(read, routes));
        let mut outcome = None;
        let mut received = Vec::new();
        let mut batch = Vec::new();
        while received.len() < sent.len() {
            let before = received.len();
            outcome = outcome.or_else(|| driver.run_at_most(polls + 1));
            if let Some(datagram) = Task::new(receiver.next()).run_at_most(polls) {
                received.extend(datagram.unwrap());
            }
            let many = Task::new(receiver.next_many(&mut batch, 2)).step();
            assert_eq!(many.map_or(0, Result::unwrap), batch.len());
            received.append(&mut batch);
            let goes_on = received.len() > before || driver.is_woken();
            assert!(goes_on, "who takes nothing is waited for");
        }
        assert_eq!(received, sent);
        outcome.or_else(|| driver.run()).unwrap().unwrap();
        assert_eq!(complete(receiver.next()).unwrap(), None);
    }
}
