//! Sockets of async-std whose writing direction ends when they are closed.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_std::net::TcpStream;
#[cfg(unix)]
use async_std::os::unix::net::UnixStream;
use futures_io::AsyncWrite;

/// The writing half of a socket.
///
/// `poll_close` of async-std's own streams only flushes, and the peer waits for an end that never
/// comes as long as the reading half lives (async-std 1.13.2; the conformance suite shows it).
#[derive(Debug)]
pub(crate) struct WriteHalf<S>(pub(crate) S);

/// A socket whose writing direction can be ended.
pub(crate) trait Socket: AsyncWrite + Unpin {
    fn shut_down_writing(&self) -> io::Result<()>;
}

impl Socket for TcpStream {
    fn shut_down_writing(&self) -> io::Result<()> {
        or_gone(self.shutdown(Shutdown::Write))
    }
}

#[cfg(unix)]
impl Socket for UnixStream {
    fn shut_down_writing(&self) -> io::Result<()> {
        or_gone(self.shutdown(Shutdown::Write))
    }
}

/// The direction has ended as well if the peer is gone; tokio takes it so, too.
fn or_gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        result => result,
    }
}

impl<S: Socket> AsyncWrite for WriteHalf<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, pieces)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.0).poll_flush(cx))?;
        Poll::Ready(self.0.shut_down_writing())
    }
}
