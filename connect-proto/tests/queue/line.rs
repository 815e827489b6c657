//! Who has to wait: first come, first served, whoever gives up.

use crate::rig::{DRIVER, Machine, indices};

#[test]
fn who_waits_is_served_in_the_order_of_arrival() {
    let mut machine = Machine::new(50);
    assert!(machine.try_send(0, 50));
    let tickets: Vec<_> = (1..=6).map(|index| machine.wait(index, 20)).collect();
    for ticket in &tickets {
        assert!(machine.queue.check(*ticket, &77).is_none());
    }
    assert_eq!(machine.queue.stats().waiting, 6);
    machine.rest();
    assert_eq!(indices(&machine.wire), [0, 1, 2, 3, 4, 5, 6]);
    for ticket in tickets {
        assert!(matches!(machine.queue.check(ticket, &77), Some(Ok(()))));
    }
    assert_eq!(machine.queue.stats().waiting, 0);
}

/// Each of those who fit is told, once, and nobody else.
#[test]
fn room_that_becomes_free_goes_to_as_many_as_fit() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 100));
    for (index, len) in [(1, 20), (2, 30), (3, 40), (4, 9)] {
        machine.wait(index, len);
    }
    assert!(machine.drive(0).is_err());
    assert!(machine.drive(19).is_ok());
    assert_eq!(machine.told(), [], "19 bytes are free, the first wants 20");
    assert!(machine.drive(1).is_ok());
    assert_eq!(machine.told(), [1]);
    // 35 bytes are free then: for the third not enough, and the fourth has to wait behind it.
    assert!(machine.drive(65).is_ok());
    assert_eq!(machine.told(), [2]);
    assert_eq!(machine.queue.stats().queued_bytes, 65);
    assert!(machine.drive(15).is_ok());
    assert_eq!(machine.told(), [3, 4]);
}

/// A short message would fit beside what is queued, but somebody was there before.
#[test]
fn nobody_passes_the_line() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 60));
    let first = machine.wait(1, 60);
    assert!(!machine.try_send(2, 9));
    let short = crate::rig::frame(2, 9);
    let borrowed = machine.queue.try_send_ref((&short).into());
    assert!(!borrowed.expect("open"));
    assert!(!machine.queue.try_reserve(1).expect("open"));
    let second = machine.wait(3, 9);
    let third = machine.queue.reserve(1, &4).expect("open");
    assert!(third.is_some());
    for ticket in [first, second] {
        assert!(machine.queue.check(ticket, &5).is_none());
    }
    machine.rest();
    assert_eq!(indices(&machine.wire), [0, 1, 3]);
}

#[test]
fn who_leaves_the_front_lets_the_next_ones_through_at_once() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 60));
    let first = machine.wait(1, 50);
    machine.wait(2, 20);
    machine.wait(3, 20);
    machine.wait(4, 20);
    assert!(machine.queue.leave(first, &mut machine.notified));
    assert_eq!(machine.told(), [2, 3]);
    machine.rest();
    assert_eq!(machine.told(), [4]);
    assert_eq!(indices(&machine.wire), [0, 2, 3, 4]);
}

#[test]
fn who_leaves_the_middle_is_skipped() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 90));
    machine.wait(1, 20);
    let middle = machine.wait(2, 20);
    machine.wait(3, 20);
    assert!(machine.queue.leave(middle, &mut machine.notified));
    assert_eq!(machine.told(), [], "the first still has no room");
    machine.rest();
    assert_eq!(machine.told(), [1, 3]);
    assert_eq!(indices(&machine.wire), [0, 1, 3]);
}

#[test]
fn who_was_served_cannot_leave() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 100));
    let ticket = machine.wait(1, 20);
    machine.rest();
    assert_eq!(machine.told(), [1]);
    assert!(!machine.queue.leave(ticket, &mut machine.notified));
    assert_eq!(indices(&machine.wire), [0, 1]);
}

/// Whoever leaves while the driver rests gives work to it: the next in line was accepted.
#[test]
fn the_driver_is_woken_for_what_was_accepted_because_somebody_left() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(72).expect("open"));
    let first = machine.wait(1, 30);
    machine.wait(2, 20);
    machine.rest();
    assert_eq!(machine.queue.driver_to_wake(), None);
    assert!(machine.queue.leave(first, &mut machine.notified));
    assert_eq!(machine.told(), [2]);
    assert_eq!(machine.queue.driver_to_wake(), Some(DRIVER));
    assert_eq!(machine.queue.driver_to_wake(), None, "once");
    machine.rest();
    assert_eq!(indices(&machine.wire), [2]);
}

#[test]
fn who_asks_again_is_told_at_its_new_place() {
    let mut machine = Machine::new(50);
    assert!(machine.try_send(0, 50));
    let ticket = machine.wait(1, 20);
    assert!(machine.queue.check(ticket, &41).is_none());
    assert!(machine.queue.check(ticket, &42).is_none());
    machine.rest();
    assert_eq!(machine.told(), [42]);
}
