//! What the driver does when: batches, flushes, giving way, rest.

use std::task::Poll;

use bytes::Buf;
use connect_proto::queue::Next;
use connect_proto::stage::OutboundStage;
use connect_proto::{Config, Encoder, Goal, Outbound, Outbox, StageError, Step};

use crate::rig::{DRIVER, Driver, Machine, Task, frame, indices, now};

#[test]
fn a_lone_message_is_written_and_flushed_at_once() {
    let (sender, mut driver) = Driver::new(100);
    assert_eq!(driver.run(), []);
    assert_eq!(driver.woken(), 0);
    sender.try_send(frame(0, 20)).expect("there is room");
    assert_eq!(driver.woken(), 1);
    assert_eq!(driver.run(), [Step::Write, Step::Flush]);
    assert_eq!(driver.woken(), 0, "it is not asked for anything more");
    assert_eq!(indices(&driver.wire), [0]);
}

/// However it was accepted, and in whatever state the driver is.
#[test]
fn what_is_accepted_during_a_write_goes_into_one_next_write() {
    let (sender, mut driver) = Driver::new(1000);
    let permit = now(sender.reserve(12)).expect("open");
    sender.try_send(frame(0, 20)).expect("there is room");
    assert_eq!(driver.step(10), Some(Step::Write));
    sender.try_send(frame(1, 20)).expect("there is room");
    now(sender.send(frame(2, 20))).expect("there is room");
    now(sender.send_ref((&frame(3, 20)).into())).expect("there is room");
    permit.send(frame(4, 20)).expect("there is room");
    assert_eq!(driver.step(usize::MAX), Some(Step::Write));
    assert_eq!(indices(&driver.wire), [0]);
    assert_eq!(driver.step(usize::MAX), Some(Step::Write));
    assert_eq!(indices(&driver.wire), [0, 1, 2, 3, 4]);
    assert_eq!(driver.run(), [Step::Flush]);
    assert_eq!(driver.outbound.stats().writes, 3);
}

/// A driver at work finds what there is by itself; one that rests is woken once.
#[test]
fn the_driver_is_woken_once_and_only_when_it_rests() {
    let mut machine = Machine::new(1000);
    assert!(machine.try_send(0, 20));
    assert_eq!(machine.queue.driver_to_wake(), None, "it never rested");
    machine.rest();
    assert_eq!(machine.queue.driver_to_wake(), None, "nothing to do");
    assert!(machine.try_send(1, 20));
    assert_eq!(machine.queue.driver_to_wake(), Some(DRIVER));
    assert!(machine.try_send(2, 20));
    assert_eq!(machine.queue.driver_to_wake(), None, "it is awake");
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
    assert!(machine.try_send(3, 20));
    assert_eq!(machine.queue.driver_to_wake(), None, "it works");
    machine.rest();
    assert_eq!(indices(&machine.wire), [0, 1, 2, 3]);
}

/// Each by its last waker, as for any future.
#[test]
fn a_driver_that_asks_again_is_woken_at_its_new_place() {
    let mut machine = Machine::new(1000);
    machine.rest();
    let asked = machine
        .queue
        .next_goal(&mut machine.outbound, Goal::Written, &7, &mut Vec::new());
    assert_eq!(asked, Next::Wait);
    assert!(machine.try_send(0, 20));
    assert_eq!(machine.queue.driver_to_wake(), Some(7));
}

/// Somebody who was just served may have more, which the same write could take.
#[test]
fn the_driver_gives_way_once_to_those_who_were_served() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 100));
    machine.wait(1, 20);
    assert_eq!(machine.steps(1), [Step::Write]);
    assert_eq!(machine.told(), [1]);
    assert_eq!(machine.drive(0), Err(Next::Yield));
    assert!(machine.try_send(2, 20));
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
    assert_eq!(machine.drive(usize::MAX), Ok(Step::Write));
    assert_eq!(indices(&machine.wire), [0, 1, 2]);
    // Nobody was served since.
    assert!(machine.try_send(3, 20));
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
}

#[test]
fn the_driver_does_not_give_way_when_half_of_the_mark_is_filled() {
    for (len, next) in [(49, Next::Yield), (50, Next::Goal(Goal::Written))] {
        let mut machine = Machine::new(100);
        assert!(machine.try_send(0, 100));
        machine.wait(1, len);
        assert_eq!(machine.steps(1), [Step::Write]);
        assert_eq!(machine.drive(0), Err(next), "{len} bytes");
    }
}

/// Regression: who reserved room and gave it back, again and again, kept what others had sent from being
/// written.
#[test]
fn the_driver_does_not_give_way_twice_before_a_write() {
    let mut machine = Machine::new(100);
    assert!(machine.queue.try_reserve(72).expect("open"));
    assert!(machine.try_send(0, 20));
    machine
        .queue
        .reserve(72, &1)
        .expect("open")
        .expect("no room");
    machine
        .queue
        .reserve(72, &2)
        .expect("open")
        .expect("no room");
    machine.queue.release(72, &mut machine.notified);
    assert_eq!(machine.told(), [1]);
    assert_eq!(machine.drive(0), Err(Next::Yield));
    machine.queue.release(72, &mut machine.notified);
    assert_eq!(machine.told(), [2]);
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
    assert_eq!(machine.drive(usize::MAX), Ok(Step::Write));
    // After a write it may give way again.
    machine
        .queue
        .reserve(72, &3)
        .expect("open")
        .expect("no room");
    assert!(!machine.try_send(1, 20), "somebody waits");
    machine.queue.release(72, &mut machine.notified);
    assert_eq!(machine.told(), [3]);
    machine.wait(4, 40);
    machine
        .queue
        .send_reserved(72, frame(5, 20), &mut machine.notified)
        .expect("room");
    assert_eq!(machine.told(), [4]);
    machine.rest();
    assert_eq!(indices(&machine.wire), [0, 5, 4]);
}

/// By waking itself: other tasks run before it is polled again.
#[test]
fn a_driver_that_gives_way_is_polled_again() {
    let (sender, mut driver) = Driver::new(100);
    now(sender.send(frame(0, 100))).expect("there is room");
    let mut waiting = Task::waiting(sender.send(frame(1, 20)));
    assert_eq!(driver.step(usize::MAX), Some(Step::Write));
    assert_eq!(driver.step(usize::MAX), None);
    assert_eq!(driver.woken(), 1);
    waiting.ready().expect("accepted");
    now(sender.send(frame(2, 20))).expect("there is room");
    assert_eq!(driver.woken(), 0, "it is awake");
    assert_eq!(driver.run(), [Step::Write, Step::Flush]);
    assert_eq!(indices(&driver.wire), [0, 1, 2]);
}

/// Everything else would have to be given back: what is written must be there first.
#[test]
fn a_driver_that_asks_too_early_has_to_write_first() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 20));
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
    assert!(machine.try_send(1, 20));
    let ask = |machine: &mut Machine| {
        let (outbound, notified) = (&mut machine.outbound, &mut machine.notified);
        let queue = &mut machine.queue;
        queue.next_goal(outbound, Goal::Ready, &DRIVER, notified)
    };
    assert_eq!(ask(&mut machine), Next::Goal(Goal::Written));
    assert!(machine.drive(7).is_ok());
    assert_eq!(ask(&mut machine), Next::Goal(Goal::Written));
    machine.rest();
    assert_eq!(indices(&machine.wire), [0, 1]);
}

/// Has something to say for itself, such as a session ticket.
struct Talkative(Outbox);

impl OutboundStage for Talkative {
    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        while plain.has_remaining() {
            let len = plain.chunk().len();
            self.0.extend_from_slice(plain.chunk());
            plain.advance(len);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StageError> {
        Ok(())
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.0
    }

    fn queued(&self) -> usize {
        self.0.remaining()
    }
}

/// Regression: it was written at once, to a peer that may be gone, and never flushed.
#[test]
fn what_a_stage_has_to_say_goes_with_the_first_message() {
    let mut outbox = Outbox::new();
    outbox.extend_from_slice(b"ticket");
    let encoder = Encoder::new(&Config::new());
    let outbound = Outbound::with_stage(encoder, Talkative(outbox));
    let (sender, mut driver) = Driver::before(outbound);
    assert_eq!(driver.run(), []);
    sender.try_send(frame(0, 20)).expect("there is room");
    let steps = driver.run();
    assert_eq!(steps.last(), Some(&Step::Flush));
    assert_eq!(driver.wire.len(), 26);
}

/// Regression: after that the driver was told to go on writing.
#[test]
fn a_driver_that_gave_its_connection_up_is_told_so() {
    let (sender, mut driver) = Driver::new(100);
    sender.try_send(frame(0, 20)).expect("there is room");
    assert_eq!(driver.step(5), Some(Step::Write));
    let error = std::io::Error::from(std::io::ErrorKind::TimedOut);
    let reason = connect_proto::WriteErrorKind::Io(error).into();
    let error = driver.drain.fail(&driver.outbound, reason);
    assert_eq!(error.unsent().expect("lost").bytes, 15);
    assert!(matches!(driver.poll(), Poll::Ready(Err(_))));
    assert_eq!(sender.stats().queued_bytes, 15);
}
