//! A queue on what is left of a connection.

use connect_proto::queue::{QueueSender, TrySendError};
use connect_proto::{ConnectDatagram, DatagramRef, WriteError, WriteErrorKind};

use super::writing::{Accepted, MOST_WRITE_POLLS, Writing};
use super::{Outcome, polls};
use crate::conformance::{Adapter, Writer};
use crate::fuzz::choices::Choices;
use crate::task::Task;

const MOST_OPERATIONS: usize = 12;

/// Many polls for a driver that may have nothing to do.
const MOST_IDLE_POLLS: usize = 50;

/// One sender, the driver of its queue and what it has ended with. Whoever waits is a task of its own.
struct Queue {
    sender: QueueSender,
    driver: Task<'static, Result<(), WriteError>>,
    ended: Option<Result<(), WriteError>>,
    accepted: Accepted,
}

/// Sends some more through a queue, and then closes it, or drops sender or driver.
pub(super) fn end<A: Adapter>(writing: Writing<A>, choices: &mut Choices<'_>) -> Outcome {
    let (writer, accepted, mut words) = writing.into_parts();
    let (sender, driver) = writer.into_queue();
    let mut queue = Queue {
        sender,
        driver: Task::new(driver),
        ended: None,
        accepted,
    };
    for _ in 0..MOST_OPERATIONS {
        if choices.are_over() {
            break;
        }
        let choice = choices.byte();
        match choice % 8 {
            // So that the rest means in the corpus what it always did.
            _ if choice >= 240 => queue.send_reserved(choices),
            _ if choice >= 224 => queue.send_ref(choices),
            0..3 => queue.send(choices),
            3 => queue.try_send(choices),
            4..7 => queue.drive(polls(choices, MOST_IDLE_POLLS)),
            _ => queue.flush(),
        }
        queue.check();
    }
    if choices.byte() % 4 == 3 {
        queue.lose_driver();
    } else {
        queue.close();
        queue.check();
        words.push(format!("{:?}", queue.ended));
    }
    words.push(format!("{:?}", queue.accepted.written.record()));
    words
}

impl Queue {
    /// What it ends with is checked later: what was accepted is known only when its sender was asked.
    fn drive(&mut self, polls: usize) {
        if self.ended.is_none() {
            self.ended = self.driver.run_at_most(polls);
        }
    }

    /// What is true after every operation.
    fn check(&self) {
        self.accepted.check(self.sender.stats().queued_bytes);
        match &self.ended {
            None => assert!(
                self.can_go_on() || self.may_rest(),
                "the driver waits for ever"
            ),
            Some(Ok(())) => self.accepted.check_closed(),
            Some(Err(error)) => self.accepted.check_error(error),
        }
    }

    /// Whether the driver was woken.
    fn can_go_on(&self) -> bool {
        self.ended.is_none() && self.driver.is_woken()
    }

    /// Whether the driver has nothing to do.
    fn may_rest(&self) -> bool {
        self.is_empty() && self.accepted.is_flushed() && !self.accepted.closing
    }

    /// Whether nothing is queued, and nobody waits for room.
    fn is_empty(&self) -> bool {
        let stats = self.sender.stats();
        stats.queued_bytes == 0 && stats.waiting == 0
    }

    /// What somebody comes to who takes turns with the driver.
    fn beside_driver<T>(&mut self, mut task: Task<'_, T>) -> T {
        for _ in 0..MOST_WRITE_POLLS {
            if let Some(output) = task.step() {
                return output;
            }
            let goes_on = task.is_woken() || self.can_go_on();
            assert!(goes_on, "waits for ever");
            self.drive(1);
        }
        panic!("somebody wakes itself again and again");
    }

    fn total(&self) -> usize {
        let stats = self.sender.stats();
        stats.bytes as usize + stats.queued_bytes
    }

    fn try_send(&mut self, choices: &mut Choices<'_>) {
        let datagram = self.accepted.datagram(choices);
        let result = self.sender.try_send(datagram.clone());
        let total = self.total();
        let accepted = self.accepted.accepts(&datagram, total);
        assert_eq!(accepted, result.is_ok());
        match result {
            Ok(()) => assert!(self.ended.is_none()),
            Err(TrySendError::Full(returned)) => {
                assert_eq!(returned, datagram);
                assert!(!self.is_empty());
            }
            Err(TrySendError::Failed(error)) => {
                assert_eq!(error.datagram(), Some(&datagram));
                self.accepted.check_error(&error);
            }
        }
    }

    /// What a future comes to that is polled alone first, and perhaps given up then; otherwise beside the driver.
    fn wait_for<T>(&mut self, mut task: Task<'_, T>, choices: &mut Choices<'_>) -> Option<T> {
        let output = task.run_at_most(polls(choices, 1));
        let waits = output.is_none() && !task.is_woken();
        assert!(!waits || self.can_go_on(), "waits for ever");
        if choices.flag() && output.is_none() {
            return Some(self.beside_driver(task));
        }
        output
    }

    fn send(&mut self, choices: &mut Choices<'_>) {
        let datagram = self.accepted.datagram(choices);
        let sender = self.sender.clone();
        let sending = Task::new(sender.send(datagram.clone()));
        let result = self.wait_for(sending, choices);
        self.check_sent(&datagram, true, result);
    }

    /// Data that somebody else owns, which nobody needs to give back.
    fn send_ref(&mut self, choices: &mut Choices<'_>) {
        let datagram = self.accepted.datagram(choices);
        let sender = self.sender.clone();
        let sending = Task::new(sender.send_ref(DatagramRef::from(&datagram)));
        let result = self.wait_for(sending, choices);
        self.check_sent(&datagram, false, result);
    }

    /// Room is set aside first, and perhaps not used.
    fn send_reserved(&mut self, choices: &mut Choices<'_>) {
        let datagram = self.accepted.datagram(choices);
        let sender = self.sender.clone();
        let len = datagram.data().len();
        let reserved = if choices.flag() {
            let reserved = sender.try_reserve(len).transpose();
            assert!(reserved.is_some() || !self.is_empty());
            reserved
        } else {
            self.wait_for(Task::new(sender.reserve(len)), choices)
        };
        match reserved {
            None => {}
            Some(Err(error)) => self.accepted.check_error(&error),
            Some(Ok(permit)) if choices.flag() => {
                let result = permit.send(datagram.clone());
                self.check_sent(&datagram, true, Some(result));
            }
            Some(Ok(permit)) => drop(permit),
        }
    }

    /// What was sent is accepted, and what was given up may be.
    fn check_sent(
        &mut self,
        datagram: &ConnectDatagram,
        comes_back: bool,
        result: Option<Result<(), WriteError>>,
    ) {
        let total = self.total();
        let accepted = self.accepted.accepts(datagram, total);
        match result {
            None => {}
            Some(Ok(())) => assert!(accepted),
            Some(Err(error)) => {
                assert!(!comes_back || error.datagram() == Some(datagram));
                assert!(!accepted);
                self.accepted.check_error(&error);
            }
        }
    }

    fn flush(&mut self) {
        let sender = self.sender.clone();
        match self.beside_driver(Task::new(sender.flush())) {
            Ok(()) => self.accepted.check_flushed(),
            Err(error) => self.accepted.check_error(&error),
        }
    }

    fn close(&mut self) {
        self.accepted.closing = true;
        let sender = self.sender.clone();
        match self.beside_driver(Task::new(sender.close())) {
            Ok(()) => self.accepted.check_closed(),
            Err(error) => self.accepted.check_error(&error),
        }
        self.drive(MOST_WRITE_POLLS);
        assert!(self.ended.is_some(), "the driver does not end");
    }

    /// Whoever comes later is told.
    fn lose_driver(&mut self) {
        self.driver = Task::new(std::future::pending());
        let flushed = Task::new(self.sender.flush()).step();
        match (&self.ended, flushed.expect("nobody would wake it")) {
            (Some(Ok(())), result) => assert!(result.is_ok()),
            (Some(Err(_)), Err(error)) => self.accepted.check_error(&error),
            (None, Err(error)) => assert!(matches!(error.kind(), WriteErrorKind::DriverDropped)),
            (None, Ok(())) => self.accepted.check_flushed(),
            (ended, Ok(())) => panic!("flushed although {ended:?}"),
        }
    }
}
