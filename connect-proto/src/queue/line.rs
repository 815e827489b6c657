//! Who waits for room in a queue, in the order of arrival.

use alloc::collections::BTreeMap;

use crate::datagram::ConnectDatagram;
use crate::header::HEADER_LEN;

/// A place in the line of a [`SendQueue`](super::SendQueue).
///
/// ```
/// use connect_proto::queue::{Next, SendQueue};
/// use connect_proto::{Config, ConnectDatagram, Encoder, Goal, Outbound};
///
/// let one_at_a_time = Config::new().with_high_water_mark(0);
/// let mut outbound = Outbound::from(Encoder::new(&one_at_a_time));
/// let mut queue = SendQueue::new(&outbound);
/// assert!(queue.send(ConnectDatagram::new(7, "first")?, &"first")?.is_none());
/// let ticket = queue.send(ConnectDatagram::new(7, "second")?, &"second")?.expect("there is no room");
/// assert!(queue.check(ticket, &"second").is_none());
///
/// // The driver takes the first, and writes it: now there is room.
/// let mut notify = Vec::new();
/// let next = queue.next_goal(&mut outbound, Goal::Written, &"the driver", &mut notify);
/// assert_eq!(next, Next::Goal(Goal::Written));
/// outbound.handle_write(13, Ok(13))?;
/// queue.handle_progress(&outbound, &mut notify);
/// assert_eq!(notify, ["second"]);
/// assert!(matches!(queue.check(ticket, &"second"), Some(Ok(()))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// Tickets grow, so the map is in the order of arrival. Whoever gives up in the middle costs no more than who
/// is served.
pub(super) struct Line<W> {
    places: BTreeMap<Ticket, Place<W>>,
    next_ticket: u64,
}

pub(super) struct Place<W> {
    /// The bytes that are waited for.
    pub(super) len: usize,
    /// What is to be sent; `None` for a permit.
    pub(super) datagram: Option<ConnectDatagram>,
    pub(super) notify: W,
}

impl<W: Clone> Line<W> {
    pub(super) const fn new() -> Self {
        Self {
            places: BTreeMap::new(),
            next_ticket: 0,
        }
    }

    pub(super) fn join(&mut self, datagram: ConnectDatagram, notify: &W) -> Ticket {
        let len = HEADER_LEN + datagram.data().len();
        self.add(len, Some(datagram), notify)
    }

    pub(super) fn join_for(&mut self, len: usize, notify: &W) -> Ticket {
        self.add(len, None, notify)
    }

    fn add(&mut self, len: usize, datagram: Option<ConnectDatagram>, notify: &W) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let notify = notify.clone();
        let place = Place {
            len,
            datagram,
            notify,
        };
        self.places.insert(ticket, place);
        ticket
    }

    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<Place<W>> {
        self.places.remove(&ticket)
    }

    pub(super) fn contains(&self, ticket: Ticket) -> bool {
        self.places.contains_key(&ticket)
    }

    /// Returns who was to be notified until now.
    pub(super) fn notify_instead(&mut self, ticket: Ticket, notify: &W) -> Option<W> {
        let place = self.places.get_mut(&ticket)?;
        Some(core::mem::replace(&mut place.notify, notify.clone()))
    }

    /// How many bytes the first waits for.
    pub(super) fn first_len(&self) -> Option<usize> {
        self.places.values().next().map(|place| place.len)
    }

    pub(super) fn serve_first(&mut self) -> Option<Place<W>> {
        self.places.pop_first().map(|(_, place)| place)
    }

    pub(super) fn everybody(&self) -> impl Iterator<Item = &W> {
        self.places.values().map(|place| &place.notify)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}
