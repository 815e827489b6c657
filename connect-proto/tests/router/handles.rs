//! The handles: who is woken when, and what a dropped future or handle comes to.

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use connect_proto::ReadError;
use connect_proto::router::{Overflow, RouteConfig, RouteDelivery, RouteReceiver, Routes, Taken};

use crate::rig::{Bell, add, deliver, for_recipients, inbound_of, poll_next};

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
