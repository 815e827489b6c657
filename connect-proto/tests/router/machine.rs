//! The machine: who gets which datagram, what happens when one is full, and who is notified.

use std::io;

use connect_proto::router::{Delivery, Overflow, RouteConfig, Taken};
use connect_proto::{DecodeError, ReadError};
use connect_testkit::datagrams::datagram;

use crate::rig::{COST, Machine, add, for_recipients, inbound_of};

#[test]
fn each_recipient_goes_to_its_route_in_the_order_of_the_stream() {
    let mut machine = Machine::new();
    let high = machine.add(65_535, RouteConfig::new());
    let middle = machine.add(10..20, RouteConfig::new());
    let low = machine.add(0..=9, RouteConfig::new());
    let rest = machine.router.add_rest(RouteConfig::new()).unwrap();
    let sent = for_recipients(&[9, 10, 65_535, 0, 19, 20, 65_534, 9, 5, 10], 100);
    let mut inbound = inbound_of(&sent);
    assert_eq!(machine.deliver(&mut inbound), Delivery::NeedInput);
    let of = |wanted: &dyn Fn(u16) -> bool| -> Vec<_> {
        let all = sent.iter().cloned();
        all.filter(|datagram| wanted(datagram.recipient()))
            .collect()
    };
    assert_eq!(machine.take_all(low), of(&|tag| tag <= 9));
    assert_eq!(machine.take_all(middle), of(&|tag| (10..20).contains(&tag)));
    assert_eq!(machine.take_all(high), of(&|tag| tag == 65_535));
    assert_eq!(
        machine.take_all(rest),
        of(&|tag| (20..65_535).contains(&tag))
    );
}

#[test]
fn an_unknown_recipient_is_an_error_for_everybody_after_their_queues() {
    let mut machine = Machine::new();
    let one = machine.add(1, RouteConfig::new());
    let two = machine.add(2, RouteConfig::new());
    machine.router.set_receiver_waiting(two, "two");
    let mut inbound = inbound_of(&for_recipients(&[1, 7, 2], 10));
    assert_eq!(machine.deliver(&mut inbound), Delivery::Over);
    assert_eq!(machine.notified(), ["two"]);
    assert_eq!(machine.take_all(one).len(), 1);
    for _ in 0..2 {
        for outcome in [
            machine.take(one).unwrap_err(),
            machine.take(two).unwrap_err(),
            machine.router.outcome().unwrap_err(),
        ] {
            assert!(matches!(
                outcome,
                ReadError::UnknownRecipient { recipient: 7 }
            ));
            let message = outcome.to_string();
            assert_eq!(message, "peer sent to recipient 7, which no receiver takes");
            assert_eq!(io::Error::from(outcome).kind(), io::ErrorKind::InvalidData);
        }
        assert_eq!(machine.deliver(&mut inbound), Delivery::Over);
    }
    // It is still where it was.
    assert_eq!(inbound.next_header().unwrap().recipient(), 7);
}

#[test]
fn a_full_route_holds_the_line_and_its_progress_alone_lets_it_go_on() {
    let mut machine = Machine::new();
    // Room for eight of these.
    let config = RouteConfig::new().with_capacity(8 * (100 + COST));
    let slow = machine.add(1, config);
    let other = machine.add(2, config);
    let mut tags = vec![1; 10];
    tags.splice(3..3, [2, 2]);
    let mut inbound = inbound_of(&for_recipients(&tags, 100));
    machine.router.set_driver_waiting(Some("driver"));
    assert_eq!(machine.deliver(&mut inbound), Delivery::LineHeld);
    let stats = machine.router.route_stats(slow);
    assert_eq!(stats.queued_messages, 8);
    assert_eq!(stats.queued_bytes, 8 * (100 + COST));
    assert_eq!(stats.line_holds, 1);
    assert_eq!(machine.router.connection_stats().messages, 10);
    assert_eq!(inbound.buffered(), 2 * 108, "nothing is taken without room");

    // Asked again, it is the same hold.
    assert_eq!(machine.deliver(&mut inbound), Delivery::LineHeld);
    assert_eq!(machine.router.route_stats(slow).line_holds, 1);
    assert_eq!(machine.take_all(other).len(), 2);
    assert_eq!(machine.notified(), [""; 0], "another route's progress");

    // With an eighth to spare beside the one that waits.
    assert!(matches!(machine.take(slow), Ok(Taken::Datagram(_))));
    assert_eq!(machine.notified(), [""; 0]);
    assert!(matches!(machine.take(slow), Ok(Taken::Datagram(_))));
    assert_eq!(machine.notified(), ["driver"]);
    assert_eq!(machine.deliver(&mut inbound), Delivery::NeedInput);
    assert_eq!(machine.take_all(slow).len(), 8);
    assert_eq!(machine.notified(), [""; 0]);
}

#[test]
fn a_datagram_longer_than_the_capacity_goes_alone() {
    for capacity in [0, 50] {
        let mut machine = Machine::new();
        let config = RouteConfig::new().with_capacity(capacity);
        let route = machine.add(1, config);
        // Of the longer ones some are moved, not copied.
        let sent: Vec<_> = [1, 1000, 60_000, 200_000, 3]
            .into_iter()
            .enumerate()
            .map(|(index, length)| datagram(index, 1, length))
            .collect();
        let mut inbound = inbound_of(&sent);
        for (index, expected) in sent.iter().enumerate() {
            machine.router.set_driver_waiting(Some("driver"));
            let delivery = machine.deliver(&mut inbound);
            let is_last = index + 1 == sent.len();
            assert_eq!(delivery == Delivery::NeedInput, is_last);
            assert_eq!(machine.router.route_stats(route).queued_messages, 1);
            assert_eq!(
                machine.take(route).unwrap(),
                Taken::Datagram(expected.clone())
            );
            assert_eq!(machine.notified().len(), usize::from(!is_last));
        }
    }
}

#[test]
fn discarding_is_counted_and_holds_nothing() {
    let room_for_two = RouteConfig::new().with_capacity(2 * (100 + COST));
    let cases = [
        (Overflow::DiscardNewest, [0, 1]),
        (Overflow::DiscardOldest, [3, 4]),
    ];
    for (overflow, kept) in cases {
        let mut machine = Machine::new();
        let route = machine.add(1, room_for_two.with_overflow(overflow));
        let sent = for_recipients(&[1; 5], 100);
        let mut inbound = inbound_of(&sent);
        // Once, before anything is discarded.
        assert_eq!(machine.deliver(&mut inbound), Delivery::GiveWay);
        assert_eq!(machine.router.route_stats(route).discarded_messages, 0);
        assert_eq!(machine.deliver(&mut inbound), Delivery::NeedInput);
        let stats = machine.router.route_stats(route);
        assert_eq!((stats.messages, stats.bytes), (5, 500));
        assert_eq!((stats.discarded_messages, stats.discarded_bytes), (3, 300));
        assert_eq!((stats.queued_messages, stats.line_holds), (2, 0));
        let expected = kept.map(|index: usize| sent[index].clone());
        assert_eq!(machine.take_all(route), expected);
    }
}

#[test]
fn whoever_does_not_ask_for_it_discards_nothing() {
    assert_eq!(RouteConfig::new().overflow(), Overflow::HoldLine);
    assert_eq!(Overflow::default(), Overflow::HoldLine);
}

#[test]
fn recipients_of_a_closed_route_are_unknown() {
    for with_rest in [false, true] {
        let mut machine = Machine::new();
        let one = machine.add(1, RouteConfig::new());
        let two = machine.add(2, RouteConfig::new());
        let rest = with_rest.then(|| machine.router.add_rest(RouteConfig::new()).unwrap());
        let mut inbound = inbound_of(&for_recipients(&[1, 2], 10));
        assert_eq!(machine.deliver(&mut inbound), Delivery::NeedInput);
        machine.close(one);
        add(&mut inbound, &for_recipients(&[1], 10));
        match rest {
            Some(rest) => {
                assert_eq!(machine.deliver(&mut inbound), Delivery::NeedInput);
                assert_eq!(machine.take_all(rest).len(), 1);
                machine.close(rest);
                add(&mut inbound, &for_recipients(&[3], 10));
                assert_eq!(machine.deliver(&mut inbound), Delivery::Over);
            }
            None => assert_eq!(machine.deliver(&mut inbound), Delivery::Over),
        }
        assert_eq!(machine.take_all(two).len(), 1);
        let error = machine.take(two).unwrap_err();
        assert!(matches!(error, ReadError::UnknownRecipient { .. }));
    }
}

#[test]
fn the_line_goes_on_when_the_receiver_that_holds_it_is_gone() {
    let mut machine = Machine::new();
    let config = RouteConfig::new().with_capacity(0);
    let slow = machine.add(1, config);
    let rest = machine.router.add_rest(config).unwrap();
    let mut inbound = inbound_of(&for_recipients(&[1, 1, 2], 10));
    machine.router.set_driver_waiting(Some("driver"));
    assert_eq!(machine.deliver(&mut inbound), Delivery::LineHeld);
    machine.close(slow);
    assert_eq!(machine.notified(), ["driver"]);
    // What was queued is gone with its receiver; what was not is for the rest now, where it is held in turn.
    assert_eq!(machine.deliver(&mut inbound), Delivery::LineHeld);
    let Ok(Taken::Datagram(first)) = machine.take(rest) else {
        panic!("nothing for the rest");
    };
    assert_eq!(first, for_recipients(&[1, 1], 10)[1]);
    assert_eq!(machine.deliver(&mut inbound), Delivery::NeedInput);
}

#[test]
fn without_receivers_it_is_over_and_well() {
    let mut machine = Machine::new();
    let mut inbound = inbound_of(&[]);
    assert_eq!(
        Machine::new().deliver(&mut inbound),
        Delivery::Over,
        "no routes at all"
    );
    let one = machine.add(1, RouteConfig::new());
    let two = machine.add(2, RouteConfig::new());
    machine.router.set_driver_waiting(Some("driver"));
    assert_eq!(machine.deliver(&mut inbound), Delivery::NeedInput);
    machine.close(one);
    assert_eq!(machine.notified(), [""; 0]);
    machine.close(two);
    assert_eq!(machine.notified(), ["driver"]);
    assert_eq!(machine.deliver(&mut inbound), Delivery::Over);
    machine.router.outcome().unwrap();
}

#[test]
fn end_and_failure_reach_everybody_after_their_queues() {
    for ending in 0..4 {
        let mut machine = Machine::new();
        let one = machine.add(1, RouteConfig::new());
        let two = machine.add(2, RouteConfig::new());
        machine.router.set_receiver_waiting(one, "one");
        machine.router.set_receiver_waiting(two, "two");
        let mut inbound = inbound_of(&for_recipients(&[1, 1], 10));
        match ending {
            0 => inbound.finish(),
            1 => inbound.fail(io::Error::other("pulled the plug")),
            2 => inbound.extend_from_slice(&[0; 8]),
            _ => {
                inbound.extend_from_slice(&[0; 2]);
                inbound.finish();
            }
        }
        assert_eq!(machine.deliver(&mut inbound), Delivery::Over);
        assert_eq!(machine.notified(), ["one", "two"], "each once");
        // Later, nobody changes it.
        machine.router.abandon(&mut machine.notified);
        assert_eq!(machine.take_all(one).len(), 2);
        for _ in 0..2 {
            let driver = machine.router.outcome().map(|()| Taken::End);
            for outcome in [driver, machine.take(one), machine.take(two)] {
                match (ending, outcome) {
                    (0, Ok(Taken::End)) => {}
                    (1, Err(ReadError::Io(error))) => {
                        assert_eq!(error.kind(), io::ErrorKind::Other);
                        assert_eq!(error.to_string(), "pulled the plug");
                    }
                    (2, Err(ReadError::Protocol(DecodeError::SizeTooSmall { size: 0 }))) => {}
                    (3, Err(ReadError::Protocol(DecodeError::UnexpectedEof { .. }))) => {}
                    (_, other) => panic!("{ending}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn a_stretch_without_a_pause_is_delivered_in_parts() {
    let mut machine = Machine::new();
    let route = machine.add(1, RouteConfig::new().with_capacity(usize::MAX));
    let mut inbound = inbound_of(&for_recipients(&[1; 1000], 1));
    let mut parts = 1;
    while machine.deliver(&mut inbound) == Delivery::More {
        parts += 1;
    }
    assert!(parts > 3, "{parts} parts");
    assert_eq!(machine.take_all(route).len(), 1000);
}
