//! What the applications of one direction know: what was offered, what became of it, and what came.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;

use connect_proto::{ConnectDatagram, ReadError, Unsent, WriteError, WriteErrorKind};

use super::witness::{Event, Who, Witness};
use crate::datagrams;
use crate::naive::Message;

/// Datagrams of this many bytes differ from each other for certain.
pub(crate) const TELLING_LEN: usize = 8;

/// What the applications of one direction know. A datagram that comes must be the next of its lane; one that was
/// given up may be missing.
pub(crate) struct Ledger {
    who: Who,
    witness: Rc<Witness>,
    books: RefCell<Books>,
}

#[derive(Default)]
pub(crate) struct Books {
    /// One for each sender; its number is the recipient.
    pub(crate) lanes: Vec<Lane>,
    /// What came, in the order of reception.
    pub(crate) received: Vec<ConnectDatagram>,
    /// How sending ended, and what those were told who sent through a queue.
    pub(crate) sending: Option<Result<(), Failure>>,
    pub(crate) told: Vec<Failure>,
    /// Somebody asked for the end.
    pub(crate) closing: bool,
    pub(crate) receiving: Vec<Result<(), ReadError>>,
    /// Why the handshake failed, if it did: nothing was sent.
    pub(crate) no_connection: Option<Box<dyn Error>>,
}

#[derive(Default)]
pub(crate) struct Lane {
    pub(crate) entries: Vec<(ConnectDatagram, Fate)>,
    /// How many of them came, or are known not to come.
    next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Not yet known.
    Offered,
    Accepted,
    /// The sender stopped waiting: it may come.
    GivenUp,
    /// It came back, or was dropped before it could be accepted: it must not come.
    Refused,
}

/// An entry of a lane.
#[derive(Clone, Copy)]
pub(crate) struct Offer {
    lane: u16,
    index: usize,
}

/// What a sender was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) text: String,
    /// `None` if it is a failure of the byte stage.
    pub(crate) io: Option<std::io::ErrorKind>,
    pub(crate) unsent: Unsent,
}

impl From<&WriteError> for Failure {
    fn from(error: &WriteError) -> Self {
        let io = match error.kind() {
            WriteErrorKind::Io(error) => Some(error.kind()),
            WriteErrorKind::Stage(_) => None,
            kind => panic!("not a failure of the connection: {kind:?}"),
        };
        Self {
            text: error.to_string(),
            io,
            unsent: error.unsent().expect("the connection failed"),
        }
    }
}

impl Ledger {
    pub(crate) fn new(who: Who, lanes: usize, witness: &Rc<Witness>) -> Rc<Self> {
        let mut books = Books::default();
        books.lanes.resize_with(lanes, Lane::default);
        Rc::new(Self {
            who,
            witness: Rc::clone(witness),
            books: RefCell::new(books),
        })
    }

    pub(crate) fn write<T>(&self, entry: impl FnOnce(&mut Books) -> T) -> T {
        entry(&mut self.books.borrow_mut())
    }

    /// Makes the next datagram of a lane, which is about to be sent.
    pub(crate) fn offer(&self, lane: u16, len: usize) -> (Offer, ConnectDatagram) {
        let entries = &mut self.books.borrow_mut().lanes[usize::from(lane)].entries;
        let index = entries.len();
        let way = usize::from(self.who == Who::Up);
        let number = way << 28 | usize::from(lane) << 16 | index;
        let datagram = datagrams::datagram(number, lane, len);
        entries.push((datagram.clone(), Fate::Offered));
        self.witness.saw(self.who, Event::Offered { lane, len });
        (Offer { lane, index }, datagram)
    }

    pub(crate) fn settle(&self, offer: Offer, fate: Fate) {
        let mut books = self.books.borrow_mut();
        let lane = &mut books.lanes[usize::from(offer.lane)];
        assert!(
            fate != Fate::Refused || lane.next <= offer.index,
            "what came back has been received"
        );
        lane.entries[offer.index].1 = fate;
        let event = match fate {
            Fate::Accepted => Event::Accepted,
            _ => Event::GaveUp,
        };
        self.witness.saw(self.who, event);
    }

    /// What an attempt to send came to. A datagram that was given away comes back with the error.
    pub(crate) fn settle_with(&self, offer: Offer, result: &Result<(), WriteError>, given: bool) {
        let fate = match result {
            Ok(()) => Fate::Accepted,
            Err(error) => {
                assert!(error.datagram().is_some() || !given, "{error:?}");
                if let Some(datagram) = error.datagram() {
                    let entry = &self.books.borrow().lanes[usize::from(offer.lane)].entries;
                    assert_eq!(*datagram, entry[offer.index].0, "another one comes back");
                }
                Fate::Refused
            }
        };
        self.settle(offer, fate);
    }

    /// Everything that a lane was told to be accepted is among these.
    pub(crate) fn check_accepted(&self, lane: u16, messages: &[Message]) {
        let books = self.books.borrow();
        let mut messages = messages.iter().filter(|message| message.recipient == lane);
        for (datagram, fate) in &books.lanes[usize::from(lane)].entries {
            assert!(
                *fate != Fate::Accepted || messages.any(|message| *datagram.data() == message.data),
                "{} bytes are not among them",
                datagram.data().len()
            );
        }
    }

    pub(crate) fn receive(&self, datagram: ConnectDatagram) {
        let mut books = self.books.borrow_mut();
        let (lane, len) = (datagram.recipient(), datagram.data().len());
        self.witness.saw(self.who, Event::Received { lane, len });
        let lane = books.lanes.get_mut(usize::from(lane)).expect("a recipient");
        loop {
            let Some((next, fate)) = lane.entries.get(lane.next) else {
                panic!("{len} bytes came that nobody has sent, or came twice");
            };
            lane.next += 1;
            if *next == datagram && *fate != Fate::Refused {
                break;
            }
            assert!(
                matches!(fate, Fate::GivenUp | Fate::Refused),
                "{len} bytes came, and not the {} that were sent before",
                next.data().len()
            );
        }
        books.received.push(datagram);
    }
}

impl Lane {
    /// What was accepted and has not come.
    pub(crate) fn missing(&self) -> usize {
        let rest = self.entries[self.next..].iter();
        rest.filter(|(_, fate)| *fate == Fate::Accepted).count()
    }
}
