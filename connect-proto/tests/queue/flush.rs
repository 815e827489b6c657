//! A flush waits for what was accepted before it, and for nothing else.

use connect_proto::queue::{Next, Watch};
use connect_proto::{Goal, Step};

use crate::rig::{Driver, Machine, Task, frame, indices, now};

fn flush(machine: &mut Machine, number: u32) -> Option<Watch> {
    machine.queue.flush(&number).expect("open")
}

#[test]
fn a_flush_of_nothing_does_not_wait() {
    let mut machine = Machine::new(100);
    assert_eq!(flush(&mut machine, 1), None);
    assert!(machine.try_send(0, 20));
    machine.rest();
    assert_eq!(flush(&mut machine, 1), None);
}

/// Written is not flushed.
#[test]
fn a_flush_waits_until_the_transport_was_flushed() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 20));
    let watch = flush(&mut machine, 1).expect("unsent");
    assert_eq!(machine.steps(1), [Step::Write]);
    let second = flush(&mut machine, 2).expect("not flushed");
    assert_eq!(machine.told(), []);
    assert!(machine.queue.check_watch(watch, &1).is_none());
    assert_eq!(machine.steps(1), [Step::Flush]);
    machine.rest();
    assert_eq!(machine.told(), [1, 2]);
    for watch in [watch, second] {
        assert!(matches!(machine.queue.check_watch(watch, &1), Some(Ok(()))));
    }
}

/// While more is accepted all the time, the driver flushes for whoever waits, as soon as what it waits for is
/// written; and otherwise not at all.
#[test]
fn a_flush_ends_in_the_middle_of_endless_traffic() {
    let mut machine = Machine::new(1000);
    let mut index = 0;
    let mut write_one_and_accept_one = |machine: &mut Machine| {
        assert!(machine.try_send(index, 20));
        index += 1;
        let steps = machine.steps(1);
        assert!(machine.try_send(index, 20));
        index += 1;
        steps
    };
    for _ in 0..5 {
        assert_eq!(write_one_and_accept_one(&mut machine), [Step::Write]);
    }
    flush(&mut machine, 1).expect("something is queued");
    assert_eq!(write_one_and_accept_one(&mut machine), [Step::Write]);
    assert_eq!(machine.told(), []);
    assert_eq!(write_one_and_accept_one(&mut machine), [Step::Flush]);
    assert_eq!(write_one_and_accept_one(&mut machine), [Step::Write]);
    assert_eq!(machine.told(), [1]);
    for _ in 0..5 {
        assert_eq!(write_one_and_accept_one(&mut machine), [Step::Write]);
    }
    assert_eq!(machine.told(), []);
}

/// What was accepted later, or stands in line, is not waited for.
#[test]
fn a_flush_waits_only_for_what_was_accepted_before() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 90));
    machine.wait(5, 90);
    flush(&mut machine, 1).expect("unsent");
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
    assert_eq!(machine.drive(90), Ok(Step::Write));
    assert_eq!(machine.told(), [5]);
    flush(&mut machine, 2).expect("unsent");
    // The second frame is in the queue, and still the first is flushed before it is taken.
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Flushed)));
    assert_eq!(machine.drive(0), Ok(Step::Flush));
    assert_ne!(machine.drive(0), Err(Next::Wait));
    assert_eq!(machine.told(), [1]);
    assert_eq!(indices(&machine.wire), [0]);
    machine.rest();
    assert_eq!(machine.told(), [2]);
}

#[test]
fn a_flush_that_is_given_up_is_forgotten() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 20));
    let watch = flush(&mut machine, 1).expect("unsent");
    flush(&mut machine, 2).expect("unsent");
    machine.queue.forget(watch);
    assert_eq!(machine.steps(1), [Step::Write]);
    machine.rest();
    assert_eq!(machine.told(), [2]);

    // And no driver flushes for it in the middle of traffic.
    assert!(machine.try_send(1, 20));
    let watch = flush(&mut machine, 3).expect("unsent");
    assert_eq!(machine.steps(1), [Step::Write]);
    machine.queue.forget(watch);
    assert!(machine.try_send(2, 20));
    assert_eq!(machine.steps(1), [Step::Write]);
    assert_eq!(machine.told(), []);
}

#[test]
fn a_flush_that_asks_again_is_told_at_its_new_place() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 20));
    let watch = flush(&mut machine, 1).expect("unsent");
    assert!(machine.queue.check_watch(watch, &2).is_none());
    machine.rest();
    assert_eq!(machine.told(), [2]);
}

#[test]
fn what_was_queued_in_the_outbound_before_is_flushed_as_well() {
    let mut outbound = crate::rig::outbound(100);
    outbound.push(frame(0, 20)).expect("open");
    let mut machine = Machine::before(outbound);
    flush(&mut machine, 1).expect("unsent");
    assert_eq!(machine.steps(2), [Step::Write, Step::Flush]);
    machine.rest();
    assert_eq!(machine.told(), [1]);
}

/// What the outbound has written and not flushed was accepted before, too.
#[test]
fn what_was_written_before_is_flushed_as_well() {
    let mut outbound = crate::rig::outbound(100);
    outbound.push(frame(0, 20)).expect("open");
    outbound.handle_write(20, Ok(20)).expect("works");
    let mut machine = Machine::before(outbound);
    flush(&mut machine, 1).expect("not flushed");
    assert_eq!(machine.steps(9), [Step::Flush]);
    assert_eq!(machine.told(), [1]);
}

#[test]
fn a_flush_that_is_dropped_makes_no_driver_flush() {
    let (sender, mut driver) = Driver::new(100);
    sender.try_send(frame(0, 20)).expect("there is room");
    let dropped = Task::waiting(sender.flush());
    assert_eq!(driver.step(usize::MAX), Some(Step::Write));
    sender.try_send(frame(1, 20)).expect("there is room");
    drop(dropped);
    assert_eq!(driver.run(), [Step::Write, Step::Flush]);
}

#[test]
fn flushes_by_handles_are_woken_once_each_and_need_nothing_when_dropped() {
    let (sender, mut driver) = Driver::new(100);
    now(sender.flush()).expect("nothing is queued");
    now(sender.send(frame(0, 20))).expect("there is room");
    let mut first = Task::waiting(sender.flush());
    let mut second = Task::waiting(sender.flush());
    let dropped = Task::waiting(sender.flush());
    assert!(second.poll_elsewhere().is_pending());
    drop(dropped);
    assert_eq!(driver.step(7), Some(Step::Write));
    assert_eq!(driver.step(7), Some(Step::Write));
    assert_eq!((first.woken(), second.woken()), (0, 0));
    assert_eq!(driver.run(), [Step::Write, Step::Flush]);
    first.ready().expect("flushed");
    second.ready().expect("flushed");
    now(sender.flush()).expect("flushed already");
    // What has come to its end is not told anything more.
    now(sender.send(frame(1, 20))).expect("there is room");
    driver.run();
    assert_eq!((first.woken(), second.woken()), (0, 0));
}
