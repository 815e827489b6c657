//! The receiving handle of one route.

use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker};

use crate::datagram::ConnectDatagram;
use crate::read_error::ReadError;
use crate::stats::ReceiveStats;
use crate::sync::lock;

use super::machine::{RouteId, Router, Taken};
use super::route_stats::RouteStats;
use super::routes::Shared;

/// Takes the datagrams of one route of [`Routes`](super::Routes), in the order of the stream.
///
/// It waits for the driver, which has to run as a task of its own. Dropped, it gives up what is queued for it,
/// and its recipients are from then on recipients without a route: the next message for them is an error for all
/// receivers of the connection, or goes to that of [`add_rest`](super::Routes::add_rest) if there is one.
///
/// A small datagram that is kept shares its memory, up to 16 KiB, with its neighbours of the same route.
///
/// With the feature `stream` it is a `Stream` of `Result<ConnectDatagram, ReadError>`, too, that ends
/// after the first error.
///
/// ```
/// use connect_proto::router::{RouteConfig, Routes};
/// use connect_proto::{Config, ConnectDatagram, Decoder, Inbound};
/// use std::future::Future;
/// use std::pin::pin;
/// use std::task::{Context, Poll, Waker};
///
/// let mut routes = Routes::new();
/// let mut orders = routes.add(1..=9, RouteConfig::new())?;
/// let mut delivery = routes.into_delivery(); // for the driver: see `RouteDelivery`
///
/// let mut cx = Context::from_waker(Waker::noop()); // what a runtime does
/// assert!(pin!(orders.next()).poll(&mut cx).is_pending());
///
/// let mut inbound = Inbound::from(Decoder::new(&Config::new()));
/// inbound.extend_from_slice(&ConnectDatagram::new(7, "an order")?.encode()?);
/// assert!(delivery.poll_deliver(&mut inbound, &mut cx).is_ready()); // and wants to read on
/// match pin!(orders.next()).poll(&mut cx) {
///     Poll::Ready(order) => assert_eq!(order?.unwrap().data(), "an order"),
///     Poll::Pending => panic!("nothing came"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropped, its recipients have no route"]
pub struct RouteReceiver {
    shared: Shared,
    route: RouteId,
    /// The stream has yielded its end or its error.
    #[cfg(feature = "stream")]
    terminated: bool,
}

impl RouteReceiver {
    pub(super) const fn new(shared: Shared, route: RouteId) -> Self {
        Self {
            shared,
            route,
            #[cfg(feature = "stream")]
            terminated: false,
        }
    }

    /// The next datagram, or `None` once the peer has closed between two datagrams and everything that
    /// was queued is taken.
    ///
    /// # Errors
    ///
    /// A [`ReadError`], after everything that was queued; all receivers of the connection get it. Asked
    /// again, it is repeated. [`ReadError::Protocol`], [`ReadError::Stage`] or [`ReadError::Io`] if the stream broke,
    /// [`ReadError::UnknownRecipient`] if the peer sent to a recipient without a route,
    /// [`ReadError::DriverDropped`] if the driver was dropped before the end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no datagram is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Option<ConnectDatagram>, ReadError> {
        poll_fn(|cx| self.poll_next_datagram(cx)).await
    }

    /// Appends the datagrams that are here to `datagrams`, up to `limit`; waits for the first only.
    ///
    /// Returns how many were appended. 0 means that the peer has closed between two datagrams (or that
    /// `limit` is 0). This spares a loop over many small datagrams a poll and a lock for each.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next). An error behind the first datagram is left for the next call.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: as long as the future has not returned, nothing has been appended.
    pub async fn next_many(
        &mut self,
        datagrams: &mut Vec<ConnectDatagram>,
        limit: usize,
    ) -> Result<usize, ReadError> {
        if limit == 0 {
            return Ok(0);
        }
        poll_fn(|cx| self.poll_next_many(cx, datagrams, limit)).await
    }

    /// The next datagram, if one is here. Never waits.
    ///
    /// ```
    /// # use connect_proto::router::{RouteConfig, Routes, Taken};
    /// # use connect_proto::ReadError;
    /// # let mut routes = Routes::new();
    /// # let mut orders = routes.add(1..=9, RouteConfig::new()).unwrap();
    /// match orders.try_next()? {
    ///     Taken::Datagram(datagram) => println!("{} bytes", datagram.data().len()),
    ///     Taken::Nothing => println!("nothing at the moment"),
    ///     Taken::End => println!("and nothing ever again"),
    /// }
    /// # Ok::<(), ReadError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub fn try_next(&mut self) -> Result<Taken, ReadError> {
        let mut notify = Vec::new();
        let taken = lock(&self.shared).take(self.route, &mut notify);
        wake(notify);
        taken
    }

    /// Polls for the next datagram; what [`next`](Self::next) does. While it is pending, the waker of the last call is
    /// woken by the next datagram, the end or an error.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a datagram is taken by a call that returns it.
    pub fn poll_next_datagram(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<ConnectDatagram>, ReadError>> {
        self.poll_with(cx, |router, route, notify| {
            Some(match router.take(route, notify) {
                Ok(Taken::Nothing) => return None,
                Ok(Taken::Datagram(datagram)) => Ok(Some(datagram)),
                Ok(Taken::End) => Ok(None),
                Err(error) => Err(error),
            })
        })
    }

    /// Numbers of this route.
    #[must_use]
    pub fn stats(&self) -> RouteStats {
        lock(&self.shared).route_stats(self.route)
    }

    /// Numbers of the whole connection, as of the driver's last delivery. What was delivered to a route
    /// counts as handed out.
    #[must_use]
    pub fn connection_stats(&self) -> ReceiveStats {
        lock(&self.shared).connection_stats()
    }

    fn poll_next_many(
        &self,
        cx: &Context<'_>,
        datagrams: &mut Vec<ConnectDatagram>,
        limit: usize,
    ) -> Poll<Result<usize, ReadError>> {
        self.poll_with(cx, |router, route, notify| {
            let mut count = 0;
            while count < limit {
                match router.take(route, notify) {
                    Ok(Taken::Datagram(datagram)) => datagrams.push(datagram),
                    // Whatever it is, it stays.
                    _ if count > 0 => break,
                    Ok(Taken::Nothing) => return None,
                    Ok(Taken::End) => break,
                    Err(error) => return Some(Err(error)),
                }
                count += 1;
            }
            Some(Ok(count))
        })
    }

    /// Waits as long as `take` gives nothing.
    fn poll_with<T>(
        &self,
        cx: &Context<'_>,
        take: impl FnOnce(&mut Router<Waker>, RouteId, &mut Vec<Waker>) -> Option<T>,
    ) -> Poll<T> {
        let mut notify = Vec::new();
        let mut router = lock(&self.shared);
        let taken = take(&mut router, self.route, &mut notify);
        let mut former = None;
        if taken.is_none() {
            let waits = router.receiver_waiting(self.route);
            if !waits.is_some_and(|former| former.will_wake(cx.waker())) {
                former = router.set_receiver_waiting(self.route, cx.waker().clone());
            }
        }
        drop(router);
        // What a waker does when it is woken or dropped is the application's: outside of the lock.
        drop(former);
        wake(notify);
        taken.map_or(Poll::Pending, Poll::Ready)
    }
}

fn wake(notify: Vec<Waker>) {
    notify.into_iter().for_each(Waker::wake);
}

#[cfg(feature = "stream")]
impl futures_core::Stream for RouteReceiver {
    type Item = Result<ConnectDatagram, ReadError>;

    fn poll_next(
        mut self: core::pin::Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        if self.terminated {
            return Poll::Ready(None);
        }
        let item = core::task::ready!(self.poll_next_datagram(cx)).transpose();
        self.terminated = !matches!(item, Some(Ok(_)));
        Poll::Ready(item)
    }
}

#[cfg(feature = "stream")]
impl futures_core::stream::FusedStream for RouteReceiver {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl Drop for RouteReceiver {
    fn drop(&mut self) {
        let mut notify = Vec::new();
        let former = lock(&self.shared).close(self.route, &mut notify);
        drop(former);
        wake(notify);
    }
}

impl fmt::Debug for RouteReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteReceiver")
            .field("route", &self.route)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
