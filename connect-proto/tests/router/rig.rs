//! What the tests deliver, a machine whose tokens are words, and wakers that count.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use connect_proto::router::{
    Delivery, Recipients, RouteConfig, RouteDelivery, RouteId, RouteReceiver, Router, Taken,
};
use connect_proto::{Config, ConnectDatagram, Decoder, Inbound, ReadError};
use connect_testkit::datagrams::datagram;

pub(crate) const COST: usize = RouteConfig::OVERHEAD;

pub(crate) fn inbound_of(datagrams: &[ConnectDatagram]) -> Inbound {
    let mut inbound = Inbound::from(Decoder::new(&Config::new()));
    add(&mut inbound, datagrams);
    inbound
}

pub(crate) fn add(inbound: &mut Inbound, datagrams: &[ConnectDatagram]) {
    for datagram in datagrams {
        inbound.extend_from_slice(&datagram.encode().unwrap());
    }
}

/// One datagram of `length` bytes for each of the recipients, in this order.
pub(crate) fn for_recipients(recipients: &[u16], length: usize) -> Vec<ConnectDatagram> {
    let each = recipients.iter().enumerate();
    each.map(|(index, &recipient)| datagram(index, recipient, length))
        .collect()
}

/// A machine whose tokens are words.
pub(crate) struct Machine {
    pub(crate) router: Router<&'static str>,
    pub(crate) notified: Vec<&'static str>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            notified: Vec::new(),
        }
    }

    pub(crate) fn add(
        &mut self,
        recipients: impl Into<Recipients>,
        config: RouteConfig,
    ) -> RouteId {
        self.router.add(recipients, config).unwrap()
    }

    pub(crate) fn deliver(&mut self, inbound: &mut Inbound) -> Delivery {
        self.router.deliver(inbound, &mut self.notified)
    }

    pub(crate) fn take(&mut self, route: RouteId) -> Result<Taken, ReadError> {
        self.router.take(route, &mut self.notified)
    }

    /// Everything queued for a route.
    pub(crate) fn take_all(&mut self, route: RouteId) -> Vec<ConnectDatagram> {
        let mut all = Vec::new();
        while let Ok(Taken::Datagram(datagram)) = self.take(route) {
            all.push(datagram);
        }
        all
    }

    pub(crate) fn close(&mut self, route: RouteId) {
        self.router.close(route, &mut self.notified);
    }

    pub(crate) fn notified(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.notified)
    }
}

/// Counts, and calls something back.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Mutex<usize>,
    pub(crate) when_rung: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    pub(crate) when_dropped: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Bell {
    pub(crate) fn rung(&self) -> usize {
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

pub(crate) fn poll_next(
    receiver: &mut RouteReceiver,
    waker: &Waker,
) -> Poll<Result<Option<ConnectDatagram>, ReadError>> {
    // By the future, which is dropped here.
    let next = std::pin::pin!(receiver.next());
    next.poll(&mut Context::from_waker(waker))
}

pub(crate) fn deliver(
    delivery: &mut RouteDelivery,
    inbound: &mut Inbound,
    waker: &Waker,
) -> Poll<ControlFlow<Result<(), ReadError>>> {
    delivery.poll_deliver(inbound, &mut Context::from_waker(waker))
}
