//! The router under test beside a naive one.

use std::collections::VecDeque;
use std::io;

use connect_proto::router::{Delivery, Overflow, RouteError, Router, Taken};
use connect_proto::{Config, ConnectDatagram, DecodeError, Decoder, Inbound, ReadError};

use super::route::NaiveRoute;
use super::{Case, Operation};
use crate::datagrams;
use crate::model_counts::ModelCounts;

/// Short enough that data of half of it, which is moved instead of copied, is common.
const BLOCK: usize = 512;

/// How it is over, in words.
type Ending = &'static str;

/// The router under test, and what should be.
pub(crate) struct Pair {
    router: Router<u32>,
    inbound: Inbound,
    routes: Vec<NaiveRoute>,
    /// Received, not delivered.
    pending: VecDeque<ConnectDatagram>,
    stream_end: Option<Ending>,
    over: Option<Ending>,
    /// Which route, and for how many bytes of data.
    held: Option<(usize, usize)>,
    driver: Option<u32>,
    next_token: u32,
    sent: usize,
    /// Bytes, of frames and of what breaks the format.
    received: usize,
    pub(crate) counts: ModelCounts,
}

impl Pair {
    pub(crate) fn new(case: &Case) -> Self {
        let mut router = Router::new();
        let mut routes: Vec<NaiveRoute> = Vec::new();
        for &(start, count, config) in &case.routes {
            let recipients: Vec<u16> = (start..start + count).collect();
            let taken = routes
                .iter()
                .any(|route| route.recipients.iter().any(|tag| recipients.contains(tag)));
            match router.add(start..start + count, config) {
                Ok(id) => {
                    assert!(!taken);
                    routes.push(NaiveRoute::new(id, recipients, false, config));
                }
                Err(error) => assert!(taken && matches!(error, RouteError::Overlap { .. })),
            }
        }
        if let Some(config) = case.rest {
            let id = router.add_rest(config).expect("the first");
            routes.push(NaiveRoute::new(id, Vec::new(), true, config));
        }
        let config = Config::new().with_read_block_len(BLOCK);
        Self {
            router,
            inbound: Inbound::from(Decoder::new(&config)),
            routes,
            pending: VecDeque::new(),
            stream_end: None,
            over: None,
            held: None,
            driver: None,
            next_token: 0,
            sent: 0,
            received: 0,
            counts: ModelCounts {
                cases: 1,
                operations: case.operations.len() as u64,
                ..ModelCounts::default()
            },
        }
    }

    fn token(&mut self) -> u32 {
        self.next_token += 1;
        self.next_token
    }

    /// Applies it to both. The same are notified, in whatever order.
    pub(crate) fn apply(&mut self, operation: &Operation) {
        let (mut notified, mut expected) = self.apply_to_both(operation);
        notified.sort_unstable();
        expected.sort_unstable();
        assert_eq!(notified, expected, "notified by {operation:?}");
        self.check();
    }

    /// Returns who was notified, and who should have been.
    fn apply_to_both(&mut self, operation: &Operation) -> (Vec<u32>, Vec<u32>) {
        let (mut notified, mut expected) = (Vec::new(), Vec::new());
        match *operation {
            Operation::Send { recipient, len } => self.send(recipient, len),
            Operation::Deliver => self.deliver(&mut notified, &mut expected),
            Operation::DriverWaits => {
                let token = self.token();
                let former = self.router.set_driver_waiting(Some(token));
                assert_eq!(former, self.driver.replace(token));
            }
            Operation::Take { route, most } => {
                let index = route % self.routes.len();
                for _ in 0..most {
                    if !self.take(index, &mut notified, &mut expected) {
                        break;
                    }
                }
            }
            Operation::Wait(route) => self.wait(route % self.routes.len()),
            Operation::Close(route) => {
                let index = route % self.routes.len();
                let former = self.router.close(self.routes[index].id, &mut notified);
                assert_eq!(former, self.close(index, &mut expected));
            }
            Operation::Abandon => {
                self.router.abandon(&mut notified);
                self.end("abandoned", &mut expected);
            }
            Operation::End if self.stream_end.is_none() => {
                self.inbound.finish();
                self.stream_end = Some("end");
            }
            Operation::Cut if self.stream_end.is_none() => {
                self.receive(&[0; 3]);
                self.inbound.finish();
                self.stream_end = Some("cut");
            }
            Operation::Break if self.stream_end.is_none() => {
                self.receive(&[0; 4]);
                self.stream_end = Some("broken");
            }
            Operation::Fail if self.stream_end.is_none() => {
                self.inbound.fail(io::ErrorKind::ConnectionReset.into());
                self.stream_end = Some("failed");
            }
            Operation::End | Operation::Cut | Operation::Break | Operation::Fail => {}
        }
        (notified, expected)
    }

    fn send(&mut self, recipient: u16, len: usize) {
        if self.stream_end.is_none() {
            let datagram = datagrams::datagram(self.sent, recipient, len);
            let frame = datagram.encode().expect("valid");
            self.receive(&frame);
            self.sent += 1;
            self.counts.bytes += frame.len() as u64;
            self.pending.push_back(datagram);
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.inbound.extend_from_slice(bytes);
        self.received += bytes.len();
    }

    fn deliver(&mut self, notified: &mut Vec<u32>, expected: &mut Vec<u32>) {
        let mut delivery = Delivery::More;
        let mut ways_given = 0;
        // Each time something is delivered, or a route gives way for the first time since its receiver came by.
        for _ in 0..=2 * self.pending.len() {
            delivery = self.router.deliver(&mut self.inbound, notified);
            ways_given += usize::from(delivery == Delivery::GiveWay);
            if !matches!(delivery, Delivery::More | Delivery::GiveWay) {
                break;
            }
        }
        let gave_way_before = self.routes_that_gave_way();
        assert_eq!(delivery, self.naive_delivery(expected));
        assert_eq!(ways_given, self.routes_that_gave_way() - gave_way_before);
        if delivery == Delivery::Over {
            self.check_outcome();
        }
        self.check_connection();
    }

    fn routes_that_gave_way(&self) -> usize {
        self.routes.iter().filter(|route| route.gave_way).count()
    }

    /// The same whenever it is asked.
    fn check_outcome(&mut self) {
        for _ in 0..2 {
            let outcome = self.router.outcome().map(|()| Taken::End);
            // Whoever asks when all receivers are gone, or too soon, hears of no failure.
            check_ending(outcome, self.over.or(Some("end")));
        }
    }

    fn check_connection(&self) {
        let stats = self.router.connection_stats();
        assert_eq!(stats, self.inbound.stats());
        assert_eq!(
            stats.messages,
            self.routes.iter().map(|route| route.sent).sum::<u64>()
        );
        assert_eq!(stats.bytes, self.received as u64);
    }

    fn naive_delivery(&mut self, expected: &mut Vec<u32>) -> Delivery {
        if self.over.is_some() || self.routes.iter().all(|route| !route.open) {
            return Delivery::Over;
        }
        let mut held_before = self.held.take().map(|(index, _)| index);
        while let Some(datagram) = self.pending.front() {
            let (tag, len) = (datagram.recipient(), datagram.data().len());
            let open = |route: &&mut NaiveRoute| route.open;
            let mut routes = self.routes.iter_mut().filter(open);
            let own = routes.find(|route| route.recipients.contains(&tag));
            let found = match own {
                Some(route) => Some(route.id),
                None => self
                    .routes
                    .iter()
                    .find(|route| route.open && route.is_rest)
                    .map(|route| route.id),
            };
            let Some(index) = self.routes.iter().position(|route| Some(route.id) == found) else {
                self.end("unknown", expected);
                return Delivery::Over;
            };
            let route = &mut self.routes[index];
            let capacity = route.config.capacity();
            if !route.fits(len, capacity) {
                route.gave_way |= route.config.overflow() != Overflow::HoldLine;
                match route.config.overflow() {
                    Overflow::DiscardNewest => {
                        route.count(len);
                        route.count_discarded(len);
                        self.pending.pop_front();
                        held_before = None;
                        continue;
                    }
                    Overflow::DiscardOldest => {
                        while !route.fits(len, capacity) {
                            let oldest = route.queue.pop_front().expect("it does not fit");
                            route.count_discarded(oldest.data().len());
                        }
                    }
                    _ => {
                        route.holds += u64::from(held_before != Some(index));
                        self.held = Some((index, len));
                        return Delivery::LineHeld;
                    }
                }
            }
            held_before = None;
            route.count(len);
            route.queue.extend(self.pending.pop_front());
            expected.extend(route.waiting.take());
        }
        match self.stream_end {
            None => Delivery::NeedInput,
            Some(ending) => {
                self.end(ending, expected);
                Delivery::Over
            }
        }
    }

    fn end(&mut self, ending: Ending, expected: &mut Vec<u32>) {
        if self.over.is_none() {
            self.over = Some(ending);
            self.held = None;
            for route in self.routes.iter_mut() {
                expected.extend(route.waiting.take());
            }
        }
    }

    /// Whether there was one.
    fn take(&mut self, index: usize, notified: &mut Vec<u32>, expected: &mut Vec<u32>) -> bool {
        let route = &mut self.routes[index];
        let taken = self.router.take(route.id, notified);
        route.gave_way = false;
        let Some(datagram) = route.queue.pop_front() else {
            check_ending(taken, self.over);
            return false;
        };
        self.counts.datagrams += 1;
        assert_eq!(taken.expect("one is queued"), Taken::Datagram(datagram));
        if let Some((held, len)) = self.held {
            let capacity = route.config.capacity();
            if held == index && route.fits(len, capacity - capacity / 8) {
                self.held = None;
                expected.extend(self.driver.take());
            }
        }
        true
    }

    fn wait(&mut self, index: usize) {
        if self.over.is_some() || !self.routes[index].queue.is_empty() {
            return;
        }
        let token = self.token();
        let route = &mut self.routes[index];
        let former = self.router.set_receiver_waiting(route.id, token);
        if route.open {
            assert_eq!(former, route.waiting.replace(token));
        } else {
            assert_eq!(former, None);
        }
    }

    fn close(&mut self, index: usize, expected: &mut Vec<u32>) -> Option<u32> {
        let route = &mut self.routes[index];
        if !route.open {
            return None;
        }
        route.open = false;
        route.queue.clear();
        let former = route.waiting.take();
        if self.held.is_some_and(|(held, _)| held == index) {
            self.held = None;
            expected.extend(self.driver.take());
        }
        if self.routes.iter().all(|route| !route.open) {
            expected.extend(self.driver.take());
        }
        former
    }

    fn check(&self) {
        let mut delivered = 0;
        for route in &self.routes {
            let stats = self.router.route_stats(route.id);
            delivered += route.sent;
            assert_eq!(
                self.router.receiver_waiting(route.id).copied(),
                route.waiting
            );
            if !route.open {
                assert_eq!(stats.messages, 0);
                continue;
            }
            let queued = route.queue.len();
            assert_eq!(stats.messages, route.sent);
            assert_eq!(stats.bytes, route.sent_bytes);
            assert_eq!(stats.discarded_messages, route.discarded);
            assert_eq!(stats.discarded_bytes, route.discarded_bytes);
            assert_eq!(stats.queued_messages, queued);
            assert_eq!(stats.queued_bytes, route.used());
            assert_eq!(stats.line_holds, route.holds);
        }
        assert_eq!(self.inbound.stats().messages, delivered);
        assert_eq!(self.router.driver_waiting().copied(), self.driver);
    }

    /// Driver and receivers that go on get everything, and nobody waits for ever.
    pub(crate) fn finish(&mut self) {
        for _ in 0..=self.pending.len() {
            self.apply(&Operation::Deliver);
            for route in 0..self.routes.len() {
                let most = usize::MAX;
                self.apply(&Operation::Take { route, most });
            }
        }
        self.check_outcome();
        let all_closed = self.routes.iter().all(|route| !route.open);
        assert!(self.pending.is_empty() || self.over.is_some() || all_closed);
    }
}

fn check_ending(taken: Result<Taken, ReadError>, over: Option<Ending>) {
    match (over, taken) {
        (None, Ok(Taken::Nothing)) | (Some("end"), Ok(Taken::End)) => {}
        (Some("unknown"), Err(ReadError::UnknownRecipient { .. })) => {}
        (Some("abandoned"), Err(ReadError::DriverDropped)) => {}
        (Some("broken"), Err(ReadError::Protocol(DecodeError::SizeTooSmall { size: 0 }))) => {}
        (Some("cut"), Err(ReadError::Protocol(DecodeError::UnexpectedEof { missing: 5 }))) => {}
        (Some("failed"), Err(ReadError::Io(error))) => {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
        (over, taken) => panic!("{taken:?} although it is {over:?}"),
    }
}
