//! A peer: the core, and a loop around it that does what it can until it would have to wait.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};

use bytes::Buf;
use connect_proto::{
    Config, ConnectDatagram, Decoded, Decoder, Encoder, Goal, Inbound, Outbound, ReadError, Step,
    WriteError,
};

use crate::network::Socket;

pub(crate) struct Peer {
    inbound: Inbound,
    outbound: Outbound,
    /// Not yet pushed.
    to_send: VecDeque<ConnectDatagram>,
    echoes: bool,
    /// The peer's direction is cut: what it does not get, it does not get.
    is_broken: bool,
    pub(crate) received: Vec<ConnectDatagram>,
    /// How receiving ended.
    pub(crate) end: Option<Result<(), ReadError>>,
}

impl Peer {
    /// Sends `messages`, ends its direction, and receives until the other one ends.
    pub(crate) fn client(config: &Config, messages: Vec<ConnectDatagram>) -> Self {
        Self {
            inbound: Decoder::new(config).into(),
            outbound: Encoder::new(config).into(),
            to_send: messages.into(),
            echoes: false,
            is_broken: false,
            received: Vec::new(),
            end: None,
        }
    }

    /// Sends back whatever comes, and ends its direction after the other one.
    pub(crate) fn echo_server(config: &Config) -> Self {
        Self {
            echoes: true,
            ..Self::client(config, Vec::new())
        }
    }

    /// To be called when something has arrived or when there is room again; returns when nothing can be done.
    pub(crate) fn run(&mut self, mut socket: Socket<'_>) {
        loop {
            let wants_input = self.exchange();
            let is_written = self.write(&mut socket).unwrap_or_else(|_| {
                self.is_broken = true;
                self.to_send.clear();
                true
            });
            let goes_on = match wants_input {
                true => self.read(&mut socket),
                false => is_written && !self.has_sent_all(),
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Pushes what there is room for, and takes what is here. Returns whether only input helps.
    fn exchange(&mut self) -> bool {
        loop {
            while self.outbound.is_ready() {
                let Some(datagram) = self.to_send.pop_front() else {
                    break;
                };
                self.outbound.push(datagram).expect("a valid message");
            }
            // Back-pressure: as long as a reply waits, no further message is taken, and soon nothing read.
            if self.end.is_some() || (self.echoes && !self.to_send.is_empty()) {
                return false;
            }
            match self.inbound.next_datagram() {
                Ok(Decoded::Datagram(datagram)) => {
                    self.received.push(datagram.clone());
                    if self.echoes && !self.is_broken {
                        self.to_send.push_back(datagram);
                    }
                }
                Ok(Decoded::NeedInput) => return true,
                Ok(Decoded::End) => self.end = Some(Ok(())),
                Err(error) => self.end = Some(Err(error)),
            }
        }
    }

    /// Returns whether everything is written, and not just all that the socket takes.
    fn write(&mut self, socket: &mut Socket<'_>) -> Result<bool, WriteError> {
        let goal = if self.has_sent_all() {
            Goal::Closed
        } else {
            Goal::Flushed
        };
        loop {
            match self.outbound.next_step(goal)? {
                Step::Write => {
                    let outbox = self.outbound.outbox()?;
                    let chunk = outbox.chunk();
                    let offered = chunk.len();
                    match socket.write(chunk) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                        result => self.outbound.handle_write(offered, result)?,
                    }
                }
                Step::Flush => self.outbound.handle_flush(socket.flush())?,
                Step::ShutDown => {
                    socket.shut_down();
                    self.outbound.handle_shut_down(Ok(()))?;
                }
                Step::Done => return Ok(true),
            }
        }
    }

    /// Returns whether there was anything to read.
    fn read(&mut self, socket: &mut Socket<'_>) -> bool {
        let space = self.inbound.spare();
        let room = space.len();
        match socket.read(space) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.inbound.handle_would_block();
                false
            }
            result => {
                self.inbound.handle_read(room, result);
                true
            }
        }
    }

    /// Whether everything that is to be sent is pushed.
    fn has_sent_all(&self) -> bool {
        self.to_send.is_empty() && (self.end.is_some() || !self.echoes)
    }
}
