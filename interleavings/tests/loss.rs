//! The connection may be lost at any moment: then nobody waits for ever, and every datagram is somewhere.

use connect_interleavings::{Driver, ROOM_FOR_ONE, Transport, datagram, explore_preempting, queue};
use connect_proto::queue::QueueSender;
use connect_proto::{Step, Unsent, WriteErrorKind};
use loom::future::block_on;
use loom::thread;

/// What a send came to: `None` if it was accepted, and what was lost if not. Its datagram comes back then.
fn send(
    sender: &QueueSender,
    recipient: u16,
    is_expected: fn(&WriteErrorKind) -> bool,
) -> Option<Unsent> {
    let error = block_on(sender.send(datagram(recipient))).err()?;
    assert!(is_expected(error.kind()), "{error}");
    let unsent = error.unsent().expect("the connection is lost");
    assert_eq!(error.into_datagram(), Some(datagram(recipient)));
    Some(unsent)
}

/// Two tasks send, and one waits for a flush, while the driver comes to its end in its own way, which says what
/// was lost if it knows.
fn lose(name: &str, is_expected: fn(&WriteErrorKind) -> bool, end: fn(Driver) -> Option<Unsent>) {
    explore_preempting(name, 3, move || {
        let (sender, driver, transport): (_, _, Transport) = queue(ROOM_FOR_ONE);
        sender.try_send(datagram(1)).expect("empty");
        let other = sender.clone();
        let waiting = thread::spawn(move || send(&other, 2, is_expected));
        let flushing = thread::spawn(move || {
            let flushed = block_on(sender.flush());
            let lost = send(&sender, 3, is_expected);
            // The end is the same for everybody, and comes for sure.
            let end = block_on(sender.closed()).expect_err("lost");
            assert!(is_expected(end.kind()));
            (flushed.is_ok(), lost, end.unsent().expect("lost"))
        });
        let told = end(driver);
        let second = waiting.join().expect("no panic");
        let (is_flushed, third, unsent) = flushing.join().expect("no panic");
        for told in [told, second, third].into_iter().flatten() {
            assert_eq!(told, unsent);
        }
        let accepted = 1 + usize::from(second.is_none()) + usize::from(third.is_none());
        let written = transport.written();
        assert_eq!(written.len() + unsent.messages, accepted);
        assert_eq!(unsent.bytes, 9 * unsent.messages);
        assert!(!is_flushed || transport.flushed().contains(&1));
    });
}

#[test]
fn a_driver_may_be_dropped_before_it_began() {
    lose(
        "driver dropped",
        |kind| matches!(kind, WriteErrorKind::DriverDropped),
        |driver| {
            drop(driver);
            None
        },
    );
}

#[test]
fn a_transport_may_fail_at_once() {
    lose(
        "transport failed",
        |kind| matches!(kind, WriteErrorKind::Io(_)),
        |mut driver| driver.fail().unsent(),
    );
}

#[test]
fn a_transport_may_fail_after_the_first_flush() {
    lose(
        "transport failed after a flush",
        |kind| matches!(kind, WriteErrorKind::Io(_)),
        |mut driver| {
            while block_on(driver.step()).expect("it has not failed") != Step::Flush {}
            driver.fail().unsent()
        },
    );
}
