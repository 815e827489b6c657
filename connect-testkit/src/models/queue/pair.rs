//! The queue under test beside its model.

use bytes::Buf;
use connect_proto::queue::{Next, SendQueue, Ticket, TrySendError, Watch};
use connect_proto::{
    Config, ConnectDatagram, Encoder, Goal, HEADER_LEN, Outbound, Step, WriteError, WriteErrorKind,
};

use super::Operation;
use super::expected::{DRIVER, END, Model, Number};
use crate::{datagrams, naive};

/// A place in line, with the number of who stands there, the length of the frame, and the frame itself if it is
/// not for a permit.
type Waiting = (Ticket, Number, usize, Option<ConnectDatagram>);

/// The queue under test, the model, and the hands of those who use the queue.
pub(crate) struct Pair {
    queue: SendQueue<Number>,
    outbound: Outbound,
    goal: Goal,
    wire: Vec<u8>,
    pub(crate) model: Model,
    notified: Vec<Number>,
    last_number: Number,
    /// Who has not heard yet what became of it.
    waiting: Vec<Waiting>,
    permits: Vec<usize>,
    watches: Vec<(Watch, Number)>,
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
            notified: Vec::new(),
            last_number: DRIVER,
            waiting: Vec::new(),
            permits: Vec::new(),
            watches: Vec::new(),
        }
    }

    fn number(&mut self) -> Number {
        self.last_number += 1;
        self.last_number
    }

    /// The error that whoever comes now has to get, with what it wanted to send.
    fn check_refusal(&self, error: &WriteError, datagram: Option<&ConnectDatagram>) {
        assert!(self.model.failed || self.model.closing);
        assert_eq!(error.datagram(), datagram);
        let is_refusal = matches!(error.kind(), WriteErrorKind::Refused(_));
        assert_eq!(is_refusal, !self.model.failed);
        assert_eq!(error.unsent().is_some(), self.model.failed);
    }

    pub(crate) fn apply(&mut self, operation: &Operation) {
        match *operation {
            Operation::Send(len) => {
                let number = self.number();
                let datagram = datagrams::datagram(number as usize, number as u16, len);
                match self.queue.send(datagram.clone(), &number) {
                    Ok(ticket) => self.join(ticket, number, HEADER_LEN + len, Some(datagram)),
                    Err(error) => self.check_refusal(&error, Some(&datagram)),
                }
            }
            Operation::TrySend(len) => {
                let datagram = datagrams::datagram(7, self.last_number as u16, len);
                let has_room = self.model.has_room_for(datagram.size());
                match self.queue.try_send(datagram.clone()) {
                    Ok(()) => {
                        assert!(has_room && !self.model.closing && !self.model.failed);
                        self.model.accept(&datagram);
                    }
                    Err(TrySendError::Full(returned)) => {
                        assert!(!has_room && !self.model.closing && !self.model.failed);
                        assert_eq!(returned, datagram);
                    }
                    Err(TrySendError::Failed(error)) => self.check_refusal(&error, Some(&datagram)),
                }
            }
            Operation::Reserve(len) => {
                let number = self.number();
                match self.queue.reserve(len, &number) {
                    Ok(ticket) => self.join(ticket, number, HEADER_LEN + len, None),
                    Err(error) => self.check_refusal(&error, None),
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
                Err(error) => self.check_refusal(&error, None),
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
                if let Some((watch, number)) = take(&mut self.watches, which) {
                    self.queue.forget(watch);
                    self.model.watchers.retain(|entry| entry.1 != number);
                }
            }
            Operation::Close => {
                self.queue.close();
                self.model.closing = true;
            }
            Operation::Drive(most) if !self.model.failed && !self.model.closed => self.drive(most),
            Operation::Drive(_) => {}
            Operation::Fail => self.fail(true),
            Operation::DropDriver => self.fail(false),
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
        assert!(!self.model.closing && !self.model.failed);
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

    fn ask(&mut self, (ticket, number, len, datagram): Waiting) {
        let stands = self.model.line.iter().any(|place| place.0 == number);
        match self.queue.check(ticket, &number) {
            None => {
                assert!(stands && !self.model.failed);
                self.waiting.push((ticket, number, len, datagram));
            }
            Some(Ok(())) => {
                assert!(!stands);
                if datagram.is_none() {
                    self.permits.push(len - HEADER_LEN);
                }
            }
            Some(Err(error)) => {
                assert!(stands && self.model.failed);
                self.check_refusal(&error, datagram.as_ref());
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
                assert!(len <= permit && !self.model.failed);
                self.model.accept(&datagram);
            }
            Err(error) => {
                assert!(len > permit || self.model.failed);
                assert_eq!(error.into_datagram(), Some(datagram));
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
            Ok(None) => assert!(self.model.closed || position <= self.model.flushed),
            Ok(Some(watch)) => {
                assert!(!self.model.closed && position > self.model.flushed);
                self.model.watchers.push((position, number));
                self.watches.push((watch, number));
            }
            Err(_) => assert!(self.model.failed),
        }
    }

    fn ask_watch(&mut self, (watch, number): (Watch, Number)) {
        let waits = self.model.watchers.iter().any(|entry| entry.1 == number);
        match self.queue.check_watch(watch, &number) {
            None => {
                assert!(waits);
                self.watches.push((watch, number));
            }
            Some(Ok(())) => assert!(!waits),
            Some(Err(_)) => assert!(!waits && self.model.failed),
        }
    }

    fn drive(&mut self, most: usize) {
        match self.outbound.next_step(self.goal).expect("works") {
            Step::Write => {
                let outbox = self.outbound.outbox().expect("works");
                let (len, taken) = (outbox.chunk().len(), outbox.chunk().len().min(most));
                self.wire.extend_from_slice(&outbox.chunk()[..taken]);
                self.outbound.handle_write(len, Ok(taken)).expect("works");
                self.queue
                    .handle_progress(&self.outbound, &mut self.notified);
                self.model.written += taken;
                self.model.stats.writes += 1;
                self.model.serve_line();
            }
            Step::Flush => {
                self.outbound.handle_flush(Ok(())).expect("works");
                self.queue
                    .handle_progress(&self.outbound, &mut self.notified);
                self.model.stats.flushes += 1;
            }
            Step::ShutDown => {
                assert!(self.model.is_at_its_end());
                self.outbound.handle_shut_down(Ok(())).expect("works");
            }
            Step::Done => {
                let (outbound, notified) = (&mut self.outbound, &mut self.notified);
                let next = (self.queue).next_goal(outbound, self.goal, &DRIVER, notified);
                assert_eq!(next, self.model.next_goal(self.goal));
                if let Next::Goal(goal) = next {
                    self.goal = goal;
                }
            }
        }
    }

    fn fail(&mut self, with_outbound: bool) {
        let outbound = with_outbound.then_some(&self.outbound);
        let reason = WriteErrorKind::Io(std::io::ErrorKind::BrokenPipe.into());
        let error = self.queue.fail(reason, outbound, &mut self.notified);
        assert_eq!(error.unsent().is_none(), self.model.closed);
        if !self.model.closed && !self.model.failed {
            self.model.fail();
        }
        if let Some(unsent) = error.unsent() {
            let stats = self.model.expected_stats();
            assert_eq!(unsent.messages, stats.queued_messages);
            assert_eq!(unsent.bytes, stats.queued_bytes);
        }
    }

    /// After each operation.
    pub(crate) fn check(&mut self) {
        let told = std::mem::take(&mut self.model.told);
        assert_eq!(std::mem::take(&mut self.notified), told);
        let woken = self.queue.driver_to_wake();
        assert_eq!(woken.is_some(), self.model.driver_is_to_be_woken());
        assert!(self.wire == self.model.accepted[..self.model.written]);
        assert_eq!(self.queue.stats(), self.model.expected_stats());
        let is_closed = self.model.closing || self.model.failed;
        assert_eq!(self.queue.is_closed(), is_closed);
        // Nobody stands in line who could be served.
        let first = self.model.line.first();
        assert!(self.model.failed || !first.is_some_and(|first| self.model.fits(first.1)));
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
            if self.model.closed || self.model.failed {
                break;
            }
            self.drive(usize::MAX);
            self.check();
        }
        assert!(self.waiting.is_empty() && self.model.granted.is_empty());
        for watch in std::mem::take(&mut self.watches) {
            self.ask_watch(watch);
        }
        assert!(self.watches.is_empty() && self.model.watchers.is_empty());
        if !self.model.failed {
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
