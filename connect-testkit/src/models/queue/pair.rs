//! The queue under test beside its model.

use connect_proto::queue::{Rest, SendQueue, Ticket, TrySendError, Turn, Watch};
use connect_proto::{
    Config, ConnectDatagram, DatagramRef, EncodeError, Encoder, Goal, HEADER_LEN, Outbound,
    WriteError,
};

use super::Operation;
use super::errors::{Reason, check_refused};
use super::expected::{DRIVER, END, Model, Number};
use super::promises::Promises;
use super::turns::SENDERS;
use crate::{datagrams, naive};

/// A place in line, with the number of who stands there, the length of the frame, and the frame itself if it is
/// not for a permit.
type Waiting = (Ticket, Number, usize, Option<ConnectDatagram>);

/// A rest, the round in which it began, and who is to be told of its end.
type Resting = (Rest, usize, Option<Number>);

/// The queue under test, the model, and the hands of those who use the queue.
pub(crate) struct Pair {
    pub(super) queue: SendQueue<Number>,
    pub(super) outbound: Outbound,
    pub(super) goal: Goal,
    pub(super) wire: Vec<u8>,
    pub(crate) model: Model,
    pub(super) promises: Promises,
    pub(super) notified: Vec<Number>,
    last_number: Number,
    /// Who has not heard yet what became of it.
    waiting: Vec<Waiting>,
    permits: Vec<usize>,
    /// With the position that is waited for.
    watches: Vec<(Watch, usize, Number)>,
    turns: [Turn; SENDERS],
    resting: Vec<Resting>,
}

impl Pair {
    pub(crate) fn new(mark: usize) -> Self {
        let config = Config::new().with_high_water_mark(mark);
        let outbound = Outbound::from(Encoder::new(&config.with_chain_threshold(60)));
        Self {
            queue: SendQueue::new(&outbound),
            outbound,
            goal: SendQueue::<Number>::FIRST_GOAL,
            wire: Vec::new(),
            model: Model {
                mark,
                ..Model::default()
            },
            promises: Promises::default(),
            notified: Vec::new(),
            last_number: DRIVER,
            waiting: Vec::new(),
            permits: Vec::new(),
            watches: Vec::new(),
            turns: Default::default(),
            resting: Vec::new(),
        }
    }

    fn number(&mut self) -> Number {
        self.last_number += 1;
        self.last_number
    }

    pub(crate) fn apply(&mut self, operation: &Operation) {
        match *operation {
            Operation::Send(len) => {
                let number = self.number();
                let datagram = datagrams::datagram(number as usize, number as u16, len);
                match self.queue.send(datagram.clone(), &number) {
                    Ok(ticket) => self.join(ticket, number, HEADER_LEN + len, Some(datagram)),
                    Err(error) => self.model.check_refusal(&error, Some(&datagram)),
                }
            }
            Operation::TrySend(len) => {
                let datagram = datagrams::datagram(7, self.last_number as u16, len);
                let has_room = self.model.has_room_for(datagram.size());
                match self.queue.try_send(datagram.clone()) {
                    Ok(()) => {
                        assert!(has_room && !self.model.closing && !self.model.has_failed());
                        self.model.accept(&datagram);
                    }
                    Err(TrySendError::Full(returned)) => {
                        assert!(!has_room && !self.model.closing && !self.model.has_failed());
                        assert_eq!(returned, datagram);
                    }
                    Err(TrySendError::Failed(error)) => {
                        self.model.check_refusal(&error, Some(&datagram));
                    }
                }
            }
            Operation::TrySendRef(len) => self.try_send_ref(len),
            Operation::SendInTurn(which, len) => self.send_in_turn(which % SENDERS, len),
            Operation::AskRest(which) => {
                if let Some(resting) = take(&mut self.resting, which) {
                    self.ask_rest(resting);
                }
            }
            Operation::Reserve(len) => {
                let number = self.number();
                match self.queue.reserve(len, &number) {
                    Ok(ticket) => self.join(ticket, number, HEADER_LEN + len, None),
                    Err(error) => self.model.check_refusal(&error, None),
                }
            }
            Operation::TryReserve(len) => match self.queue.try_reserve(len) {
                Ok(reserved) => {
                    assert_eq!(reserved, self.model.has_room_for(HEADER_LEN + len));
                    if reserved {
                        self.model.granted.push(HEADER_LEN + len);
                        self.permits.push(len);
                    }
                }
                Err(error) => self.model.check_refusal(&error, None),
            },
            Operation::UsePermit(which, longer) => {
                if let Some(permit) = take(&mut self.permits, which) {
                    self.use_permit(permit, permit.saturating_add_signed(longer.into()).max(1));
                }
            }
            Operation::DropPermit(which) => {
                if let Some(permit) = take(&mut self.permits, which) {
                    self.queue.release(permit, &mut self.notified);
                    self.model.give_permit_back(HEADER_LEN + permit);
                    self.model.serve_line();
                }
            }
            Operation::Ask(which) => {
                if let Some(place) = take(&mut self.waiting, which) {
                    self.ask(place);
                }
            }
            Operation::Cancel(which) => {
                if let Some((ticket, number, len, datagram)) = take(&mut self.waiting, which) {
                    let stood = self.model.line.iter().any(|place| place.0 == number);
                    assert_eq!(self.queue.leave(ticket, &mut self.notified), stood);
                    self.model.line.retain(|place| place.0 != number);
                    if !stood && datagram.is_none() {
                        self.queue.release(len - HEADER_LEN, &mut self.notified);
                        self.model.give_permit_back(len);
                    }
                    self.model.serve_line();
                }
            }
            Operation::Flush => self.watch(SendQueue::flush, self.model.accepted.len()),
            Operation::WatchEnd => self.watch(SendQueue::watch_end, END),
            Operation::AskWatch(which) => {
                if let Some(watch) = take(&mut self.watches, which) {
                    self.ask_watch(watch);
                }
            }
            Operation::ForgetWatch(which) => {
                if let Some((watch, _, number)) = take(&mut self.watches, which) {
                    self.queue.forget(watch);
                    self.promises.forget(number);
                    self.model.watchers.retain(|entry| entry.1 != number);
                }
            }
            Operation::Close => {
                self.queue.close();
                self.model.closing = true;
            }
            Operation::Drive(most) if !self.model.has_failed() && !self.model.closed => {
                self.drive(most);
            }
            Operation::Drive(_) => {}
            Operation::Fail => self.fail(Reason::BrokenPipe),
            Operation::DropDriver => self.fail(Reason::DriverDropped),
        }
    }

    /// What follows from `send` or `reserve`: accepted, or a place in line.
    fn join(
        &mut self,
        ticket: Option<Ticket>,
        number: Number,
        len: usize,
        datagram: Option<ConnectDatagram>,
    ) {
        assert!(!self.model.closing && !self.model.has_failed());
        assert_eq!(ticket.is_none(), self.model.has_room_for(len));
        match (ticket, datagram) {
            (Some(ticket), datagram) => {
                self.model.line.push((number, len, datagram.clone()));
                self.waiting.push((ticket, number, len, datagram));
            }
            (None, Some(datagram)) => self.model.accept(&datagram),
            (None, None) => {
                self.model.granted.push(len);
                self.permits.push(len - HEADER_LEN);
            }
        }
    }

    fn try_send_ref(&mut self, len: usize) {
        let datagram = datagrams::datagram(9, self.last_number as u16, len);
        let has_room = self.model.has_room_for(datagram.size());
        match self.queue.try_send_ref(DatagramRef::from(&datagram)) {
            Ok(accepted) => {
                assert!(!self.model.closing && !self.model.has_failed());
                assert_eq!(accepted, has_room);
                if accepted {
                    self.model.accept(&datagram);
                }
            }
            Err(error) => self.model.check_refusal(&error, None),
        }
    }

    /// It counts whether there was room or not, as it does for who then waits in line.
    fn send_in_turn(&mut self, sender: usize, len: usize) {
        self.try_send_ref(len);
        let (mark, is_due) = (self.model.mark, self.model.has_fresh());
        let rest = (self.queue).is_turn_over(&mut self.turns[sender], HEADER_LEN + len);
        let turns = &mut self.model.turns;
        turns.count(sender, HEADER_LEN + len, mark, is_due, rest.is_some());
        if let Some(rest) = rest {
            let round = turns.round;
            self.ask_rest((rest, round, None));
        }
    }

    /// Whoever asks again is told instead of who asked before.
    fn ask_rest(&mut self, (mut rest, round, former): Resting) {
        let number = self.number();
        let is_over = self.queue.check_rest(&mut rest, &number);
        let turns = &mut self.model.turns;
        assert_eq!(is_over, round < turns.round);
        if !is_over {
            match turns.resting.iter_mut().find(|it| Some(**it) == former) {
                Some(resting) => *resting = number,
                None => turns.resting.push(number),
            }
            self.resting.push((rest, round, Some(number)));
        }
    }

    fn ask(&mut self, (ticket, number, len, datagram): Waiting) {
        let stands = self.model.line.iter().any(|place| place.0 == number);
        match self.queue.check(ticket, &number) {
            None => {
                assert!(stands && !self.model.has_failed());
                self.waiting.push((ticket, number, len, datagram));
            }
            Some(Ok(())) => {
                assert!(!stands);
                if datagram.is_none() {
                    self.permits.push(len - HEADER_LEN);
                }
            }
            Some(Err(error)) => {
                assert!(stands && self.model.has_failed());
                self.model.check_refusal(&error, datagram.as_ref());
                self.model.line.retain(|place| place.0 != number);
            }
        }
    }

    fn use_permit(&mut self, permit: usize, len: usize) {
        let number = self.number();
        let datagram = datagrams::datagram(number as usize, number as u16, len);
        let sent = (self.queue).send_reserved(permit, datagram.clone(), &mut self.notified);
        self.model.give_permit_back(HEADER_LEN + permit);
        match sent {
            Ok(()) => {
                assert!(len <= permit && !self.model.has_failed());
                self.model.accept(&datagram);
            }
            Err(error) => {
                assert_eq!(error.datagram(), Some(&datagram));
                if self.model.has_failed() {
                    self.model.check_loss(&error);
                } else {
                    let reason = EncodeError::DataTooLarge { len, max: permit };
                    check_refused(&error, reason);
                    assert!(len > permit);
                }
            }
        }
        self.model.serve_line();
    }

    fn watch(
        &mut self,
        start: fn(&mut SendQueue<Number>, &Number) -> Result<Option<Watch>, WriteError>,
        position: usize,
    ) {
        let number = self.number();
        match start(&mut self.queue, &number) {
            Ok(None) => assert!(self.model.has_reached(position) && !self.model.has_failed()),
            Ok(Some(watch)) => {
                assert!(!self.model.has_reached(position) && !self.model.has_failed());
                self.model.watchers.push((position, number));
                self.promises.watch(position, number);
                self.watches.push((watch, position, number));
            }
            Err(error) => self.model.check_refusal(&error, None),
        }
    }

    fn ask_watch(&mut self, (watch, position, number): (Watch, usize, Number)) {
        let has_come = self.model.has_reached(position);
        match self.queue.check_watch(watch, &number) {
            None => {
                assert!(!has_come && !self.model.has_failed());
                self.watches.push((watch, position, number));
            }
            Some(Ok(())) => assert!(has_come),
            Some(Err(error)) => {
                assert!(!has_come);
                assert_eq!(error.datagram(), None);
                self.model.check_loss(&error);
            }
        }
    }

    /// After each operation.
    pub(crate) fn check(&mut self) {
        let (told, notified) = (&mut self.model.told, &mut self.notified);
        let (told, notified) = (std::mem::take(told), std::mem::take(notified));
        assert_eq!(notified, told);
        (self.promises).check_told(&notified, self.model.has_failed());
        drop(self.queue.take_spent());
        let woken = self.queue.driver_to_wake();
        assert_eq!(woken.is_some(), self.model.driver_is_to_be_woken());
        assert!(self.wire == self.model.accepted[..self.model.written]);
        assert_eq!(self.queue.stats(), self.model.expected_stats());
        let is_closed = self.model.closing || self.model.has_failed();
        assert_eq!(self.queue.is_closed(), is_closed);
        // Nobody stands in line who could be served.
        let first = self.model.line.first();
        assert!(self.model.has_failed() || !first.is_some_and(|first| self.model.fits(first.1)));
    }

    /// Closes the queue unless it has failed, and sees to it that everybody is answered.
    pub(crate) fn finish(&mut self) {
        self.apply(&Operation::Close);
        self.check();
        for _ in 0..10_000 {
            for place in std::mem::take(&mut self.waiting) {
                self.ask(place);
                self.check();
            }
            while let Some(permit) = self.permits.pop() {
                self.use_permit(permit, permit);
                self.check();
            }
            if self.model.closed || self.model.has_failed() {
                break;
            }
            self.drive(usize::MAX);
            self.check();
        }
        assert!(self.model.closed || self.model.has_failed());
        assert!(self.waiting.is_empty() && self.model.granted.is_empty());
        for resting in std::mem::take(&mut self.resting) {
            self.ask_rest(resting);
        }
        assert!(self.resting.is_empty() && self.model.turns.resting.is_empty());
        for watch in std::mem::take(&mut self.watches) {
            self.ask_watch(watch);
        }
        assert!(self.watches.is_empty() && self.model.watchers.is_empty());
        if !self.model.has_failed() {
            assert!(self.wire == self.model.accepted);
            let parsed = naive::parse(&self.wire, usize::MAX);
            assert_eq!(parsed.frame_ends, self.model.ends);
        }
    }
}

/// One of `list`, if there is any.
fn take<T>(list: &mut Vec<T>, which: usize) -> Option<T> {
    (!list.is_empty()).then(|| list.remove(which % list.len()))
}
