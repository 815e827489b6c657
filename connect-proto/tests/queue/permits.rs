//! Room that is set aside.

use connect_proto::queue::Next;
use connect_proto::{EncodeError, WriteErrorKind};

use crate::rig::{DRIVER, Driver, Machine, Task, frame, indices, now};

#[test]
fn room_that_is_set_aside_counts() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(52).expect("open"), "60 bytes");
    assert!(!machine.try_send(1, 41));
    assert!(!machine.queue.try_reserve(33).expect("open"));
    assert!(machine.try_send(1, 40));
    assert_eq!(machine.queue.stats().queued_bytes, 40, "nothing was sent");
    let notified = &mut machine.notified;
    let sent = machine.queue.send_reserved(52, frame(2, 60), notified);
    sent.expect("there is room");
    assert_eq!(machine.queue.stats().queued_bytes, 100);
    assert!(!machine.try_send(3, 9));
    machine.rest();
    assert_eq!(indices(&machine.wire), [1, 2]);
    assert!(machine.try_send(3, 100), "the permit is used up");
}

/// As a datagram longer than the mark: while nothing else is queued or set aside.
#[test]
fn a_permit_for_more_than_the_mark_is_given_by_an_empty_queue_alone() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(200).expect("open"));
    assert!(!machine.try_send(0, 9));
    machine.queue.release(200, &mut machine.notified);
    assert!(machine.try_send(0, 9));
    assert!(!machine.queue.try_reserve(200).expect("open"));
}

#[test]
fn a_permit_that_is_given_back_lets_the_next_ones_through_at_once() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(82).expect("open"), "90 bytes");
    machine.wait(1, 30);
    assert!(machine.queue.reserve(22, &2).expect("open").is_some());
    machine.wait(3, 50);
    machine.queue.release(82, &mut machine.notified);
    assert_eq!(machine.told(), [1, 2]);
    assert_eq!(machine.queue.stats().queued_bytes, 30);
    machine.queue.release(22, &mut machine.notified);
    assert_eq!(machine.told(), [3]);
}

#[test]
fn what_a_shorter_datagram_does_not_need_is_free_at_once() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(92).expect("open"), "all of it");
    machine.wait(1, 81);
    machine.wait(2, 80);
    let first = machine
        .queue
        .send_reserved(92, frame(0, 20), &mut machine.notified);
    first.expect("it is shorter");
    assert_eq!(machine.told(), [], "80 bytes are free, the first wants 81");
    machine.rest();
    assert_eq!(indices(&machine.wire), [0, 1, 2]);

    assert!(machine.queue.try_reserve(92).expect("open"));
    machine.wait(3, 80);
    machine.told();
    let second = machine
        .queue
        .send_reserved(92, frame(4, 20), &mut machine.notified);
    second.expect("it is shorter");
    assert_eq!(machine.told(), [3]);
}

#[test]
fn a_datagram_longer_than_its_permit_comes_back_and_the_room_is_free() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(92).expect("open"));
    machine.wait(1, 100);
    let long = frame(0, 101);
    let sent = machine
        .queue
        .send_reserved(92, long.clone(), &mut machine.notified);
    let error = sent.expect_err("too long");
    let expected = EncodeError::DataTooLarge { len: 93, max: 92 };
    assert!(matches!(error.kind(), WriteErrorKind::Refused(reason) if *reason == expected));
    assert_eq!(error.into_datagram(), Some(long));
    assert_eq!(machine.told(), [1]);
    machine.rest();
    assert_eq!(indices(&machine.wire), [1]);
}

#[test]
fn close_waits_for_permits_which_can_still_send() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(12).expect("open"));
    assert!(machine.queue.try_reserve(12).expect("open"));
    assert!(machine.queue.try_reserve(12).expect("open"));
    machine.queue.close();
    assert!(machine.queue.try_reserve(12).is_err());
    machine.rest();
    assert_eq!(machine.queue.driver_to_wake(), None);
    for index in 0..2 {
        let sent = machine
            .queue
            .send_reserved(12, frame(index, 20), &mut machine.notified);
        sent.expect("the permit is older than the end");
        assert_eq!(machine.queue.driver_to_wake(), Some(DRIVER));
        machine.rest();
    }
    machine.queue.release(12, &mut machine.notified);
    assert_eq!(machine.queue.driver_to_wake(), Some(DRIVER));
    assert_eq!(machine.run(), Next::Closed);
    assert_eq!(indices(&machine.wire), [0, 1]);
}

#[test]
fn a_permit_sends_at_the_moment_of_its_use_and_gives_its_room_back_when_dropped() {
    let (sender, mut driver) = Driver::new(100);
    let used = now(sender.reserve(32)).expect("open");
    assert_eq!(used.data_len(), 32);
    let dropped = sender.try_reserve(52).expect("open").expect("room");
    assert!(sender.try_reserve(1).expect("open").is_none());
    let mut waiting = Task::waiting(sender.reserve(2));
    let mut last = Task::waiting(sender.send(frame(3, 50)));
    drop(dropped);
    let permit = waiting.ready().expect("open");
    last.ready().expect("accepted");
    used.send(frame(1, 40)).expect("there is room");
    permit.send(frame(2, 10)).expect("there is room");
    driver.run();
    assert_eq!(indices(&driver.wire), [3, 1, 2]);
}

/// Room that is given back twice would be that of another permit.
#[test]
fn a_permit_that_is_used_gives_back_no_more_than_its_own_room() {
    let (sender, _driver) = Driver::new(100);
    let used = now(sender.reserve(32)).expect("open");
    let other = now(sender.reserve(42)).expect("open");
    used.send(frame(0, 40)).expect("there is room");
    assert!(sender.try_reserve(3).expect("open").is_none());
    assert!(sender.try_reserve(2).expect("open").is_some());
    drop(other);
    assert!(sender.try_reserve(52).expect("open").is_some());
}

/// The room was set aside already, and nobody else would give it back.
#[test]
fn a_reservation_that_is_dropped_in_time_or_after_it_was_served_keeps_no_room() {
    let (sender, mut driver) = Driver::new(100);
    let all = now(sender.reserve(92)).expect("open");
    let served = Task::waiting(sender.reserve(92));
    let mut next = Task::waiting(sender.reserve(92));
    let in_line = Task::waiting(sender.reserve(92));
    let mut last = Task::waiting(sender.send(frame(0, 100)));
    drop(all);
    assert_eq!(served.woken(), 1);
    drop(served);
    drop(in_line);
    drop(next.ready().expect("open"));
    last.ready().expect("accepted");
    driver.run();
    assert_eq!(indices(&driver.wire), [0]);
}
