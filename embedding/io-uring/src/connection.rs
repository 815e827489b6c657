//! A connection of the echo server: one read and one write at a time, begun as soon as there is anything to be done.

use std::io::{self, ErrorKind};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::rc::Rc;

use bytes::{Buf, BytesMut};
use connect_proto::{Config, Decoded, Decoder, Encoder, Outbox};

use crate::Failure;
use crate::ring::{Operation, Ring};

pub(crate) struct Connection {
    id: u64,
    socket: Rc<TcpStream>,
    decoder: Decoder,
    encoder: Encoder,
    /// Two outboxes take turns: while the kernel writes from one, the encoder fills the other. `None` while the kernel
    /// has it; empty while it is here.
    written: Option<Box<Outbox>>,
    is_reading: bool,
    /// The last read has left nothing behind.
    ran_dry: bool,
    /// How the peer's direction ended, or why nothing can be written. What is queued is still written if it can.
    end: Option<Result<(), Failure>>,
    is_broken: bool,
}

impl Connection {
    pub(crate) fn new(id: u64, socket: TcpStream) -> io::Result<Self> {
        // Small messages are gathered here, where the end of a batch is known; the system would guess, and wait.
        socket.set_nodelay(true)?;
        let config = Config::new();
        Ok(Self {
            id,
            socket: Rc::new(socket),
            decoder: Decoder::new(&config),
            encoder: Encoder::new(&config),
            written: Some(Box::default()),
            is_reading: false,
            ran_dry: false,
            end: None,
            is_broken: false,
        })
    }

    /// Begins what can be begun. Returns the end of the connection if there is nothing left to be done.
    pub(crate) fn go_on(&mut self, ring: &mut Ring) -> Option<Result<(), Failure>> {
        let wants_input = self.echo();
        if self.encoder.queued() > 0 && !self.is_broken {
            if let Some(mut outbox) = self.written.take() {
                // No byte is copied: the queue goes to the kernel as it is, and the encoder gets an empty one.
                mem::swap(self.encoder.outbox(), &mut outbox);
                self.begin(ring, |socket| Operation::Write(socket, outbox));
            }
        }
        if wants_input && !self.is_reading {
            if mem::take(&mut self.ran_dry) {
                // Who waits gets a short buffer for the next read, and not 64 KiB. With none at all it would be spared
                // even that; io_uring has buffers for that which many connections share.
                self.decoder.handle_would_block();
            }
            self.is_reading = true;
            let buffer = self.decoder.take_spare();
            self.begin(ring, |socket| Operation::Read(socket, buffer));
        }
        let is_written = self.is_broken || self.written.is_some();
        self.end.take_if(|_| is_written)
    }

    /// Queues a reply to each message that is here while there is room. Returns whether only input helps.
    ///
    /// Back-pressure: above the mark nothing is taken, and nothing is read either. What the kernel writes from does not
    /// count, so that a connection may hold twice the mark, and a message each.
    fn echo(&mut self) -> bool {
        while self.end.is_none() && self.encoder.is_ready() {
            let end = match self.decoder.next_datagram() {
                Ok(Decoded::Datagram(datagram)) => match self.encoder.push(datagram) {
                    Ok(()) => continue,
                    Err(refused) => Err(refused.reason().into()),
                },
                Ok(Decoded::NeedInput) => return true,
                Ok(Decoded::End) => Ok(()),
                Err(error) => Err(error.into()),
            };
            self.end = Some(end);
        }
        false
    }

    /// The kernel has read into `buffer`.
    pub(crate) fn handle_read(&mut self, buffer: BytesMut, result: io::Result<usize>) {
        self.is_reading = false;
        match result {
            Ok(0) => self.decoder.finish(),
            Ok(received) => {
                self.ran_dry = received < buffer.len();
                self.decoder.put_back(buffer, received);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => self.fail(error),
        }
    }

    /// The kernel has written from the front of `outbox`.
    pub(crate) fn handle_written(
        &mut self,
        mut outbox: Box<Outbox>,
        result: io::Result<usize>,
        ring: &mut Ring,
    ) {
        match result {
            Ok(0) => return self.fail(ErrorKind::WriteZero.into()),
            Ok(written) => outbox.advance(written),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return self.fail(error),
        }
        if outbox.has_remaining() {
            // Less than was offered is no error. The rest goes first.
            return self.begin(ring, |socket| Operation::Write(socket, outbox));
        }
        if self.encoder.queued() == 0 {
            // Nothing may follow for long: a connection that waits holds no memory for what it has sent.
            outbox.release();
            self.encoder.handle_flushed();
        }
        self.written = Some(outbox);
    }

    /// The first failure is the one to report: what follows is what came of it.
    fn fail(&mut self, error: io::Error) {
        self.is_broken = true;
        if !matches!(self.end, Some(Err(_))) {
            self.end = Some(Err(error.into()));
        }
    }

    fn begin(&self, ring: &mut Ring, operation: impl FnOnce(Rc<TcpStream>) -> Operation) {
        ring.begin(self.id, operation(Rc::clone(&self.socket)));
    }
}

/// A read that is still under way keeps the socket open. With both directions ended it comes back at once.
impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
