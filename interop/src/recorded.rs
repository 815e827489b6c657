//! What really came over the wire.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// Keeps a copy of every byte that is read from a stream.
#[derive(Debug)]
pub struct Recorded<R> {
    stream: R,
    record: Record,
}

/// The copy.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<Mutex<Vec<u8>>>);

impl<R> Recorded<R> {
    /// Records what is read from `stream`.
    pub fn new(stream: R) -> (Self, Record) {
        let record = Record::default();
        let recorded = Self {
            stream,
            record: record.clone(),
        };
        (recorded, record)
    }
}

impl Record {
    /// What was read so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Recorded<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let mut record = self.record.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.extend_from_slice(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}
