//! Transports in memory that count how often they are called.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::calls::Calls;

/// Gives as much as is asked for. Behind the last byte it has nothing, once, and begins again.
pub(crate) struct Source {
    bytes: &'static [u8],
    at: usize,
}

impl Source {
    pub(crate) fn new(bytes: &'static [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn next(&mut self, room: usize) -> Poll<&'static [u8]> {
        Calls::count(|calls| calls.reads += 1);
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            self.at = 0;
            return Poll::Pending;
        }
        let len = room.min(rest.len());
        self.at += len;
        Poll::Ready(&rest[..len])
    }
}

impl tokio::io::AsyncRead for Source {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.next(buffer.remaining()).map(|bytes| {
            buffer.put_slice(bytes);
            Ok(())
        })
    }
}

impl futures_io::AsyncRead for Source {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.next(buffer.len()).map(|bytes| {
            buffer[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        })
    }
}

/// Takes everything, in several pieces as well.
pub(crate) struct Sink;

impl Sink {
    fn write(len: usize) -> Poll<io::Result<usize>> {
        Calls::count(|calls| calls.writes += 1);
        Poll::Ready(Ok(len))
    }

    fn write_all(pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Self::write(pieces.iter().map(|piece| piece.len()).sum())
    }

    fn flush() -> Poll<io::Result<()>> {
        Calls::count(|calls| calls.flushes += 1);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Sink {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Self::write(bytes.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Self::write_all(pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::flush()
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncWrite for Sink {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Self::write(bytes.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Self::write_all(pieces)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Self::flush()
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
