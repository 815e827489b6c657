//! A connection of the echo server, which does as much as it can without waiting, and no more than its share.

use std::error::Error;
use std::io::{ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;

use bytes::Buf;
use connect_proto::{Decoded, Goal, Inbound, Outbound, Step, WriteError};
use mio::net::TcpStream;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Pieces in one write: a long message is a header and its data, which are not copied to be next to each other.
const SLICES: usize = 64;

pub(crate) struct Connection {
    stream: TcpStream,
    inbound: Inbound,
    outbound: Outbound,
    /// How the peer's direction ended, if it has. What is queued is still written.
    end: Option<Result<(), Failure>>,
}

/// What a turn came to.
pub(crate) enum Turn {
    /// There may be more to do: to be called again after the others, without waiting.
    Again,
    /// The system has nothing to read, or takes nothing more: it will tell when that changes.
    Wait,
    /// The connection has ended.
    Over(Result<(), Failure>),
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, inbound: Inbound, mut outbound: Outbound) -> Self {
        outbound.set_vectored(true);
        Self {
            stream,
            inbound,
            outbound,
            end: None,
        }
    }

    /// Sends back what is here, writes, and reads once.
    ///
    /// Readiness is told once, when it changes ("edge-triggered"). So this may answer `Wait` only when the system
    /// has said that it would block, and that in a direction whose readiness brings the connection further.
    pub(crate) fn turn(&mut self) -> Turn {
        let wants_input = self.echo();
        let is_written = match self.write() {
            Ok(is_written) => is_written,
            Err(error) => return Turn::Over(self.fail(error)),
        };
        if wants_input {
            return self.read();
        }
        match (is_written, &self.end) {
            // Back-pressure: while more waits than the mark, nothing is read until the peer takes some of it. That
            // there is something to read may be told meanwhile, and never again; the turn after that reads anyhow.
            (false, _) => Turn::Wait,
            (true, None) => Turn::Again,
            (true, Some(_)) => Turn::Over(self.end.take().unwrap_or(Ok(()))),
        }
    }

    /// Queues a reply to each message that is here while there is room. Returns whether only input helps.
    fn echo(&mut self) -> bool {
        while self.end.is_none() && self.outbound.is_ready() {
            let end = match self.inbound.next_datagram() {
                Ok(Decoded::Datagram(datagram)) => match self.outbound.push(datagram) {
                    Ok(()) => continue,
                    Err(error) => Err(error.into()),
                },
                Ok(Decoded::NeedInput) => return true,
                Ok(Decoded::End) => Ok(()),
                Err(error) => Err(error.into()),
            };
            self.end = Some(end);
        }
        false
    }

    /// Writes until everything is out (true) or the system takes no more (false). The core says what is next: bytes,
    /// and after the last message the end of this direction.
    fn write(&mut self) -> Result<bool, WriteError> {
        let goal = match self.end {
            None => Goal::Flushed,
            Some(_) => Goal::Closed,
        };
        loop {
            match self.outbound.next_step(goal)? {
                Step::Write => {
                    let mut slices = [IoSlice::new(&[]); SLICES];
                    let outbox = self.outbound.outbox()?;
                    let count = outbox.chunks_vectored(&mut slices);
                    let slices = slices.get(..count).unwrap_or_default();
                    let offered = slices.iter().map(|slice| slice.len()).sum();
                    match self.stream.write_vectored(slices) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        result => self.outbound.handle_write(offered, result)?,
                    }
                }
                // A socket has nothing to flush; the core gives memory back.
                Step::Flush => self.outbound.handle_flush(Ok(()))?,
                Step::ShutDown => {
                    let result = self.stream.shutdown(Shutdown::Write);
                    self.outbound.handle_shut_down(result)?;
                }
                Step::Done => return Ok(true),
            }
        }
    }

    /// Reads once: who always has something to say must not keep the others from their turns.
    fn read(&mut self) -> Turn {
        let space = self.inbound.spare();
        let room = space.len();
        match self.stream.read(space) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                // A connection that waits between two messages costs no buffer.
                self.inbound.handle_would_block();
                return Turn::Wait;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Also the end, and errors: `echo` gets to know them after the messages that came before.
            result => self.inbound.handle_read(room, result),
        }
        Turn::Again
    }

    /// The first failure is the one to report: that the rest could not be written is what came of it.
    fn fail(&mut self, error: WriteError) -> Result<(), Failure> {
        match self.end.take() {
            Some(Err(first)) => Err(first),
            _ => Err(error.into()),
        }
    }
}
