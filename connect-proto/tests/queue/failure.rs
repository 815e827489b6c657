//! When the connection is lost: everybody is told, gets its datagram back, and the count of what was lost.

use std::io::{Error, ErrorKind};
use std::task::Poll;

use connect_proto::queue::{QueueSender, TrySendError};
use connect_proto::stage::OutboundStage;
use connect_proto::{
    Config, ConnectDatagram, Encoder, Outbound, Outbox, StageError, Step, Unsent, WriteError,
    WriteErrorKind,
};
use connect_testkit::stage::ToyOutbound;

use crate::rig::{Driver, Machine, Task, frame, indices, now};

fn unsent(messages: usize, bytes: usize) -> Option<Unsent> {
    let mut unsent = Unsent::default();
    (unsent.messages, unsent.bytes) = (messages, bytes);
    Some(unsent)
}

fn io_kind(error: &WriteError) -> ErrorKind {
    match error.kind() {
        WriteErrorKind::Io(error) => error.kind(),
        other => panic!("{other:?}"),
    }
}

/// What is told to whoever comes after the failure.
fn later_errors(sender: &QueueSender, datagram: &ConnectDatagram) -> Vec<WriteError> {
    let Err(TrySendError::Failed(tried)) = sender.try_send(datagram.clone()) else {
        panic!("it has failed");
    };
    let sent = now(sender.send(datagram.clone())).expect_err("failed");
    let borrowed = now(sender.send_ref(datagram.into())).expect_err("failed");
    for error in [&tried, &sent] {
        assert_eq!(error.datagram(), Some(datagram));
    }
    let without = [
        borrowed,
        now(sender.reserve(1)).expect_err("failed"),
        sender.try_reserve(1).expect_err("failed"),
        now(sender.flush()).expect_err("failed"),
        now(sender.closed()).expect_err("failed"),
        now(sender.close()).expect_err("failed"),
    ];
    assert!(without.iter().all(|error| error.datagram().is_none()));
    [tried, sent].into_iter().chain(without).collect()
}

#[test]
fn everybody_who_waits_or_comes_gets_the_reason_and_its_own_datagram() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 30))).expect("there is room");
    let permit = now(sender.reserve(12)).expect("open");
    let mut waiting: Vec<_> = (1..=3)
        .map(|index| Task::waiting(sender.send(frame(index, 40))))
        .collect();
    let mut reserving = Task::waiting(sender.reserve(1));
    let mut flushing = Task::waiting(sender.flush());
    let mut closing = Task::waiting(sender.closed());
    assert_eq!(driver.step(10), Some(Step::Write));
    let error = driver.fail(ErrorKind::ConnectionReset.into());
    assert_eq!(error.unsent(), unsent(1, 20));
    assert_eq!(io_kind(&error), ErrorKind::ConnectionReset);

    for (index, task) in waiting.iter_mut().enumerate() {
        let error = task.ready().expect_err("failed");
        assert_eq!(error.unsent(), unsent(1, 20));
        assert_eq!(io_kind(&error), ErrorKind::ConnectionReset);
        assert_eq!(error.into_datagram(), Some(frame(index + 1, 40)));
    }
    let permitted = permit.send(frame(5, 20)).expect_err("failed");
    assert_eq!(permitted.datagram(), Some(&frame(5, 20)));
    let mut errors = later_errors(&sender, &frame(6, 20));
    errors.extend([
        permitted,
        reserving.ready().expect_err("failed"),
        flushing.ready().expect_err("failed"),
        closing.ready().expect_err("failed"),
    ]);
    for error in errors {
        assert_eq!(error.unsent(), unsent(1, 20));
        assert_eq!(io_kind(&error), ErrorKind::ConnectionReset);
    }
    assert!(sender.is_closed());
    assert_eq!(sender.stats().waiting, 0);
}

/// The first report goes to the driver, and is the error of the transport itself.
#[test]
fn the_driver_gets_the_original_error_and_the_others_its_kind_and_words() {
    #[derive(Debug)]
    struct Reason;
    impl std::fmt::Display for Reason {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a reason of its own")
        }
    }
    impl std::error::Error for Reason {}

    let (sender, mut driver) = Driver::new(50);
    let error = Error::from(driver.fail(Error::new(ErrorKind::TimedOut, Reason)));
    assert!(error.get_ref().is_some_and(|inner| inner.is::<Reason>()));
    let later = Error::from(now(sender.flush()).expect_err("failed"));
    assert_eq!(later.kind(), ErrorKind::TimedOut);
    assert_eq!(later.to_string(), "a reason of its own");
}

#[test]
fn only_the_first_failure_counts() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 30))).expect("there is room");
    for late in [ErrorKind::ConnectionReset, ErrorKind::TimedOut] {
        let error = Error::from(late);
        let error = driver
            .drain
            .fail(&driver.outbound, WriteErrorKind::Io(error).into());
        assert_eq!(io_kind(&error), ErrorKind::ConnectionReset);
        assert_eq!(error.unsent(), unsent(1, 30));
    }
    drop(driver);
    let error = now(sender.flush()).expect_err("failed");
    assert_eq!(io_kind(&error), ErrorKind::ConnectionReset);
}

/// A driver that goes on all the same is told so, too, and never comes to an end that would look clean.
#[test]
fn a_queue_that_failed_is_never_closed() {
    let (sender, mut driver) = Driver::new(50);
    assert_eq!(driver.run(), []);
    let mut closing = Task::waiting(sender.close());
    let reason = WriteErrorKind::Io(ErrorKind::TimedOut.into());
    let _ = driver.drain.fail(&driver.outbound, reason.into());
    for _ in 0..3 {
        let Poll::Ready(Err(error)) = driver.poll() else {
            panic!("it has failed");
        };
        assert_eq!(io_kind(&error), ErrorKind::TimedOut);
    }
    closing.ready().expect_err("failed");
}

/// At every byte: what the transport has, what the outbound still holds, what is in the queue.
#[test]
fn what_was_accepted_in_vain_is_counted_exactly() {
    let lens = [9, 20, 13, 30, 11];
    for written in 0..=42 {
        let mut machine = Machine::new(1000);
        for (index, len) in lens.iter().enumerate().take(3) {
            assert!(machine.try_send(index, *len));
        }
        assert!(machine.drive(0).is_err());
        for (index, len) in lens.iter().enumerate().skip(3) {
            assert!(machine.try_send(index, *len));
        }
        if written > 0 {
            assert_eq!(machine.drive(written), Ok(Step::Write));
        }
        let whole = [9, 29, 42].iter().filter(|end| **end <= written).count();
        let expected = unsent(5 - whole, 83 - written);
        let reason = WriteErrorKind::Io(ErrorKind::BrokenPipe.into());
        let error = machine
            .queue
            .fail(reason, Some(&machine.outbound), &mut machine.notified);
        assert_eq!(error.unsent(), expected, "after {written} bytes");
        assert_eq!(
            machine.queue.failed().and_then(|error| error.unsent()),
            expected
        );
        let stats = machine.queue.stats();
        assert_eq!(
            (stats.messages, stats.bytes),
            (whole as u64, written as u64)
        );
        let words = format!(
            "could not write: broken pipe; accepted but not sent: {} messages",
            5 - whole
        );
        assert!(error.to_string().starts_with(&words), "{error}");
    }
}

/// What the transport took since the queue was last told counts as sent, if the driver says so.
#[test]
fn the_last_write_before_a_failure_counts() {
    let mut machine = Machine::new(1000);
    assert!(machine.try_send(0, 20));
    assert!(machine.try_send(1, 20));
    assert!(machine.drive(0).is_err());
    assert_eq!(
        machine.outbound.next_step(machine.goal).ok(),
        Some(Step::Write)
    );
    machine.outbound.handle_write(40, Ok(25)).expect("works");
    let reason = || WriteErrorKind::Io(ErrorKind::BrokenPipe.into());
    let error = machine
        .queue
        .fail(reason(), Some(&machine.outbound), &mut machine.notified);
    assert_eq!(error.unsent(), unsent(1, 15));
}

/// What the stage has taken is sent when the transport has all of it, and unsent until then.
#[test]
fn behind_a_stage_what_is_written_in_part_counts_whole() {
    let encoder = Encoder::new(&Config::new().with_high_water_mark(1000));
    let outbound = Outbound::with_stage(encoder, ToyOutbound::new(100));
    let (sender, mut driver) = Driver::before(outbound);
    for index in 0..3 {
        now(sender.send(frame(index, 40))).expect("there is room");
    }
    // A record of 100 plain bytes: two frames, and a half of the third. It comes to 2 + 100 + 1 bytes.
    for _ in 0..2 {
        assert_eq!(driver.step(2), Some(Step::Write));
        assert_eq!(sender.stats().queued_bytes, 120);
    }
    assert_eq!(driver.step(usize::MAX), Some(Step::Write));
    assert_eq!(driver.step(usize::MAX), Some(Step::Write));
    assert_eq!(driver.step(5), Some(Step::Write));
    now(sender.send(frame(3, 20))).expect("there is room");
    let stats = sender.stats();
    assert_eq!((stats.messages, stats.queued_messages), (2, 2));
    let error = driver.fail(ErrorKind::BrokenPipe.into());
    assert_eq!(error.unsent(), unsent(2, 40));
    let error = now(sender.flush()).expect_err("failed");
    assert_eq!(error.unsent(), unsent(2, 40));
}

#[test]
fn a_stage_that_fails_is_a_failure_for_everybody() {
    let encoder = Encoder::new(&Config::new().with_high_water_mark(1000));
    let stage = ToyOutbound::new(100);
    let (sender, mut driver) = Driver::before(Outbound::with_stage(encoder, Once(stage, 0)));
    for index in 0..5 {
        now(sender.send(frame(index, 40))).expect("there is room");
    }
    let mut flushing = Task::waiting(sender.flush());
    let steps: Vec<_> = std::iter::from_fn(|| match driver.poll() {
        Poll::Ready(Ok(step)) => {
            crate::rig::perform(step, &mut driver.outbound, usize::MAX, &mut driver.wire);
            Some(step)
        }
        Poll::Ready(Err(error)) => {
            assert!(matches!(error.kind(), WriteErrorKind::Stage(_)));
            // One record of 100 bytes is sent, the second one failed.
            assert_eq!(error.unsent(), unsent(3, 100));
            None
        }
        Poll::Pending => panic!("it has to fail"),
    })
    .collect();
    assert!(steps.contains(&Step::Write), "{steps:?}");
    let error = flushing.ready().expect_err("failed");
    assert!(matches!(error.kind(), WriteErrorKind::Stage(_)));
    assert_eq!(error.unsent(), unsent(3, 100));
    let error = now(sender.send(frame(9, 20))).expect_err("failed");
    assert_eq!(error.into_datagram(), Some(frame(9, 20)));
    assert_eq!(sender.stats().most_queued_bytes, 200);
}

/// A stage that fails at its second record.
struct Once(ToyOutbound, usize);

impl OutboundStage for Once {
    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        self.1 += 1;
        if self.1 > 1 {
            return Err(StageError::new("no more"));
        }
        self.0.process(plain)
    }

    fn finish(&mut self) -> Result<(), StageError> {
        self.0.finish()
    }

    fn outbox(&mut self) -> &mut Outbox {
        self.0.outbox()
    }

    fn queued(&self) -> usize {
        self.0.queued()
    }
}

/// Regression: it became smaller when the connection was lost.
#[test]
fn the_most_that_was_queued_does_not_become_less_by_a_failure() {
    let mut machine = Machine::new(1000);
    assert!(machine.try_send(0, 100));
    assert!(machine.drive(0).is_err());
    assert!(machine.try_send(1, 50));
    assert_eq!(machine.queue.stats().most_queued_bytes, 150);
    machine.outbound.handle_write(100, Ok(60)).expect("works");
    let reason = WriteErrorKind::Io(ErrorKind::BrokenPipe.into());
    let _ = machine
        .queue
        .fail(reason, Some(&machine.outbound), &mut machine.notified);
    let stats = machine.queue.stats();
    assert_eq!((stats.queued_bytes, stats.most_queued_bytes), (90, 150));
}

#[test]
fn a_driver_that_is_dropped_is_a_failure_for_everybody() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 30))).expect("there is room");
    assert_eq!(driver.step(10), Some(Step::Write));
    assert!(
        matches!(driver.poll(), Poll::Ready(Ok(Step::Write))),
        "20 bytes are left"
    );
    now(sender.send(frame(1, 30))).expect("there is room");
    let mut waiting = Task::waiting(sender.send(frame(2, 40)));
    let mut flushing = Task::waiting(sender.flush());
    drop(driver);
    let error = waiting.ready().expect_err("failed");
    assert!(matches!(error.kind(), WriteErrorKind::DriverDropped));
    assert_eq!(error.unsent(), unsent(2, 50));
    assert_eq!(Error::from(error).kind(), ErrorKind::BrokenPipe);
    let error = flushing.ready().expect_err("failed");
    assert!(
        error
            .to_string()
            .starts_with("the driver of the queue was dropped; accepted but not sent: 2")
    );
    for error in later_errors(&sender, &frame(3, 20)) {
        assert!(matches!(error.kind(), WriteErrorKind::DriverDropped));
        assert_eq!(error.unsent(), unsent(2, 50));
    }
}

/// Who was served before the failure, and has not asked since, was accepted: its datagram is among the lost.
#[test]
fn who_was_accepted_before_the_failure_is_told_so() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 50))).expect("there is room");
    let mut accepted = Task::waiting(sender.send(frame(1, 20)));
    let mut reserving = Task::waiting(sender.reserve(12));
    assert_eq!(driver.run().first(), Some(&Step::Write));
    drop(driver);
    accepted.ready().expect("accepted");
    let permit = reserving.ready().expect("set aside");
    let error = permit.send(frame(2, 20)).expect_err("failed");
    assert_eq!(error.into_datagram(), Some(frame(2, 20)));
}

/// What is in line is not lost with the connection, so it is never counted as such; and who leaves the line or
/// gives a permit back after the failure changes nothing.
#[test]
fn a_failed_queue_accepts_nothing_from_its_line() {
    let mut machine = Machine::new(50);
    assert!(machine.queue.try_reserve(42).expect("open"));
    let first = machine.wait(1, 50);
    let second = machine.wait(2, 20);
    let reason = WriteErrorKind::Io(ErrorKind::BrokenPipe.into());
    let error = machine
        .queue
        .fail(reason, Some(&machine.outbound), &mut machine.notified);
    assert_eq!(error.unsent(), unsent(0, 0));
    assert_eq!(error.to_string(), "could not write: broken pipe");
    assert_eq!(machine.told(), [1, 2]);
    machine.queue.release(42, &mut machine.notified);
    assert!(machine.queue.leave(first, &mut machine.notified));
    assert_eq!(machine.told(), []);
    let error = machine.queue.check(second, &2).expect("an answer");
    assert_eq!(
        error.expect_err("failed").into_datagram(),
        Some(frame(2, 20))
    );
    assert_eq!(machine.queue.stats().queued_messages, 0);
    machine.queue.close();
    assert_eq!(machine.queue.driver_to_wake(), None);
    assert_eq!(indices(&machine.wire), []);
}
