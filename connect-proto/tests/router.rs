//! Routes: who gets which datagram, what happens when one is full, and who is notified.

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use connect_proto::router::{
    Delivery, Overflow, Recipients, RouteConfig, RouteDelivery, RouteError, RouteId, RouteReceiver,
    Router, Routes, Taken,
};
use connect_proto::{Config, ConnectDatagram, DecodeError, Decoder, Inbound, ReadError};
use connect_testkit::datagrams::datagram;

const COST: usize = RouteConfig::OVERHEAD;

fn inbound_of(datagrams: &[ConnectDatagram]) -> Inbound {
    let mut inbound = Inbound::from(Decoder::new(&Config::new()));
    add(&mut inbound, datagrams);
    inbound
}

fn add(inbound: &mut Inbound, datagrams: &[ConnectDatagram]) {
    for datagram in datagrams {
        inbound.extend_from_slice(&datagram.encode().unwrap());
    }
}

/// One datagram of `length` bytes for each of the recipients, in this order.
fn for_recipients(recipients: &[u16], length: usize) -> Vec<ConnectDatagram> {
    let each = recipients.iter().enumerate();
    each.map(|(index, &recipient)| datagram(index, recipient, length))
        .collect()
}

/// A machine whose tokens are words.
struct Machine {
    router: Router<&'static str>,
    notified: Vec<&'static str>,
}

impl Machine {
    fn new() -> Self {
        Self {
            router: Router::new(),
            notified: Vec::new(),
        }
    }

    fn add(&mut self, recipients: impl Into<Recipients>, config: RouteConfig) -> RouteId {
        self.router.add(recipients, config).unwrap()
    }

    fn deliver(&mut self, inbound: &mut Inbound) -> Delivery {
        self.router.deliver(inbound, &mut self.notified)
    }

    fn take(&mut self, route: RouteId) -> Result<Taken, ReadError> {
        self.router.take(route, &mut self.notified)
    }

    /// Everything queued for a route.
    fn take_all(&mut self, route: RouteId) -> Vec<ConnectDatagram> {
        let mut all = Vec::new();
        while let Ok(Taken::Datagram(datagram)) = self.take(route) {
            all.push(datagram);
        }
        all
    }

    fn close(&mut self, route: RouteId) {
        self.router.close(route, &mut self.notified);
    }

    fn notified(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.notified)
    }
}

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
fn a_route_that_cannot_be_is_refused_by_its_values() {
    let mut routes = Routes::new();
    let config = RouteConfig::new();
    let _kept = [
        routes.add(10..=20, config).unwrap(),
        routes.add(30, config).unwrap(),
        routes.add_rest(config).unwrap(),
    ];
    let overlap = |recipients: Recipients, existing: Recipients| RouteError::Overlap {
        recipients,
        existing,
    };
    let cases: [(Recipients, RouteError, &str); 6] = [
        (
            (20..22).into(),
            overlap((20..22).into(), (10..=20).into()),
            "recipients 20..=21 overlap the route of 10..=20",
        ),
        (
            30.into(),
            overlap(30.into(), 30.into()),
            "recipients 30 overlap the route of 30",
        ),
        (
            (0..=65_535).into(),
            overlap((0..=65_535).into(), (10..=20).into()),
            "recipients 0..=65535 overlap the route of 10..=20",
        ),
        (
            (12..13).into(),
            overlap(12.into(), (10..=20).into()),
            "recipients 12 overlap the route of 10..=20",
        ),
        (
            (5..5).into(),
            RouteError::NoRecipients {
                recipients: (5..5).into(),
            },
            "5..5 contains no recipient",
        ),
        (
            // Bounds that come from elsewhere.
            Recipients::from(std::ops::RangeInclusive::new(9, 8)),
            RouteError::NoRecipients {
                recipients: (9..9).into(),
            },
            "9..9 contains no recipient",
        ),
    ];
    for (recipients, expected, message) in cases {
        let error = routes.add(recipients, config).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(routes.add_rest(config).unwrap_err(), RouteError::SecondRest);
    // Nothing of that has taken a recipient away.
    let _ = routes.add(21..30, config).unwrap();
    let _ = routes.add(0..10, config).unwrap();
    let _ = routes.add(31..=65_535, config).unwrap();
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

/// Regression: tiny datagrams fill a route long before the driver has read a block.
#[test]
fn a_receiver_that_keeps_up_with_a_route_that_discards_loses_nothing() {
    for overflow in [Overflow::DiscardNewest, Overflow::DiscardOldest] {
        let mut routes = Routes::new();
        let config = RouteConfig::new().with_overflow(overflow);
        let mut receiver = routes.add(1, config).unwrap();
        let mut delivery = routes.into_delivery();
        let waker = Waker::from(Arc::new(Bell::default()));
        let mut inbound = inbound_of(&for_recipients(&[1; 5000], 8));
        let mut received = 0;
        while deliver(&mut delivery, &mut inbound, &waker).is_pending() {
            while let Ok(Taken::Datagram(_)) = receiver.try_next() {
                received += 1;
            }
        }
        while let Ok(Taken::Datagram(_)) = receiver.try_next() {
            received += 1;
        }
        assert_eq!((received, receiver.stats().discarded_messages), (5000, 0));
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

// The handles.

/// Counts, and calls something back.
#[derive(Default)]
struct Bell {
    rung: Mutex<usize>,
    when_rung: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    when_dropped: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Bell {
    fn rung(&self) -> usize {
        *self.rung.lock().unwrap()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rung.lock().unwrap() += 1;
        let call = self.when_rung.lock().unwrap().take();
        if let Some(call) = call {
            call();
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Some(call) = self.when_dropped.lock().unwrap().take() {
            call();
        }
    }
}

fn poll_next(
    receiver: &mut RouteReceiver,
    waker: &Waker,
) -> Poll<Result<Option<ConnectDatagram>, ReadError>> {
    // By the future, which is dropped here.
    let next = std::pin::pin!(receiver.next());
    next.poll(&mut Context::from_waker(waker))
}

fn deliver(
    delivery: &mut RouteDelivery,
    inbound: &mut Inbound,
    waker: &Waker,
) -> Poll<ControlFlow<Result<(), ReadError>>> {
    delivery.poll_deliver(inbound, &mut Context::from_waker(waker))
}

/// A lock that is taken twice fails a test, instead of hanging it.
fn in_time(test: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        done.send(()).unwrap();
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = finished.recv_timeout(Duration::from_secs(20)) {
        panic!("it hangs");
    }
    thread.join().unwrap();
}

#[test]
fn a_dropped_next_loses_nothing_and_the_last_task_is_woken() {
    let mut routes = Routes::new();
    let mut receiver = routes.add(1, RouteConfig::new()).unwrap();
    let mut delivery = routes.into_delivery();
    let (first, second) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    assert!(poll_next(&mut receiver, &first.clone().into()).is_pending());
    assert!(poll_next(&mut receiver, &second.clone().into()).is_pending());
    let mut inbound = inbound_of(&for_recipients(&[1, 1], 10));
    assert!(matches!(
        deliver(&mut delivery, &mut inbound, Waker::noop()),
        Poll::Ready(ControlFlow::Continue(()))
    ));
    assert_eq!((first.rung(), second.rung()), (0, 1));
    for _ in 0..2 {
        assert!(matches!(
            poll_next(&mut receiver, &first.clone().into()),
            Poll::Ready(Ok(Some(_)))
        ));
    }
    assert!(poll_next(&mut receiver, &first.clone().into()).is_pending());
    drop(delivery);
    assert_eq!(first.rung(), 1);
    for _ in 0..2 {
        let outcome = poll_next(&mut receiver, &first.clone().into());
        assert!(matches!(
            outcome,
            Poll::Ready(Err(ReadError::DriverDropped))
        ));
    }
}

#[test]
fn many_are_taken_at_once() {
    let mut routes = Routes::new();
    let mut receiver = routes.add(1, RouteConfig::new()).unwrap();
    let mut delivery = routes.into_delivery();
    let sent = for_recipients(&[1; 10], 10);
    let mut inbound = inbound_of(&sent);
    inbound.extend_from_slice(&[0; 8]);
    let ended = deliver(&mut delivery, &mut inbound, Waker::noop());
    assert!(matches!(ended, Poll::Ready(ControlFlow::Break(Err(_)))));
    let mut received = Vec::new();
    let mut take = |limit| {
        let next = std::pin::pin!(receiver.next_many(&mut received, limit));
        next.poll(&mut Context::from_waker(Waker::noop()))
    };
    assert!(matches!(take(0), Poll::Ready(Ok(0))));
    assert!(matches!(take(3), Poll::Ready(Ok(3))));
    assert!(matches!(take(100), Poll::Ready(Ok(7))), "the error is left");
    assert!(matches!(take(100), Poll::Ready(Err(_))));
    assert_eq!(received, sent);
}

#[test]
fn a_receiver_that_takes_or_goes_wakes_the_driver() {
    for drops in [false, true] {
        let mut routes = Routes::new();
        let config = RouteConfig::new().with_capacity(0);
        let mut slow = routes.add(1, config).unwrap();
        let mut rest = routes.add_rest(config).unwrap();
        let mut delivery = routes.into_delivery();
        let bell = Arc::new(Bell::default());
        let waker = bell.clone().into();
        let mut inbound = inbound_of(&for_recipients(&[2, 1, 1], 10));
        assert!(deliver(&mut delivery, &mut inbound, &waker).is_pending());
        assert!(matches!(rest.try_next(), Ok(Taken::Datagram(_))));
        assert_eq!(bell.rung(), 0);
        if drops {
            drop(slow);
        } else {
            assert!(matches!(slow.try_next(), Ok(Taken::Datagram(_))));
        }
        assert_eq!(bell.rung(), 1);
        assert!(deliver(&mut delivery, &mut inbound, &waker).is_ready());
    }
}

#[test]
fn the_last_receiver_wakes_the_driver_that_reads() {
    let mut routes = Routes::new();
    let receiver = routes.add(1, RouteConfig::new()).unwrap();
    let mut delivery = routes.into_delivery();
    let bell = Arc::new(Bell::default());
    let waker = bell.clone().into();
    let mut inbound = inbound_of(&[]);
    assert!(deliver(&mut delivery, &mut inbound, &waker).is_ready());
    drop(receiver);
    assert_eq!(bell.rung(), 1);
    for _ in 0..2 {
        let over = deliver(&mut delivery, &mut inbound, &waker);
        assert!(matches!(over, Poll::Ready(ControlFlow::Break(Ok(())))));
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&bell), 1, "a waker was kept");
}

#[test]
fn routes_that_are_never_driven_say_so() {
    let mut routes = Routes::new();
    let mut receiver = routes.add(1, RouteConfig::new()).unwrap();
    assert!(matches!(receiver.try_next(), Ok(Taken::Nothing)));
    drop(routes);
    let error = receiver.try_next().unwrap_err();
    assert!(matches!(error, ReadError::DriverDropped));
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::BrokenPipe);
}

/// A waker is code of the application: it may use the same router.
#[test]
fn wakers_are_woken_and_dropped_outside_of_the_lock() {
    in_time(|| {
        let mut routes = Routes::new();
        let mut receiver = routes.add(1, RouteConfig::new()).unwrap();
        let [when_rung, when_dropped, when_driver_dropped] =
            [2, 3, 4].map(|tag| routes.add(tag, RouteConfig::new()).unwrap());
        let mut delivery = routes.into_delivery();
        let mut inbound = inbound_of(&[]);

        let bell = Arc::new(Bell::default());
        *bell.when_dropped.lock().unwrap() = Some(Box::new(|| drop(when_driver_dropped)));
        assert!(deliver(&mut delivery, &mut inbound, &bell.into()).is_ready());
        assert!(deliver(&mut delivery, &mut inbound, Waker::noop()).is_ready());

        let bell = Arc::new(Bell::default());
        *bell.when_dropped.lock().unwrap() = Some(Box::new(|| drop(when_dropped)));
        assert!(poll_next(&mut receiver, &bell.into()).is_pending());
        let bell = Arc::new(Bell::default());
        *bell.when_rung.lock().unwrap() = Some(Box::new(|| drop(when_rung)));
        assert!(poll_next(&mut receiver, &bell.into()).is_pending());
        add(&mut inbound, &for_recipients(&[1], 1));
        assert!(deliver(&mut delivery, &mut inbound, Waker::noop()).is_ready());

        // And that of a receiver which goes itself.
        let bell = Arc::new(Bell::default());
        let mut routes = Routes::new();
        let [mut waiting, other] = [1, 2].map(|tag| routes.add(tag, RouteConfig::new()).unwrap());
        *bell.when_dropped.lock().unwrap() = Some(Box::new(|| drop(other)));
        assert!(poll_next(&mut waiting, &bell.into()).is_pending());
        drop(waiting);
    });
}

#[test]
fn the_driver_lets_others_get_on_after_a_block() {
    let mut routes = Routes::new();
    let config = RouteConfig::new().with_capacity(1024 * 1024);
    let _receiver = routes.add(1, config).unwrap();
    let mut delivery = routes.into_delivery();
    let bell = Arc::new(Bell::default());
    let waker = bell.clone().into();
    let mut inbound = inbound_of(&[]);
    let mut fills = 0;
    for _ in 0..1000 {
        match deliver(&mut delivery, &mut inbound, &waker) {
            Poll::Ready(ControlFlow::Continue(())) => {
                add(&mut inbound, &for_recipients(&[1], 992));
                fills += 1;
            }
            Poll::Ready(ControlFlow::Break(outcome)) => panic!("{outcome:?}"),
            Poll::Pending => break,
        }
    }
    assert_eq!(fills, 66, "1000 bytes each");
    assert_eq!(bell.rung(), 1);
    assert!(deliver(&mut delivery, &mut inbound, &waker).is_ready());
}

#[test]
fn numbers_add_up() {
    let mut routes = Routes::new();
    let mut one = routes.add(1, RouteConfig::new()).unwrap();
    let two = routes.add(2, RouteConfig::new()).unwrap();
    let mut delivery = routes.into_delivery();
    let mut inbound = inbound_of(&for_recipients(&[1, 1, 2], 10));
    inbound.extend_from_slice(&[0, 0, 0]);
    assert!(deliver(&mut delivery, &mut inbound, Waker::noop()).is_ready());
    assert!(matches!(one.try_next(), Ok(Taken::Datagram(_))));
    let stats = one.stats();
    assert_eq!((stats.messages, stats.bytes), (2, 20));
    assert_eq!((stats.queued_messages, stats.queued_bytes), (1, 10 + COST));
    assert_eq!(two.stats().messages, 1);
    let connection = two.connection_stats();
    assert_eq!((connection.messages, connection.bytes), (3, 57));
    assert_eq!(connection.buffered_bytes, 3);
    assert_eq!(inbound.stats(), connection);
}

/// Every lane counts the same, also a batch that is left early.
#[test]
fn every_lane_counts_datagrams() {
    let mut inbound = inbound_of(&for_recipients(&[1; 10], 10));
    assert!(inbound.next_datagram().unwrap().datagram().is_some());
    assert_eq!(inbound.stats().messages, 1);
    assert!(inbound.next_datagram_ref().unwrap().datagram().is_some());
    assert_eq!(inbound.stats().messages, 2);
    assert_eq!(inbound.datagrams().take(3).count(), 3);
    assert_eq!(inbound.stats().messages, 5);
    assert_eq!(inbound.datagrams().count(), 5);
    let stats = inbound.stats();
    assert_eq!(
        (stats.messages, stats.bytes, stats.buffered_bytes),
        (10, 180, 0)
    );
}

#[cfg(feature = "stream")]
#[test]
fn a_receiver_is_a_stream_that_ends_after_its_error() {
    use connect_testkit::conformance::next_item;
    let mut routes = Routes::new();
    let mut receiver = routes.add(1, RouteConfig::new()).unwrap();
    let mut delivery = routes.into_delivery();
    let mut inbound = inbound_of(&for_recipients(&[1, 9], 10));
    let over = deliver(&mut delivery, &mut inbound, Waker::noop());
    assert!(matches!(over, Poll::Ready(ControlFlow::Break(Err(_)))));
    assert!(next_item(&mut receiver).unwrap().is_ok());
    assert!(next_item(&mut receiver).unwrap().is_err());
    assert!(next_item(&mut receiver).is_none());
    assert!(receiver.try_next().is_err());
}

#[test]
fn handles_go_to_other_threads() {
    fn goes<T: Send + Sync + 'static>() {}
    goes::<RouteReceiver>();
    goes::<RouteDelivery>();
    goes::<Routes>();
}
