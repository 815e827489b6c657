//! The loop around TLS: that of a plain connection, with the handshake by the way.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use bytes::Buf;
use connect_proto::{ConnectDatagram, Decoded};
use connect_tls::TlsConnection;

use super::Result;

/// A socket, and the TLS connection over it.
pub(crate) struct Blocking {
    pub(crate) stream: TcpStream,
    pub(crate) tls: TlsConnection,
}

impl Blocking {
    /// Writes everything that there is to say: messages, and what TLS itself has to say.
    pub(crate) fn flush(&mut self) -> Result<()> {
        while self.tls.outbox()?.has_remaining() {
            match self.stream.write(self.tls.outbox()?.chunk()) {
                Ok(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                Ok(written) => self.tls.outbox()?.advance(written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The next message; None at the end. The handshake is done by the way.
    pub(crate) fn next(&mut self) -> Result<Option<ConnectDatagram>> {
        loop {
            self.flush()?;
            match self.tls.next_datagram() {
                Ok(Decoded::Datagram(datagram)) => return Ok(Some(datagram)),
                Ok(Decoded::End) => return Ok(None),
                Ok(Decoded::NeedInput) => match self.stream.read(self.tls.spare()) {
                    Ok(0) => self.tls.finish(),
                    Ok(received) => self.tls.commit(received),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.into()),
                },
                Err(error) => {
                    // The peer is told why, if it still listens; our own reason is the better one.
                    let _ = self.flush();
                    return Err(error.into());
                }
            }
        }
    }

    /// Nothing more will be sent. Without this the peer has to think that the stream was cut.
    pub(crate) fn close(&mut self) -> Result<()> {
        self.tls.close();
        self.flush()
    }
}
