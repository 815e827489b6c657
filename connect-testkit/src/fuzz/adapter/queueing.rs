//! A queue on what is left of a connection.

use std::pin::pin;

use connect_proto::queue::{QueueSender, TrySendError};
use connect_proto::{WriteError, WriteErrorKind};

use super::writing::{Accepted, MOST_WRITE_POLLS, Writing};
use super::{Outcome, polls};
use crate::conformance::{Adapter, Writer, poll_at_most, queueing};
use crate::fuzz::choices::Choices;

const MOST_OPERATIONS: usize = 12;

/// Many polls for a driver that may have nothing to do.
const MOST_IDLE_POLLS: usize = 50;

/// One sender, the driver of its queue and what it has ended with.
struct Queue {
    sender: QueueSender,
    driver: queueing::Driver,
    ended: Option<Result<(), WriteErrorKind>>,
    accepted: Accepted,
}

/// Sends some more through a queue, and then closes it, or drops sender or driver.
pub(super) fn end<A: Adapter>(writing: Writing<A>, choices: &mut Choices<'_>) -> Outcome {
    let (writer, accepted, mut words) = writing.into_parts();
    let (sender, driver) = writer.into_queue();
    let mut queue = Queue {
        sender,
        driver,
        ended: None,
        accepted,
    };
    for _ in 0..MOST_OPERATIONS {
        if choices.are_over() {
            break;
        }
        match choices.byte() % 8 {
            0..3 => queue.send(choices),
            3 => queue.try_send(choices),
            4..7 => queue.drive(polls(choices, MOST_IDLE_POLLS)),
            _ => queue.flush(),
        }
        let queued = queue.sender.stats().queued_bytes;
        queue.accepted.check(queued);
    }
    if choices.byte() % 4 == 3 {
        queue.lose_driver();
    } else {
        queue.close();
        words.push(format!("{:?}", queue.ended));
    }
    words.push(format!("{:?}", queue.accepted.written.record()));
    words
}

impl Queue {
    fn drive(&mut self, polls: usize) {
        if self.ended.is_none() {
            match poll_at_most(&mut self.driver, polls) {
                None => {}
                Some(Ok(())) => {
                    self.accepted.check_closed();
                    self.ended = Some(Ok(()));
                }
                Some(Err(error)) => {
                    self.accepted.check_error(&error);
                    self.ended = Some(Err(error.into_kind()));
                }
            }
        }
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
            Err(TrySendError::Full(returned)) => assert_eq!(returned, datagram),
            Err(TrySendError::Failed(error)) => {
                assert_eq!(error.datagram(), Some(&datagram));
                self.accepted.check_error(&error);
            }
        }
    }

    /// Polled alone first, and perhaps given up then; otherwise beside the driver.
    fn send(&mut self, choices: &mut Choices<'_>) {
        let datagram = self.accepted.datagram(choices);
        let sender = self.sender.clone();
        let mut sending = pin!(sender.send(datagram.clone()));
        let mut result = poll_at_most(sending.as_mut(), polls(choices, 1));
        if choices.flag() {
            for _ in 0..MOST_WRITE_POLLS {
                if result.is_some() {
                    break;
                }
                // An end is not checked here: what is accepted is known only below.
                if self.ended.is_none() {
                    let ended = poll_at_most(&mut self.driver, 1);
                    self.ended = ended.map(|ended| ended.map_err(WriteError::into_kind));
                }
                result = poll_at_most(sending.as_mut(), 1);
            }
            assert!(result.is_some(), "waits for ever");
        }
        let total = self.total();
        let accepted = self.accepted.accepts(&datagram, total);
        match result {
            None => {}
            Some(Ok(())) => assert!(accepted),
            Some(Err(error)) => {
                assert_eq!(error.datagram(), Some(&datagram));
                assert!(!accepted);
                self.accepted.check_error(&error);
            }
        }
    }

    /// Beside the driver.
    fn flush(&mut self) {
        let sender = self.sender.clone();
        let mut flushing = pin!(sender.flush());
        for _ in 0..MOST_WRITE_POLLS {
            match poll_at_most(flushing.as_mut(), 1) {
                Some(Ok(())) => return self.accepted.check_flushed(),
                Some(Err(error)) => return self.accepted.check_error(&error),
                None => self.drive(1),
            }
        }
        panic!("waits for ever");
    }

    fn close(&mut self) {
        self.accepted.closing = true;
        let sender = self.sender.clone();
        let mut closing = pin!(sender.close());
        let mut result = None;
        for _ in 0..MOST_WRITE_POLLS {
            result = poll_at_most(closing.as_mut(), 1);
            if result.is_some() {
                break;
            }
            self.drive(1);
        }
        match result.expect("waits for ever") {
            Ok(()) => self.accepted.check_closed(),
            Err(error) => self.accepted.check_error(&error),
        }
        self.drive(MOST_WRITE_POLLS);
        assert!(self.ended.is_some(), "the driver waits for ever");
    }

    /// Whoever comes later is told.
    fn lose_driver(&mut self) {
        self.driver = Box::pin(std::future::pending());
        let error = poll_at_most(self.sender.flush(), 1).expect("nobody would wake it");
        match (&self.ended, error) {
            (Some(Ok(())), result) => assert!(result.is_ok()),
            (Some(Err(_)), Err(error)) => self.accepted.check_error(&error),
            (None, Err(error)) => assert!(matches!(error.kind(), WriteErrorKind::DriverDropped)),
            (None, Ok(())) => self.accepted.check_flushed(),
            (ended, Ok(())) => panic!("flushed although {ended:?}"),
        }
    }
}
