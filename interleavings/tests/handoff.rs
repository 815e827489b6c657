//! Between those who send and the driver, nothing is lost and nobody waits for ever, whoever comes when.

use std::task::Poll;

use connect_interleavings::{
    ROOM_FOR_ONE, datagram, elsewhere, explore, explore_preempting, queue,
};
use connect_proto::queue::QueueSender;
use connect_proto::{ConnectDatagram, EncodeError, WriteErrorKind};
use loom::future::block_on;
use loom::thread;

/// A task of its own that sends to each of `recipients`, and drops its handle.
fn spawn_sending(sender: QueueSender, recipients: &'static [u16]) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for recipient in recipients {
            block_on(sender.send(datagram(*recipient))).expect("open");
        }
    })
}

/// The sender, the driver at rest or not yet, and the end by the last handle.
#[test]
fn what_one_task_sends_arrives_and_its_end_is_seen() {
    explore("one sender", || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        let sending = spawn_sending(sender, &[1]);
        block_on(driver.run());
        sending.join().expect("no panic");
        assert_eq!(transport.written(), [1]);
    });
}

/// There is never room for both, so one of them has to wait in line.
#[test]
fn what_two_tasks_send_arrives_in_the_order_of_each() {
    explore_preempting("two senders", 3, || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        let first = spawn_sending(sender.clone(), &[1]);
        let second = spawn_sending(sender, &[11]);
        block_on(driver.run());
        first.join().expect("no panic");
        second.join().expect("no panic");
        let mut written = transport.written();
        written.sort_unstable();
        assert_eq!(written, [1, 11]);
    });
    explore_preempting("two senders, two messages each", 2, || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        let first = spawn_sending(sender.clone(), &[1, 2]);
        let second = spawn_sending(sender, &[11, 12]);
        block_on(driver.run());
        first.join().expect("no panic");
        second.join().expect("no panic");
        let written = transport.written();
        assert_eq!(written.len(), 4);
        for recipients in [[1, 2], [11, 12]] {
            let of_one = written.iter().filter(|one| recipients.contains(one));
            assert!(of_one.eq(&recipients), "{written:?}");
        }
    });
}

#[test]
fn the_last_handle_may_go_while_the_driver_goes_to_rest() {
    explore("last handle", || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        let other = sender.clone();
        let first = thread::spawn(move || drop(sender));
        let second = thread::spawn(move || drop(other));
        block_on(driver.run());
        first.join().expect("no panic");
        second.join().expect("no panic");
        assert_eq!(transport.written(), []);
    });
}

/// Its place is served at the same time: then it was accepted; if not, whoever stands behind it is next.
#[test]
fn a_send_may_be_dropped_while_it_is_served() {
    explore_preempting("cancelled send", 3, || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        sender.try_send(datagram(1)).expect("empty");
        let other = sender.clone();
        let dropping = thread::spawn(move || {
            let mut sending = Box::pin(other.send(datagram(2)));
            sending.as_mut().poll(&mut elsewhere()).is_ready()
        });
        let behind = spawn_sending(sender, &[3]);
        block_on(driver.run());
        let was_accepted = dropping.join().expect("no panic");
        behind.join().expect("no panic");
        let written = transport.written();
        assert!(written.contains(&3));
        assert!(written.contains(&2) || !was_accepted);
        assert_eq!(written.len(), 2 + usize::from(written.contains(&2)));
    });
}

/// There is no room for the first in line as long as the permit lives, and the second gives it back only when it was
/// served: nothing but the leaving of the first lets it through.
#[test]
fn who_leaves_the_line_lets_the_next_one_through() {
    explore_preempting("left line", 3, || {
        let (sender, mut driver, transport) = queue(2 * 9);
        let permit = sender.try_reserve(1).expect("open").expect("empty");
        let other = sender.clone();
        let leaving = thread::spawn(move || {
            let mut reserving = Box::pin(other.reserve(10));
            drop(reserving.as_mut().poll(&mut elsewhere()));
        });
        let behind = thread::spawn(move || {
            block_on(sender.send(datagram(3))).expect("open");
            drop(permit);
        });
        block_on(driver.run());
        leaving.join().expect("no panic");
        behind.join().expect("no panic");
        assert_eq!(transport.written(), [3]);
    });
    explore_preempting("left line by a send", 3, || {
        let (sender, mut driver, transport) = queue(2 * 9);
        let permit = sender.try_reserve(1).expect("open").expect("empty");
        let other = sender.clone();
        let leaving = thread::spawn(move || {
            let long = ConnectDatagram::new(2, vec![0; 10]).expect("not empty");
            let mut sending = Box::pin(other.send(long));
            sending.as_mut().poll(&mut elsewhere()).is_ready()
        });
        let behind = thread::spawn(move || {
            block_on(sender.send(datagram(3))).expect("open");
            drop(permit);
        });
        block_on(driver.run());
        assert!(!leaving.join().expect("no panic") || transport.written().contains(&2));
        behind.join().expect("no panic");
        assert!(transport.written().contains(&3));
    });
}

/// With a permit that is nobody's, the queue would never be closed.
#[test]
fn a_reservation_may_be_dropped_while_it_is_served() {
    explore_preempting("cancelled reservation", 3, || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        sender.try_send(datagram(1)).expect("empty");
        let other = sender.clone();
        let dropping = thread::spawn(move || {
            let mut reserving = Box::pin(other.reserve(1));
            drop(reserving.as_mut().poll(&mut elsewhere()));
        });
        let behind = spawn_sending(sender, &[3]);
        block_on(driver.run());
        dropping.join().expect("no panic");
        behind.join().expect("no panic");
        assert_eq!(transport.written(), [1, 3]);
    });
}

#[test]
fn a_permit_may_be_dropped_while_others_wait_for_its_room() {
    explore_preempting("dropped permit", 2, || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        let permit = sender.try_reserve(1).expect("open").expect("empty");
        let other = sender.clone();
        let waiting = thread::spawn(move || {
            let permit = block_on(other.reserve(1)).expect("open");
            permit.send(datagram(2)).expect("open");
        });
        let dropping = thread::spawn(move || {
            drop(permit);
            block_on(sender.send(datagram(3))).expect("open");
        });
        block_on(driver.run());
        waiting.join().expect("no panic");
        dropping.join().expect("no panic");
        let mut written = transport.written();
        written.sort_unstable();
        assert_eq!(written, [2, 3]);
    });
}

#[test]
fn a_flush_ends_when_everything_before_it_is_flushed() {
    explore_preempting("flush", 2, || {
        let (sender, mut driver, transport) = queue(100);
        let other = spawn_sending(sender.clone(), &[11]);
        let seen = transport.clone();
        let flushing = thread::spawn(move || {
            block_on(sender.send(datagram(1))).expect("open");
            block_on(sender.flush()).expect("open");
            assert!(seen.flushed().contains(&1));
            block_on(sender.flush()).expect("open");
        });
        block_on(driver.run());
        other.join().expect("no panic");
        flushing.join().expect("no panic");
        assert_eq!(transport.written().len(), 2);
    });
}

/// What was accepted is written, and what was not comes back.
#[test]
fn close_and_send_may_meet() {
    explore_preempting("close and send", 3, || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        sender.try_send(datagram(1)).expect("empty");
        let other = sender.clone();
        let sending = thread::spawn(move || match block_on(other.send(datagram(2))) {
            Ok(()) => true,
            Err(error) => {
                let kind = error.kind();
                assert!(matches!(
                    kind,
                    WriteErrorKind::Refused(EncodeError::Finished)
                ));
                assert_eq!(error.into_datagram(), Some(datagram(2)));
                false
            }
        });
        let seen = transport.clone();
        let closing = thread::spawn(move || {
            block_on(sender.close()).expect("nobody fails");
            assert!(seen.is_shut_down());
            // Once more, at the end.
            block_on(sender.close()).expect("nobody fails");
        });
        block_on(driver.run());
        let was_accepted = sending.join().expect("no panic");
        closing.join().expect("no panic");
        assert_eq!(transport.written().len(), 1 + usize::from(was_accepted));
    });
}

#[test]
fn close_waits_for_a_permit() {
    explore_preempting("close and permit", 3, || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        let permit = sender.try_reserve(1).expect("open").expect("empty");
        let using = thread::spawn(move || permit.send(datagram(1)).expect("open"));
        let seen = transport;
        let closing = thread::spawn(move || {
            block_on(sender.close()).expect("nobody fails");
            assert_eq!(seen.flushed(), [1]);
        });
        block_on(driver.run());
        using.join().expect("no panic");
        closing.join().expect("no panic");
    });
}

#[test]
fn two_tasks_may_wait_for_the_end() {
    explore_preempting("two closers", 3, || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        let other = sender.clone();
        let first = thread::spawn(move || block_on(sender.close()).expect("nobody fails"));
        let second = thread::spawn(move || block_on(other.close()).expect("nobody fails"));
        block_on(driver.run());
        first.join().expect("no panic");
        second.join().expect("no panic");
        assert!(transport.is_shut_down());
    });
}

/// A future moves to another task while it is served: it is the last one that polled which has to be woken.
#[test]
fn a_send_may_move_to_another_task_while_it_is_served() {
    explore("moved send", || {
        let (sender, mut driver, transport) = queue(ROOM_FOR_ONE);
        sender.try_send(datagram(1)).expect("empty");
        let moving = thread::spawn(move || {
            let mut sending = Box::pin(sender.send(datagram(2)));
            match sending.as_mut().poll(&mut elsewhere()) {
                Poll::Ready(sent) => sent.expect("open"),
                Poll::Pending => block_on(sending).expect("open"),
            }
        });
        block_on(driver.run());
        moving.join().expect("no panic");
        assert_eq!(transport.written(), [1, 2]);
    });
}

#[test]
fn a_driver_may_move_to_another_task_while_something_is_sent() {
    explore("moved driver", || {
        let (sender, mut driver, transport) = queue(100);
        let sending = spawn_sending(sender, &[1]);
        driver.poll_elsewhere();
        block_on(driver.run());
        sending.join().expect("no panic");
        assert_eq!(transport.written(), [1]);
    });
}
