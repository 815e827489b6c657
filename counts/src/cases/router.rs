//! A router with one route: what is read is delivered, and then received.

use std::ops::ControlFlow;
use std::task::{Context, Poll, Waker};

use connect_proto::router::{RouteConfig, RouteDelivery, RouteReceiver, Routes};
use connect_proto::{Config, Decoder, Inbound};

use crate::case::Case;
use crate::messages::{RECIPIENT, stream};
use crate::poll::poll_once;

const COUNT: usize = 10_000;
const CHUNK: usize = 8 * 1024;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("router-next-64B", receive_each),
        case("router-next_many-64B", receive_many),
    ]
}

fn case(name: &str, receive: fn(&mut RouteReceiver) -> usize) -> Case {
    Case::new(name, COUNT, move || {
        let stream = stream(64, COUNT);
        let mut inbound = Inbound::from(Decoder::new(&Config::new()));
        let mut routes = Routes::new();
        let route = routes.add(RECIPIENT, RouteConfig::new());
        let mut receiver = route.expect("the first route");
        let mut delivery = routes.into_delivery();
        move || {
            let mut received = 0;
            for chunk in stream.chunks(CHUNK) {
                inbound.extend_from_slice(chunk);
                deliver(&mut delivery, &mut inbound);
                received += receive(&mut receiver);
            }
            assert_eq!(received, COUNT);
        }
    })
}

fn deliver(delivery: &mut RouteDelivery, inbound: &mut Inbound) {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        match delivery.poll_deliver(inbound, &mut cx) {
            Poll::Ready(ControlFlow::Continue(())) => return,
            // Lets others get on, of whom there are none.
            Poll::Pending => {}
            Poll::Ready(ControlFlow::Break(outcome)) => unreachable!("{outcome:?}"),
        }
    }
}

fn receive_each(receiver: &mut RouteReceiver) -> usize {
    let mut count = 0;
    while let Poll::Ready(datagram) = poll_once(receiver.next()) {
        datagram.expect("well").expect("not the end");
        count += 1;
    }
    count
}

fn receive_many(receiver: &mut RouteReceiver) -> usize {
    let mut datagrams = Vec::with_capacity(256);
    let mut count = 0;
    while let Poll::Ready(more) = poll_once(receiver.next_many(&mut datagrams, 256)) {
        count += more.expect("well");
        datagrams.clear();
    }
    count
}
