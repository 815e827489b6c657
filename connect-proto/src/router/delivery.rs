//! The driver's side of a router.

use alloc::vec::Vec;
use core::mem;
use core::ops::ControlFlow;
use core::task::{Context, Poll, Waker};

use crate::inbound::Inbound;
use crate::read_error::ReadError;
use crate::sync::lock;

use super::machine::Delivery;
use super::routes::Shared;

/// After how many bytes from a transport that is never dry the driver lets other tasks of its thread get on. As
/// many as a busy connection reads at once, so that the change of tasks costs next to nothing for each.
const YIELD_AFTER: u64 = 64 * 1024;

/// Delivers the datagrams of one connection to the receivers of [`Routes`](super::Routes): what a driver is a
/// loop around.
///
/// Dropped before the end, it leaves the receivers what is queued, and then
/// [`ReadError::DriverDropped`].
///
/// ```
/// use connect_proto::router::{RouteConfig, Routes, Taken};
/// use connect_proto::{Config, ConnectDatagram, Decoder, Inbound};
/// use std::io::Read;
/// use std::ops::ControlFlow;
/// use std::task::{Context, Poll, Waker};
///
/// let mut routes = Routes::new();
/// let mut orders = routes.add(1..=9, RouteConfig::new())?;
/// let mut delivery = routes.into_delivery();
///
/// let frame = ConnectDatagram::new(7, "an order")?.encode()?;
/// let mut transport = &frame[..];
/// let mut inbound = Inbound::from(Decoder::new(&Config::new()));
/// // A blocking driver has a waker that unparks its thread, and parks when it is told to wait.
/// let mut cx = Context::from_waker(Waker::noop());
/// let outcome = loop {
///     match delivery.poll_deliver(&mut inbound, &mut cx) {
///         Poll::Ready(ControlFlow::Break(outcome)) => break outcome,
///         Poll::Ready(ControlFlow::Continue(())) => {
///             let space = inbound.spare();
///             let room = space.len();
///             let received = transport.read(space);
///             inbound.handle_read(room, received);
///         }
///         Poll::Pending => std::thread::park(),
///     }
/// };
/// outcome?;
/// assert!(matches!(orders.try_next()?, Taken::Datagram(_)));
/// assert_eq!(orders.try_next()?, Taken::End);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RouteDelivery {
    shared: Shared,
    notify: Vec<Waker>,
    /// Bytes received when the driver last let others get on.
    yielded_at: u64,
}

impl RouteDelivery {
    pub(super) const fn new(shared: Shared) -> Self {
        Self {
            shared,
            notify: Vec::new(),
            yielded_at: 0,
        }
    }

    pub(super) const fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Delivers what is whole in `inbound`, and says what to do next.
    ///
    /// * `Ready(Continue)`: read once into `inbound`, or wait until there is something to read, and come
    ///   again. The waker stays here: it is woken when every receiver is gone.
    /// * `Ready(Break)`: it is over, cleanly or with what the driver has to report; the same when asked
    ///   again.
    /// * `Pending`: read nothing. A route holds the line, or it is time to let other tasks get on; the
    ///   waker is woken.
    ///
    /// # Errors
    ///
    /// In `Break`, what the driver has to report: [`ReadError::Protocol`], [`ReadError::Stage`], [`ReadError::Io`] or
    /// [`ReadError::UnknownRecipient`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: each call stands for itself, and takes nothing from `inbound` before its route has room for it or
    /// discards it. Only the waker of the last call is woken.
    pub fn poll_deliver(
        &mut self,
        inbound: &mut Inbound,
        cx: &mut Context<'_>,
    ) -> Poll<ControlFlow<Result<(), ReadError>>> {
        loop {
            match self.deliver(inbound, cx.waker()) {
                Delivery::More => {}
                Delivery::LineHeld => return Poll::Pending,
                Delivery::GiveWay => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Delivery::Over => return Poll::Ready(ControlFlow::Break(self.outcome())),
                Delivery::NeedInput => {
                    let received = inbound.stats().bytes;
                    if received.saturating_sub(self.yielded_at) < YIELD_AFTER {
                        return Poll::Ready(ControlFlow::Continue(()));
                    }
                    self.yielded_at = received;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    }

    fn deliver(&mut self, inbound: &mut Inbound, waker: &Waker) -> Delivery {
        let mut router = lock(&self.shared);
        let waits = router.driver_waiting();
        let former = if waits.is_some_and(|former| former.will_wake(waker)) {
            None
        } else {
            router.set_driver_waiting(Some(waker.clone()))
        };
        let delivery = router.deliver(inbound, &mut self.notify);
        drop(router);
        // What a waker does when it is woken or dropped is the application's: outside of the lock.
        drop(former);
        self.notify.drain(..).for_each(Waker::wake);
        delivery
    }

    fn outcome(&self) -> Result<(), ReadError> {
        let mut router = lock(&self.shared);
        let former = router.set_driver_waiting(None);
        let outcome = router.outcome();
        drop(router);
        drop(former);
        outcome
    }
}

impl Drop for RouteDelivery {
    fn drop(&mut self) {
        let mut notify = mem::take(&mut self.notify);
        let mut router = lock(&self.shared);
        let former = router.set_driver_waiting(None);
        router.abandon(&mut notify);
        drop(router);
        drop(former);
        notify.into_iter().for_each(Waker::wake);
    }
}
