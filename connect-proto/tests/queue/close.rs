//! The end: after everything that was accepted before, and after everybody who was there before.

use connect_proto::queue::{Next, TrySendError};
use connect_proto::{Goal, Step};

use crate::rig::{DRIVER, Driver, Machine, Task, assert_refused_as_finished, frame, indices, now};

#[test]
fn everything_is_written_and_flushed_before_the_direction_ends() {
    let mut machine = Machine::new(100);
    machine.rest();
    assert!(machine.try_send(0, 20));
    machine.queue.close();
    assert!(machine.queue.is_closed());
    assert_eq!(machine.steps(9), [Step::Write, Step::Flush, Step::ShutDown]);
    assert_eq!(machine.drive(0), Err(Next::Closed));
    assert_eq!(indices(&machine.wire), [0]);
    assert!(machine.outbound.is_finished());
}

#[test]
fn an_empty_queue_is_closed_at_once_by_a_driver_that_is_woken_for_it() {
    let mut machine = Machine::new(100);
    machine.rest();
    assert_eq!(machine.queue.driver_to_wake(), None);
    machine.queue.close();
    assert_eq!(machine.queue.driver_to_wake(), Some(DRIVER));
    assert_eq!(machine.steps(9), [Step::ShutDown]);
    assert_eq!(machine.queue.driver_to_wake(), None);
}

#[test]
fn who_comes_after_the_end_gets_its_datagram_back() {
    let mut machine = Machine::new(100);
    machine.queue.close();
    for _ in 0..2 {
        let datagram = frame(0, 20);
        let sent = machine.queue.send(datagram.clone(), &1);
        assert_refused_as_finished(sent.expect_err("closed"), &datagram);
        match machine.queue.try_send(datagram.clone()) {
            Err(TrySendError::Failed(error)) => assert_refused_as_finished(error, &datagram),
            other => panic!("{other:?}"),
        }
        let borrowed = machine.queue.try_send_ref((&datagram).into());
        let error = borrowed
            .expect_err("closed")
            .with_datagram(datagram.clone());
        assert_refused_as_finished(error, &datagram);
        let reserved = machine.queue.reserve(12, &1);
        let error = reserved
            .expect_err("closed")
            .with_datagram(datagram.clone());
        assert_refused_as_finished(error, &datagram);
        assert_eq!(machine.run(), Next::Closed);
    }
    assert_eq!(indices(&machine.wire), []);
}

#[test]
fn who_stands_in_line_is_served_before_the_end() {
    let mut machine = Machine::new(50);
    assert!(machine.try_send(0, 50));
    let waiting: Vec<_> = (1..=3).map(|index| machine.wait(index, 40)).collect();
    let permit = machine.queue.reserve(32, &4).expect("open").expect("full");
    machine.queue.close();
    assert!(machine.queue.send(frame(9, 9), &9).is_err());
    assert_eq!(machine.run(), Next::Wait, "a permit is left");
    assert_eq!(machine.told(), [1, 2, 3, 4]);
    for ticket in waiting.into_iter().chain([permit]) {
        assert!(matches!(machine.queue.check(ticket, &0), Some(Ok(()))));
    }
    let sent = machine
        .queue
        .send_reserved(32, frame(4, 40), &mut machine.notified);
    sent.expect("the permit is older than the end");
    assert_eq!(machine.run(), Next::Closed);
    assert_eq!(indices(&machine.wire), [0, 1, 2, 3, 4]);
}

/// The last one in line gives up, and nothing else happens that the driver would hear of.
#[test]
fn the_driver_is_woken_when_the_last_one_whom_close_waited_for_gives_up() {
    let mut machine = Machine::new(50);
    assert!(machine.queue.try_reserve(42).expect("open"));
    let ticket = machine.wait(1, 40);
    machine.queue.close();
    machine.rest();
    assert!(machine.queue.leave(ticket, &mut machine.notified));
    assert_eq!(machine.queue.driver_to_wake(), None, "the permit is left");
    machine.queue.release(42, &mut machine.notified);
    assert_eq!(machine.queue.driver_to_wake(), Some(DRIVER));
    assert_eq!(machine.run(), Next::Closed);
}

#[test]
fn everybody_waits_for_the_same_end() {
    let (sender, mut driver) = Driver::new(100);
    let other = sender.clone();
    now(sender.send(frame(0, 20))).expect("there is room");
    let mut flushed = Task::waiting(sender.flush());
    let mut closed = [
        Task::waiting(sender.close()),
        Task::waiting(other.close()),
        Task::waiting(other.closed()),
        Task::waiting(sender.close()),
    ];
    assert!(other.is_closed());
    let dropped = Task::waiting(other.close());
    drop(dropped);
    assert_eq!(driver.step(usize::MAX), Some(Step::Write));
    assert_eq!(driver.step(usize::MAX), Some(Step::Flush));
    assert_eq!(driver.step(usize::MAX), Some(Step::ShutDown));
    flushed.ready().expect("flushed");
    assert!(closed.iter_mut().all(|task| task.woken() == 0));
    assert_eq!(driver.step(usize::MAX), Some(Step::Done));
    for task in &mut closed {
        task.ready().expect("closed");
    }
    now(other.close()).expect("closed already");
    now(other.closed()).expect("closed already");
    now(other.flush()).expect("closed");
    assert_eq!(driver.run(), [Step::Done], "again and again");
    let datagram = frame(1, 20);
    let error = now(other.send(datagram.clone())).expect_err("closed");
    assert_refused_as_finished(error, &datagram);
    // The driver has done its part: to drop it is no failure any more.
    drop(driver);
    now(other.close()).expect("closed already");
    let error = now(other.send(datagram.clone())).expect_err("closed");
    assert_refused_as_finished(error, &datagram);
}

/// Even a task that waits for both, and whose waker the queue has twice.
#[test]
fn a_flush_that_waits_at_the_end_is_answered() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 20));
    machine.queue.close();
    let flush = machine.queue.flush(&1).expect("open").expect("unsent");
    let end = machine.queue.watch_end(&1).expect("open").expect("open");
    assert_eq!(machine.run(), Next::Closed);
    assert_eq!(machine.told(), [1, 1]);
    for watch in [flush, end] {
        assert!(matches!(machine.queue.check_watch(watch, &1), Some(Ok(()))));
    }
    assert_eq!(machine.queue.watch_end(&1).expect("closed"), None);
    assert_eq!(machine.queue.flush(&1).expect("closed"), None);
}

#[test]
fn the_last_handle_closes_the_queue() {
    let (sender, mut driver) = Driver::new(100);
    assert_eq!(driver.run(), []);
    let other = sender.clone();
    now(sender.send(frame(0, 20))).expect("there is room");
    assert_eq!(driver.woken(), 1);
    assert_eq!(driver.run(), [Step::Write, Step::Flush]);
    drop(sender);
    assert!(!other.is_closed());
    assert_eq!((driver.woken(), driver.run()), (0, vec![]));
    drop(other);
    assert_eq!(driver.woken(), 1);
    assert_eq!(driver.run(), [Step::ShutDown, Step::Done]);
    assert_eq!(indices(&driver.wire), [0]);
}

#[test]
fn a_permit_is_a_handle() {
    let (sender, mut driver) = Driver::new(100);
    let used = now(sender.reserve(12)).expect("open");
    let dropped = now(sender.reserve(12)).expect("open");
    drop(sender);
    assert_eq!(driver.run(), []);
    used.send(frame(0, 20)).expect("there is room");
    assert_eq!(driver.woken(), 1);
    assert_eq!(driver.run(), [Step::Write, Step::Flush]);
    drop(dropped);
    assert_eq!(driver.woken(), 1);
    assert_eq!(driver.run(), [Step::ShutDown, Step::Done]);
}

/// The datagram of the last one to wait is nobody's any more when it is dropped with its handle.
#[test]
fn who_waits_and_is_dropped_with_the_last_handle_keeps_nobody_waiting() {
    let (sender, mut driver) = Driver::new(50);
    let permit = now(sender.reserve(42)).expect("open");
    let waiting = Task::waiting(async move { sender.send(frame(1, 50)).await });
    assert_eq!(driver.run(), []);
    drop(waiting);
    assert_eq!(driver.woken(), 0);
    drop(permit);
    assert_eq!(driver.woken(), 1);
    assert_eq!(driver.run(), [Step::ShutDown, Step::Done]);
}

#[test]
fn the_end_is_reached_from_any_goal() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 20));
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
    assert!(machine.drive(7).is_ok());
    machine.queue.close();
    assert_eq!(machine.steps(9), [Step::Write, Step::Flush, Step::ShutDown]);
}
