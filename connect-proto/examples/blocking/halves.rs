//! The loop around the core. The two directions are machines of their own, so two threads can have one each without a
//! lock; `&TcpStream` reads and writes, so they need not even clone the socket.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use bytes::Buf;
use connect_proto::{Config, ConnectDatagram, Decoded, Decoder, Encoder};

use crate::Failure;

/// The receiving half and the sending half of one connection.
pub(crate) fn halves(stream: &TcpStream) -> io::Result<(Receiver<'_>, Sender<'_>)> {
    // Small messages are gathered here, where the end of a batch is known; the system would guess, and wait.
    stream.set_nodelay(true)?;
    let config = Config::new();
    let decoder = Decoder::new(&config);
    let encoder = Encoder::new(&config);
    Ok((Receiver { stream, decoder }, Sender { stream, encoder }))
}

pub(crate) struct Receiver<'a> {
    stream: &'a TcpStream,
    decoder: Decoder,
}

impl Receiver<'_> {
    /// The next message. `None` is the clean end; a stream that was cut inside a message is an error.
    pub(crate) fn next(&mut self) -> Result<Option<ConnectDatagram>, Failure> {
        loop {
            match self.decoder.next_datagram()? {
                Decoded::Datagram(datagram) => return Ok(Some(datagram)),
                Decoded::End => return Ok(None),
                // Only now, so that no more than one message and one block is ever held.
                Decoded::NeedInput => match self.stream.read(self.decoder.spare()) {
                    Ok(0) => self.decoder.finish(),
                    Ok(received) => self.decoder.commit(received),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.into()),
                },
            }
        }
    }

    /// Whether a whole message is here, so that `next` does not wait for the peer.
    pub(crate) fn has_datagram(&self) -> bool {
        self.decoder.has_datagram()
    }
}

pub(crate) struct Sender<'a> {
    stream: &'a TcpStream,
    encoder: Encoder,
}

impl Sender<'_> {
    /// Queues a message, and writes only if enough for a large write is queued: many small messages, few system calls.
    pub(crate) fn feed(&mut self, datagram: ConnectDatagram) -> Result<(), Failure> {
        self.encoder.push(datagram)?;
        if !self.encoder.is_ready() {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes everything queued. If the peer does not read, this is where the thread waits.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        while self.encoder.outbox().has_remaining() {
            match self.stream.write(self.encoder.outbox().chunk()) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                // Less than was offered is no error: the rest stays queued.
                Ok(written) => self.encoder.outbox().advance(written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Nothing more will be sent. The peer gets everything, and then a clean end; receiving goes on.
    pub(crate) fn close(mut self) -> Result<(), Failure> {
        self.flush()?;
        self.stream.shutdown(Shutdown::Write)?;
        Ok(())
    }
}
