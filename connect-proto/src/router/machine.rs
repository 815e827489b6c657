//! The machine: what is delivered where, who waits for what, and who is to be notified.

use alloc::vec::Vec;
use core::mem;

use crate::datagram::ConnectDatagram;
use crate::decoder::Decoded;
use crate::inbound::Inbound;
use crate::read_error::ReadError;
use crate::stats::ReceiveStats;

use super::config::RouteConfig;
use super::error::RouteError;
use super::outcome::Outcome;
use super::recipients::Recipients;
use super::route::{Admission, Route};
use super::route_stats::RouteStats;
use super::table::Table;

/// How many datagrams are delivered at once. Whoever has the machine behind a lock lets receivers in
/// between.
const DELIVER_AT_ONCE: usize = 256;

/// Hands the datagrams of one connection to routes by their recipients. No lock, no waker, no I/O.
///
/// `W` stands for somebody who waits: a task, a thread, a number. Who is to be notified is appended to a
/// vector, so that it can be done after a lock was released; a token is notified at most once for each
/// time that it was left here. [`Routes`](super::Routes) and its handles are this machine behind a lock, with
/// wakers.
///
/// ```
/// use connect_proto::router::{Delivery, RouteConfig, Router, Taken};
/// use connect_proto::{Config, ConnectDatagram, Decoder, Inbound};
///
/// let mut router = Router::new();
/// let orders = router.add(1..=9, RouteConfig::new())?;
/// router.set_receiver_waiting(orders, "the task of orders");
///
/// let mut inbound = Inbound::from(Decoder::new(&Config::new()));
/// inbound.extend_from_slice(&ConnectDatagram::new(7, "an order")?.encode()?);
/// let mut notify = Vec::new();
/// assert_eq!(router.deliver(&mut inbound, &mut notify), Delivery::NeedInput);
/// assert_eq!(notify, ["the task of orders"]);
///
/// let Taken::Datagram(order) = router.take(orders, &mut notify)? else {
///     panic!("nothing came");
/// };
/// assert_eq!(order.data(), "an order");
/// assert_eq!(router.take(orders, &mut notify)?, Taken::Nothing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # States
///
/// ```text
///                 a route is full and holds the line
///              +-------------------------------------> Held
///   Delivering |                                        |    notifies the driver
///              <----------------------------------------+
///       |         that receiver took enough, or is gone
///       |
///       | end, failure, unknown recipient, driver gone: notifies every receiver
///       +------------------------------------------------------------> Over
///       | the last receiver is gone: notifies the driver                 |
///       +----------------------------------------------------------------+
/// ```
///
/// In every state receivers take what is queued first. In `Held` the datagram that does not fit is still
/// in the [`Inbound`]: nothing is taken from there before there is room for it.
#[derive(Debug)]
pub struct Router<W> {
    table: Table<RouteId>,
    /// `None` where the receiver is gone.
    routes: Vec<Option<Route<W>>>,
    held: Option<Held>,
    driver: Option<W>,
    outcome: Option<Outcome>,
    stats: ReceiveStats,
}

/// What the line is held for.
#[derive(Clone, Copy, Debug)]
struct Held {
    route: RouteId,
    data_len: usize,
}

/// Names a route of one [`Router`].
///
/// ```
/// use connect_proto::router::{RouteConfig, Router};
///
/// let mut router = Router::<&str>::new();
/// let orders = router.add(1..=9, RouteConfig::new())?;
/// let rest = router.add_rest(RouteConfig::new())?;
/// assert_ne!(orders, rest);
/// router.close(orders, &mut Vec::new()); // orders are for the rest now
/// # Ok::<(), connect_proto::router::RouteError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteId(usize);

/// How far [`Router::deliver`] came: what the driver does next.
///
/// ```
/// use connect_proto::router::{Delivery, RouteConfig, Router};
/// use connect_proto::{Config, ConnectDatagram, Decoder, Inbound};
///
/// let mut router = Router::new();
/// let orders = router.add(1..=9, RouteConfig::new().with_capacity(0))?; // one at a time
/// let mut inbound = Inbound::from(Decoder::new(&Config::new()));
/// for order in ["first", "second"] {
///     inbound.extend_from_slice(&ConnectDatagram::new(7, order)?.encode()?);
/// }
/// let mut notify = Vec::new();
/// router.set_driver_waiting(Some("the driver"));
/// assert_eq!(router.deliver(&mut inbound, &mut notify), Delivery::LineHeld);
///
/// router.take(orders, &mut notify)?;
/// assert_eq!(notify, ["the driver"]);
/// assert_eq!(router.deliver(&mut inbound, &mut notify), Delivery::NeedInput);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must handle each of them")]
#[must_use = "says what the driver does next"]
pub enum Delivery {
    /// Everything whole is delivered: read.
    NeedInput,
    /// A route has no room and holds the line: wait to be notified, and read nothing.
    LineHeld,
    /// There is more to deliver; a good moment to let others in.
    More,
    /// A route is about to discard: let its receiver run, which may have had no chance to, and come again.
    GiveWay,
    /// Nothing will be delivered any more: see [`Router::outcome`].
    Over,
}

/// What a receiver is answered: as [`Decoded`], for somebody who cannot bring input.
///
/// ```
/// use connect_proto::router::{Delivery, RouteConfig, Router, Taken};
/// use connect_proto::{Config, Decoder, Inbound};
///
/// let mut router = Router::<&str>::new();
/// let orders = router.add(1..=9, RouteConfig::new())?;
/// let mut inbound = Inbound::from(Decoder::new(&Config::new()));
/// let mut notify = Vec::new();
/// assert_eq!(router.take(orders, &mut notify)?, Taken::Nothing);
/// inbound.finish(); // the peer has closed
/// assert_eq!(router.deliver(&mut inbound, &mut notify), Delivery::Over);
/// assert_eq!(router.take(orders, &mut notify)?, Taken::End);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a receiver must handle each of the three"
)]
pub enum Taken {
    /// The next datagram.
    Datagram(ConnectDatagram),
    /// Nothing is queued at the moment.
    Nothing,
    /// The peer ended the stream between two datagrams, and everything before was taken.
    End,
}

impl<W> Router<W> {
    /// A router without routes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            table: Table::new(),
            routes: Vec::new(),
            held: None,
            driver: None,
            outcome: None,
            stats: ReceiveStats {
                messages: 0,
                bytes: 0,
                buffered_bytes: 0,
            },
        }
    }

    /// Adds a route for `recipients`.
    ///
    /// # Errors
    ///
    /// [`RouteError::NoRecipients`] of an empty range, [`RouteError::Overlap`] if one of the recipients
    /// has a route. Nothing is changed then.
    pub fn add(
        &mut self,
        recipients: impl Into<Recipients>,
        config: RouteConfig,
    ) -> Result<RouteId, RouteError> {
        let id = RouteId(self.routes.len());
        self.table.add(recipients.into(), id)?;
        self.routes.push(Some(Route::new(config)));
        Ok(id)
    }

    /// Adds a route for all recipients without one.
    ///
    /// # Errors
    ///
    /// [`RouteError::SecondRest`] if there is one. Nothing is changed then.
    pub fn add_rest(&mut self, config: RouteConfig) -> Result<RouteId, RouteError> {
        let id = RouteId(self.routes.len());
        self.table.add_rest(id)?;
        self.routes.push(Some(Route::new(config)));
        Ok(id)
    }

    /// Delivers what is whole in `inbound`, as far as there is room; more than that only after it is
    /// called again. Also learns of the end and of a failure there.
    pub fn deliver(&mut self, inbound: &mut Inbound, notify: &mut Vec<W>) -> Delivery {
        let delivery = self.deliver_some(inbound, notify);
        self.stats = inbound.stats();
        delivery
    }

    fn deliver_some(&mut self, inbound: &mut Inbound, notify: &mut Vec<W>) -> Delivery {
        if self.is_over() {
            return Delivery::Over;
        }
        let held_before = self.held.take().map(|held| held.route);
        // Longer data keeps at most as much alive beside it.
        let moved_from = inbound.read_block_len() / 2;
        for delivered in 0..DELIVER_AT_ONCE {
            let Some(header) = inbound.next_header() else {
                return self.learn_why_there_is_none(inbound, notify);
            };
            let (recipient, data_len) = (header.recipient(), header.data_len());
            let found = self.table.find(recipient);
            let Some((id, route)) = found.and_then(|id| Some((id, self.route(id)?))) else {
                self.end(Outcome::UnknownRecipient(recipient), notify);
                return Delivery::Over;
            };
            match route.admit(data_len) {
                Admission::HoldLine => {
                    if delivered > 0 || held_before != Some(id) {
                        route.count_hold();
                    }
                    self.held = Some(Held {
                        route: id,
                        data_len,
                    });
                    return Delivery::LineHeld;
                }
                Admission::GiveWay => {
                    notify.extend(route.waiting.take());
                    return Delivery::GiveWay;
                }
                Admission::Discard => {
                    route.discard(data_len);
                    let _discarded = inbound.next_datagram_ref();
                    continue;
                }
                Admission::Queue if data_len < moved_from => {
                    if let Ok(Decoded::Datagram(datagram)) = inbound.next_datagram_ref() {
                        route.push_copy(datagram);
                    }
                }
                Admission::Queue => {
                    if let Some(datagram) = inbound.take_datagram() {
                        route.push(datagram);
                    }
                }
            }
            notify.extend(route.waiting.take());
        }
        Delivery::More
    }

    fn learn_why_there_is_none(&mut self, inbound: &mut Inbound, notify: &mut Vec<W>) -> Delivery {
        match inbound.next_datagram_ref() {
            Ok(Decoded::NeedInput) => return Delivery::NeedInput,
            // Cannot be: a datagram has a header.
            Ok(Decoded::Datagram(_)) => return Delivery::More,
            Ok(Decoded::End) => self.end(Outcome::End, notify),
            Err(error) => self.end(error.into(), notify),
        }
        Delivery::Over
    }

    /// Nobody delivers any more. After the end it changes nothing; before, receivers get
    /// [`ReadError::DriverDropped`] after their queues.
    pub fn abandon(&mut self, notify: &mut Vec<W>) {
        self.end(Outcome::DriverDropped, notify);
    }

    /// What it came to, after [`Delivery::Over`]: `Ok` at the clean end of the stream, and if every
    /// receiver is gone.
    ///
    /// # Errors
    ///
    /// What ended the stream: [`ReadError::Protocol`], [`ReadError::Stage`] or `ReadError::Io`; or
    /// [`ReadError::UnknownRecipient`], or after [`abandon`](Self::abandon) [`ReadError::DriverDropped`]. Repeated when
    /// asked again.
    pub fn outcome(&mut self) -> Result<(), ReadError> {
        self.outcome.as_mut().map_or(Ok(()), Outcome::report)
    }

    /// The next datagram of a route.
    ///
    /// # Errors
    ///
    /// As [`outcome`](Self::outcome), after everything that was queued.
    #[inline]
    pub fn take(&mut self, id: RouteId, notify: &mut Vec<W>) -> Result<Taken, ReadError> {
        if let Some(datagram) = self.route(id).and_then(Route::take) {
            self.go_on_if_there_is_room(id, notify);
            return Ok(Taken::Datagram(datagram));
        }
        match &mut self.outcome {
            None => Ok(Taken::Nothing),
            Some(outcome) => outcome.report().map(|()| Taken::End),
        }
    }

    #[inline]
    fn go_on_if_there_is_room(&mut self, id: RouteId, notify: &mut Vec<W>) {
        if let Some(held) = self.held.filter(|held| held.route == id) {
            let has_room = |route: &mut Route<W>| route.has_ample_room(held.data_len);
            if self.route(id).is_none_or(has_room) {
                self.held = None;
                notify.extend(self.driver.take());
            }
        }
    }

    /// The receiver of a route is gone, and with it what was queued for it. Its recipients have no
    /// route from now on. Returns who waited for it, if anybody did.
    pub fn close(&mut self, id: RouteId, notify: &mut Vec<W>) -> Option<W> {
        let route = self.routes.get_mut(id.0).and_then(mem::take)?;
        self.table.remove(id);
        self.go_on_if_there_is_room(id, notify);
        if !self.has_receivers() {
            notify.extend(self.driver.take());
        }
        route.waiting
    }

    /// Leaves the token of the receiver of a route, to be notified of the next datagram or the end; to be
    /// left after [`Taken::Nothing`]. Returns the one that was here before.
    pub fn set_receiver_waiting(&mut self, id: RouteId, token: W) -> Option<W> {
        self.route(id)?.waiting.replace(token)
    }

    /// Whom [`set_receiver_waiting`](Self::set_receiver_waiting) has left.
    #[must_use]
    pub fn receiver_waiting(&self, id: RouteId) -> Option<&W> {
        self.routes.get(id.0)?.as_ref()?.waiting.as_ref()
    }

    /// Leaves the token of the driver, to be notified when the line goes on and when the last receiver is
    /// gone; to be left before [`deliver`](Self::deliver). Returns the one that was here before.
    pub fn set_driver_waiting(&mut self, token: Option<W>) -> Option<W> {
        mem::replace(&mut self.driver, token)
    }

    /// Whom [`set_driver_waiting`](Self::set_driver_waiting) has left.
    #[must_use]
    pub const fn driver_waiting(&self) -> Option<&W> {
        self.driver.as_ref()
    }

    /// Numbers of a route. All 0 if its receiver is gone.
    #[must_use]
    pub fn route_stats(&self, id: RouteId) -> RouteStats {
        let route = self.routes.get(id.0).and_then(Option::as_ref);
        route.map(Route::stats).unwrap_or_default()
    }

    /// Numbers of the connection, as of the last [`deliver`](Self::deliver).
    #[must_use]
    pub const fn connection_stats(&self) -> ReceiveStats {
        self.stats
    }

    fn route(&mut self, id: RouteId) -> Option<&mut Route<W>> {
        self.routes.get_mut(id.0)?.as_mut()
    }

    fn has_receivers(&self) -> bool {
        self.routes.iter().any(Option::is_some)
    }

    fn is_over(&self) -> bool {
        self.outcome.is_some() || !self.has_receivers()
    }

    fn end(&mut self, outcome: Outcome, notify: &mut Vec<W>) {
        if self.outcome.is_none() {
            self.outcome = Some(outcome);
            self.held = None;
            let routes = self.routes.iter_mut().flatten();
            notify.extend(routes.filter_map(|route| route.waiting.take()));
        }
    }
}

impl<W> Default for Router<W> {
    fn default() -> Self {
        Self::new()
    }
}
