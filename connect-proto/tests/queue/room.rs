//! How much is accepted, and in which order it is sent.

use connect_proto::queue::{Next, SendQueue, TrySendError};
use connect_proto::{
    Config, DatagramRef, EncodeError, Encoder, Goal, Outbound, Step, WriteErrorKind,
};
use connect_testkit::datagrams;

use crate::rig::{Machine, frame, indices, outbound};

#[test]
fn what_is_accepted_is_sent_in_this_order() {
    let mut machine = Machine::new(1000);
    for index in 0..10 {
        if index % 2 == 0 {
            assert!(machine.try_send(index, 9 + index));
        } else {
            let datagram = frame(index, 9 + index);
            let borrowed = DatagramRef::from(&datagram);
            assert!(machine.queue.try_send_ref(borrowed).expect("open"));
        }
    }
    machine.rest();
    assert_eq!(indices(&machine.wire), (0..10).collect::<Vec<_>>());
}

#[test]
fn the_queue_holds_exactly_the_mark() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 60));
    assert!(!machine.try_send(1, 41), "one byte above the mark");
    let long = frame(1, 41);
    let borrowed = machine.queue.try_send_ref(DatagramRef::from(&long));
    assert!(!borrowed.expect("open"));
    assert!(machine.try_send(2, 40), "exactly the mark");
    assert!(!machine.try_send(3, 9), "the queue is full");
    assert_eq!(machine.queue.stats().queued_bytes, 100);
}

#[test]
fn a_frame_longer_than_the_mark_is_accepted_by_an_empty_queue_alone() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 500));
    assert!(
        !machine.try_send(1, 9),
        "the queue holds more than the mark"
    );
    machine.rest();
    assert!(machine.try_send(2, 9));
    assert!(!machine.try_send(3, 101), "the queue is not empty");
    machine.rest();
    assert!(machine.try_send(4, 101));
}

#[test]
fn with_a_mark_of_0_one_frame_is_queued_at_a_time() {
    let mut machine = Machine::new(0);
    for index in 0..3 {
        assert!(machine.try_send(index, 20));
        assert!(!machine.try_send(9, 9));
        machine.rest();
    }
    assert_eq!(indices(&machine.wire), [0, 1, 2]);
}

/// What the driver has taken out of the queue counts until the transport has it, and no longer.
#[test]
fn room_is_free_as_soon_as_the_transport_has_taken_the_bytes() {
    let mut machine = Machine::new(100);
    assert!(machine.try_send(0, 100));
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
    assert!(!machine.try_send(1, 9), "taken by the driver, not written");
    assert_eq!(machine.drive(30), Ok(Step::Write));
    assert!(!machine.try_send(1, 31));
    assert!(machine.try_send(1, 30));
}

#[test]
fn what_is_queued_in_the_outbound_already_goes_first_and_counts() {
    let mut outbound = outbound(100);
    outbound.push(frame(0, 60)).expect("open");
    let mut machine = Machine::before(outbound);
    assert_eq!(machine.queue.stats().queued_bytes, 60);
    assert!(!machine.try_send(1, 41));
    assert!(machine.try_send(1, 40));
    assert_eq!(machine.steps(1), [Step::Write]);
    assert_eq!(indices(&machine.wire), [0]);
    machine.rest();
    assert_eq!(indices(&machine.wire), [0, 1]);
    assert_eq!(machine.queue.stats(), {
        let mut stats = machine.outbound.stats();
        stats.most_queued_bytes = 100;
        stats
    });
}

#[test]
fn nothing_is_accepted_before_an_outbound_that_is_finished() {
    let mut outbound = outbound(100);
    outbound.push(frame(0, 60)).expect("open");
    outbound.finish();
    let mut machine = Machine::before(outbound);
    assert!(machine.queue.is_closed());
    assert!(machine.queue.try_send(frame(1, 20)).is_err());
    assert_eq!(machine.run(), Next::Closed);
    assert_eq!(indices(&machine.wire), [0]);
}

/// Also while it would have to wait: it never could be sent.
#[test]
fn what_can_never_be_sent_is_refused_at_once() {
    let config = Config::new()
        .with_max_send_len(50)
        .with_high_water_mark(100);
    let mut queue = SendQueue::<u32>::new(&Outbound::from(Encoder::new(&config)));
    queue.try_send(frame(0, 58)).expect("there is room");
    assert!(queue.send(frame(1, 58), &1).expect("open").is_some());
    let long = frame(2, 59);
    let mut empty = frame(3, 20);
    drop(empty.take_data());
    let too_large = EncodeError::DataTooLarge { len: 51, max: 50 };
    for (datagram, expected) in [(long, too_large), (empty, EncodeError::EmptyData)] {
        let borrowed = queue.try_send_ref(DatagramRef::from(&datagram));
        let tried = queue.try_send(datagram.clone()).expect_err("refused");
        let TrySendError::Failed(tried) = tried else {
            panic!("it never can be sent");
        };
        let sent = queue.send(datagram.clone(), &2).expect_err("refused");
        let reserved = queue.reserve(datagram.data().len(), &2);
        for (error, returned) in [
            (borrowed.expect_err("refused"), None),
            (tried, Some(&datagram)),
            (sent, Some(&datagram)),
            (reserved.expect_err("refused"), None),
        ] {
            assert_eq!(error.datagram(), returned);
            assert_eq!(error.unsent(), None);
            let kind = error.into_kind();
            assert!(matches!(kind, WriteErrorKind::Refused(reason) if reason == expected));
        }
    }
    assert_eq!(queue.stats().queued_messages, 1);
    assert_eq!(queue.stats().waiting, 1);
}

/// Long data stays where it is, on its way through the queue as well.
#[test]
fn long_data_is_not_copied() {
    let datagram = datagrams::datagram(0, 1, 5000);
    let data = datagram.data().as_ptr_range();
    let mut outbound = outbound(10_000);
    outbound.set_vectored(true);
    let mut machine = Machine::before(outbound);
    machine.queue.try_send(datagram).expect("there is room");
    assert_eq!(machine.drive(0), Err(Next::Goal(Goal::Written)));
    assert_eq!(machine.drive(usize::MAX), Ok(Step::Write), "the header");
    let offered = bytes::Buf::chunk(machine.outbound.outbox().expect("works"));
    assert_eq!(offered.as_ptr_range(), data);
}
