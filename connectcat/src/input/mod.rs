//! Messages to send: those of the command line, then those of a stream such as standard input.

mod fixed;
mod framing;
mod json;
mod reader;

use connect_tokio::ConnectDatagram;
use tokio::io::AsyncRead;

pub(crate) use fixed::{Fixed, Repeat};
pub(crate) use framing::Framing;
pub(crate) use reader::{InputError, MessageReader};

/// Everything that is to be sent over one connection, in order.
pub(crate) struct Input<R> {
    fixed: Fixed,
    stream: Option<MessageReader<R>>,
}

impl<R: AsyncRead + Unpin> Input<R> {
    pub(crate) const fn new(fixed: Fixed, stream: Option<MessageReader<R>>) -> Self {
        Self { fixed, stream }
    }

    /// Whether there never was anything to send.
    pub(crate) fn is_none(&self) -> bool {
        self.stream.is_none() && self.fixed.is_empty()
    }

    /// The next message, or `None` after the last. Is there at once unless it has to be waited for.
    pub(crate) async fn next(&mut self) -> Result<Option<ConnectDatagram>, InputError> {
        if let Some(datagram) = self.fixed.next() {
            return Ok(Some(datagram));
        }
        match &mut self.stream {
            Some(stream) => stream.next().await,
            None => Ok(None),
        }
    }

    /// How many lines were left out because there was nothing in them.
    pub(crate) fn empty_lines(&self) -> u64 {
        self.stream.as_ref().map_or(0, MessageReader::empty_lines)
    }
}
