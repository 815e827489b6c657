//! What a queue says about itself: each number.

use std::io::ErrorKind;

use connect_proto::SendStats;

use crate::rig::{Driver, Machine, Task, frame, now};

fn stats(fill: impl FnOnce(&mut SendStats)) -> SendStats {
    let mut stats = SendStats::default();
    fill(&mut stats);
    stats
}

#[test]
fn every_number_follows_what_happens() {
    let mut machine = Machine::new(100);
    assert_eq!(machine.queue.stats(), SendStats::default());
    assert!(machine.try_send(0, 60));
    assert!(machine.try_send(1, 40));
    machine.wait(2, 30);
    machine.wait(3, 90);
    let mut expected = stats(|stats| {
        stats.queued_messages = 2;
        stats.queued_bytes = 100;
        stats.most_queued_bytes = 100;
        stats.waiting = 2;
    });
    assert_eq!(machine.queue.stats(), expected);
    assert!(machine.drive(0).is_err());
    assert_eq!(machine.queue.stats(), expected, "taken is not sent");

    assert!(machine.drive(59).is_ok());
    expected.bytes = 59;
    expected.writes = 1;
    expected.queued_messages = 3;
    expected.queued_bytes = 71;
    expected.waiting = 1;
    assert_eq!(machine.queue.stats(), expected, "not one frame is whole");

    assert!(machine.drive(1).is_ok());
    expected.messages = 1;
    expected.bytes = 60;
    expected.writes = 2;
    expected.queued_messages = 2;
    expected.queued_bytes = 70;
    assert_eq!(machine.queue.stats(), expected);

    machine.rest();
    let expected = stats(|stats| {
        stats.messages = 4;
        stats.bytes = 220;
        stats.most_queued_bytes = 100;
        stats.writes = 5;
        stats.flushes = 1;
    });
    assert_eq!(machine.queue.stats(), expected);
}

#[test]
fn permits_are_not_queued_and_who_waits_for_one_is_counted() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(92).expect("open"));
    machine
        .queue
        .reserve(1, &1)
        .expect("open")
        .expect("no room");
    assert_eq!(machine.queue.stats(), stats(|stats| stats.waiting = 1));
}

/// Between two writes, where nobody asked for it.
#[test]
fn the_most_that_was_ever_queued_is_remembered() {
    let mut machine = Machine::new(1000);
    assert!(machine.try_send(0, 100));
    assert!(machine.drive(0).is_err());
    assert!(machine.try_send(1, 50));
    assert!(machine.drive(80).is_ok());
    assert!(machine.try_send(2, 60));
    machine.rest();
    assert_eq!(machine.queue.stats().queued_bytes, 0);
    assert_eq!(machine.queue.stats().most_queued_bytes, 150);
}

#[test]
fn the_numbers_go_on_where_the_outbound_was() {
    let mut outbound = crate::rig::outbound(100);
    outbound.push(frame(0, 50)).expect("open");
    assert!(outbound.next_step(connect_proto::Goal::Written).is_ok());
    outbound.handle_write(50, Ok(50)).expect("works");
    outbound.handle_flush(Ok(())).expect("works");
    let mut machine = Machine::before(outbound);
    assert_eq!(machine.queue.stats(), machine.outbound.stats());
    assert!(machine.try_send(1, 20));
    machine.rest();
    let expected = stats(|stats| {
        stats.messages = 2;
        stats.bytes = 70;
        stats.most_queued_bytes = 50;
        stats.writes = 2;
        stats.flushes = 2;
    });
    assert_eq!(machine.queue.stats(), expected);
}

#[test]
fn after_a_failure_the_numbers_say_what_was_lost() {
    let (sender, mut driver) = Driver::new(100);
    now(sender.send(frame(0, 60))).expect("there is room");
    let mut waiting = Task::waiting(sender.send(frame(1, 60)));
    driver.step(20);
    let error = driver.fail(ErrorKind::BrokenPipe.into());
    let mut expected = stats(|stats| {
        stats.bytes = 20;
        stats.writes = 1;
        stats.queued_messages = 1;
        stats.queued_bytes = 40;
        stats.most_queued_bytes = 60;
        stats.waiting = 1;
    });
    assert_eq!(sender.stats(), expected);
    let unsent = error.unsent().expect("something was lost");
    assert_eq!((unsent.messages, unsent.bytes), (1, 40));
    waiting.ready().expect_err("failed");
    expected.waiting = 0;
    assert_eq!(sender.stats(), expected);
}
