//! The writing half: queues datagrams in the core, and writes what it holds to the transport.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Buf;
#[cfg(doc)]
use connect_proto::EncodeError;
use connect_proto::{
    Address, ConnectDatagram, DatagramRef, Goal, Outbound, SendStats, Step, WriteError,
    uninterrupted,
};
use futures_sink::Sink;
use tokio::io::AsyncWrite;

use crate::connection::{BoxedWrite, Ends};

/// Writes datagrams.
///
/// * [`send`](Self::send) queues one datagram and writes everything queued.
/// * [`feed`](Self::feed) only queues, which is many times as fast for many small datagrams; it waits while
///   more is queued than the high-water mark. [`flush`](Self::flush) writes what is left.
/// * [`close`](Self::close) flushes and ends the writing direction. Dropping a writer does not flush.
///
/// A [`Sink`] of [`ConnectDatagram`], too.
///
/// ```
/// # use connect_tokio::{ConnectDatagram, Connection};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (client, mut server) = Connection::in_memory(64 * 1024);
/// # let (_, mut writer) = client.split();
/// for number in 0..100_u16 {
///     writer.feed(ConnectDatagram::new(number, "one of many")?).await?;
/// }
/// writer.close().await?;
/// # assert_eq!(server.reader().next_many(&mut Vec::new(), 1000).await?, 100);
/// # Ok(())
/// # }
/// ```
pub struct ConnectionWriter<W = BoxedWrite> {
    write: W,
    pub(crate) outbound: Outbound,
    pub(crate) ends: Arc<Ends>,
}

/// Pieces in one vectored write: far above where more pieces still pay, far below any system's limit.
const SLICES: usize = 64;

impl<W> ConnectionWriter<W> {
    /// The address of this end.
    pub fn local_addr(&self) -> &Address {
        &self.ends.local
    }

    /// The address of the peer.
    pub fn peer_addr(&self) -> &Address {
        &self.ends.peer
    }

    /// Bytes queued and not yet taken by the transport, headers included.
    pub fn queued_bytes(&self) -> usize {
        self.outbound.queued()
    }

    /// What was sent and what waits to be.
    pub fn stats(&self) -> SendStats {
        self.outbound.stats()
    }
}

impl<W: AsyncWrite + Unpin> ConnectionWriter<W> {
    pub(crate) fn new(write: W, mut outbound: Outbound, ends: Arc<Ends>) -> Self {
        outbound.set_vectored(write.is_write_vectored());
        Self {
            write,
            outbound,
            ends,
        }
    }

    /// Queues a datagram and writes everything queued: [`feed`](Self::feed), then
    /// [`flush`](Self::flush).
    ///
    /// `Ok` means that the operating system (or whatever the transport is) has taken all of it.
    ///
    /// # Errors
    ///
    /// A [`WriteError`] of one of these [kinds](WriteError::kind):
    ///
    /// * `Refused`: the datagram cannot be sent ([`EncodeError::EmptyData`], [`EncodeError::DataTooLarge`]), or the writer is
    ///   closed ([`EncodeError::Finished`]). The connection is as it was.
    /// * `Io` or `Stage`: the transport or TLS has failed, now or earlier. Final.
    ///
    /// It holds the datagram unless that was queued before the failure.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the datagram is either not queued, and gone, or queued whole: the
    /// next flush writes the rest of it. To keep the datagram in the first case, wait with
    /// [`ready`](Self::ready) and then [`push`](Self::push).
    pub async fn send(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        self.feed(datagram).await?;
        self.flush().await
    }

    /// As [`send`](Self::send), for data that somebody else owns; it is copied.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), without a datagram in the error.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        self.feed_ref(datagram).await?;
        self.flush().await
    }

    /// Queues a datagram, after waiting until less than the high-water mark is queued.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send); the datagram comes back in each.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the datagram is not queued, and gone; see [`send`](Self::send).
    pub async fn feed(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        // Most datagrams need not wait, and are not moved into the state that outlives an await.
        if self.outbound.is_ready() {
            return self.push(datagram);
        }
        match self.ready().await {
            Ok(()) => self.push(datagram),
            Err(error) => Err(error.with_datagram(datagram)),
        }
    }

    /// As [`feed`](Self::feed), for data that somebody else owns; it is copied.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), without a datagram.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: when the future is dropped, the datagram is not queued.
    pub async fn feed_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        if !self.outbound.is_ready() {
            self.ready().await?;
        }
        self.outbound.push_ref(datagram)
    }

    /// Waits until less than the high-water mark is queued, writing meanwhile.
    ///
    /// # Errors
    ///
    /// The failure of the transport or of TLS: a [`WriteError`] of kind `Io` or `Stage`. Final.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what was not written stays queued.
    pub async fn ready(&mut self) -> Result<(), WriteError> {
        poll_fn(|cx| self.poll_goal(cx, Goal::Ready)).await
    }

    /// Whether [`ready`](Self::ready) would return at once, and well: to spare each small datagram a future, before
    /// [`push`](Self::push). For many that are borrowed there is [`push_while_ready`](Self::push_while_ready).
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.outbound.is_ready()
    }

    /// Queues a datagram at once, however much is queued already. To keep memory bounded, wait with
    /// [`ready`](Self::ready) first; the two together are a `feed` that cannot lose a datagram.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (mut client, mut server) = Connection::in_memory(1024);
    /// # let writer = client.writer();
    /// writer.ready().await?; // dropped here, it takes no datagram with it
    /// writer.push(ConnectDatagram::new(7, "hello")?)?;
    /// writer.flush().await?;
    /// # assert_eq!(server.reader().next().await?.unwrap().data(), "hello");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), and [`EncodeError::TooMuchQueued`] where a `usize` has 32 bits; the datagram comes back
    /// in each.
    // Always: as `Encoder::push`.
    #[inline(always)]
    pub fn push(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        self.outbound.push(datagram)
    }

    /// As [`push`](Self::push), for data that somebody else owns; it is copied.
    ///
    /// # Errors
    ///
    /// Those of [`push`](Self::push), without a datagram.
    pub fn push_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        self.outbound.push_ref(datagram)
    }

    /// Queues copies of borrowed datagrams until the high-water mark is reached, and says whether `datagrams` has
    /// ended: the fastest way to send many small ones.
    ///
    /// ```
    /// # use connect_tokio::{Connection, DatagramRef, WriteError};
    /// # fn can_be_spawned(connection: Connection, messages: Vec<Vec<u8>>) {
    /// #     tokio::spawn(async move { send_all(connection, &messages).await });
    /// # }
    /// # async fn send_all(mut connection: Connection, messages: &[Vec<u8>]) -> Result<(), WriteError> {
    /// # let writer = connection.writer();
    /// let mut datagrams = messages.iter().map(|message| DatagramRef::new(7, message));
    /// while !writer.push_while_ready(&mut datagrams)? {
    ///     writer.ready().await?;
    /// }
    /// writer.flush().await
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`WriteError`] of kind `Io` or `Stage`, before anything is taken from `datagrams`; or of kind `Refused`, for the
    /// last one taken, which is gone. Those before it are queued, those behind it are left in `datagrams`.
    pub fn push_while_ready<'a>(
        &mut self,
        datagrams: &mut impl Iterator<Item = DatagramRef<'a>>,
    ) -> Result<bool, WriteError> {
        self.outbound.push_while_ready(datagrams)
    }

    /// Writes everything queued, and flushes the transport.
    ///
    /// # Errors
    ///
    /// As [`ready`](Self::ready). [`WriteError::unsent`] says how much was queued in vain.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what was not written stays queued.
    pub async fn flush(&mut self) -> Result<(), WriteError> {
        poll_fn(|cx| self.poll_goal(cx, Goal::Flushed)).await
    }

    /// Writes everything queued, then ends the writing direction of the transport. Nothing can be sent
    /// afterwards; reading goes on. A second call does nothing, or reports the same failure again.
    ///
    /// With TLS the last thing written is close_notify; after a failure of TLS it is the alert that tells the
    /// peer why, and the failure is reported then.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush): then the peer may lack what was queued.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: call it again to go on. Nothing can be queued after the first poll.
    pub async fn close(&mut self) -> Result<(), WriteError> {
        poll_fn(|cx| self.poll_goal(cx, Goal::Closed)).await
    }

    /// Writes everything that the byte stage has to say, and flushes; what waits for the stage goes on
    /// waiting.
    #[cfg(feature = "tls-no-provider")]
    pub(crate) async fn flush_stage(&mut self) -> Result<(), WriteError> {
        poll_fn(|cx| self.poll_goal(cx, Goal::StageFlushed)).await
    }

    fn poll_goal(&mut self, cx: &mut Context<'_>, goal: Goal) -> Poll<Result<(), WriteError>> {
        loop {
            match self.outbound.next_step(goal)? {
                Step::Done => return Poll::Ready(Ok(())),
                step => ready!(self.poll_step(cx, step))?,
            }
        }
    }

    /// Does what the core has said.
    pub(crate) fn poll_step(
        &mut self,
        cx: &mut Context<'_>,
        step: Step,
    ) -> Poll<Result<(), WriteError>> {
        match step {
            Step::Write => ready!(self.poll_write(cx))?,
            Step::Flush => {
                let write = Pin::new(&mut self.write);
                let result = ready!(uninterrupted(cx, |cx| write.poll_flush(cx)));
                self.report(result.as_ref());
                self.outbound.handle_flush(result)?;
            }
            Step::ShutDown => {
                let write = Pin::new(&mut self.write);
                let result = ready!(uninterrupted(cx, |cx| write.poll_shutdown(cx)));
                self.report(result.as_ref());
                self.outbound.handle_shut_down(result)?;
                event!(peer = %self.ends.peer, "closed");
            }
            Step::Done => {}
        }
        Poll::Ready(Ok(()))
    }

    /// One write.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        let outbox = self.outbound.outbox()?;
        let write = Pin::new(&mut self.write);
        let (offered, result) = if write.is_write_vectored() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = outbox.chunks_vectored(&mut slices);
            let slices = slices.get(..count).unwrap_or_default();
            let offered = slices.iter().map(|slice| slice.len()).sum();
            let polled = uninterrupted(cx, |cx| write.poll_write_vectored(cx, slices));
            (offered, ready!(polled))
        } else {
            let chunk = outbox.chunk();
            let polled = uninterrupted(cx, |cx| write.poll_write(cx, chunk));
            (chunk.len(), ready!(polled))
        };
        self.report(result.as_ref());
        Poll::Ready(self.outbound.handle_write(offered, result))
    }

    fn report<T>(&self, result: Result<T, &io::Error>) {
        if let Err(error) = result {
            event!(peer = %self.ends.peer, error = %error, "write failed");
        }
    }

    pub(crate) fn boxed(self) -> ConnectionWriter
    where
        W: Send + Sync + 'static,
    {
        ConnectionWriter {
            write: Box::new(self.write),
            outbound: self.outbound,
            ends: self.ends,
        }
    }
}

/// `start_send` accepts whatever is queued already, as `push` does; `poll_ready` says when to wait.
///
/// # Errors
///
/// Those of [`push`](ConnectionWriter::push), [`ready`](ConnectionWriter::ready), [`flush`](ConnectionWriter::flush) and
/// [`close`](ConnectionWriter::close).
///
/// # Cancel safety
///
/// Cancel safe: each poll goes on where the last one stopped, and what was not written stays queued. Only the waker of the
/// last call is woken.
impl<W: AsyncWrite + Unpin> Sink<ConnectDatagram> for ConnectionWriter<W> {
    type Error = WriteError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        self.poll_goal(cx, Goal::Ready)
    }

    fn start_send(mut self: Pin<&mut Self>, datagram: ConnectDatagram) -> Result<(), WriteError> {
        self.push(datagram)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        self.poll_goal(cx, Goal::Flushed)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        self.poll_goal(cx, Goal::Closed)
    }
}

impl<W> fmt::Debug for ConnectionWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionWriter")
            .field("peer", &self.ends.peer)
            .field("outbound", &self.outbound)
            .finish_non_exhaustive()
    }
}
