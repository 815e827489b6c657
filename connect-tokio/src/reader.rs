//! The reading half: reads from the transport into the core, and hands out datagrams.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BufMut;
use connect_proto::{
    Address, ConnectDatagram, DatagramRef, Datagrams, Decoded, HEADER_LEN, Inbound, ReadError,
    ReceiveStats, uninterrupted,
};
use futures_core::Stream;
use futures_core::stream::FusedStream;
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

use crate::connection::{BoxedRead, Ends};

/// Reads datagrams.
///
/// A [`Stream`] of `Result<ConnectDatagram, ReadError>`, too, that ends after the first error.
///
/// ```
/// # use connect_tokio::{ConnectDatagram, Connection};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (client, server) = Connection::in_memory(1024);
/// # let (_, mut writer) = client.split();
/// # let (mut reader, _) = server.split();
/// # writer.send(ConnectDatagram::new(1, "hello")?).await?;
/// # writer.close().await?;
/// while let Some(datagram) = reader.next().await? {
///     println!("{} bytes for {}", datagram.data().len(), datagram.recipient());
/// }
/// # Ok(())
/// # }
/// ```
pub struct ConnectionReader<R = BoxedRead> {
    read: R,
    pub(crate) inbound: Inbound,
    pub(crate) ends: Arc<Ends>,
    /// The stream has yielded its end or its error.
    terminated: bool,
}

/// Room on the stack for a connection that waits, for a message of 16 KiB: what fits takes one read, and mostly a block
/// of its own length. It is not initialised, so for most transports the rest of it costs nothing; a longer one would be
/// more to copy than a whole block is to zero. One byte more, so that such a message does not fill it: who fills it may
/// have more to say.
const PROBE_LEN: usize = 16 * 1024 + HEADER_LEN + 1;

impl<R> ConnectionReader<R> {
    pub(crate) fn new(read: R, inbound: Inbound, ends: Arc<Ends>) -> Self {
        Self {
            read,
            inbound,
            ends,
            terminated: false,
        }
    }

    /// The address of this end.
    pub fn local_addr(&self) -> &Address {
        &self.ends.local
    }

    /// The address of the peer.
    pub fn peer_addr(&self) -> &Address {
        &self.ends.peer
    }

    /// Bytes received and not yet handed out.
    pub fn buffered_bytes(&self) -> usize {
        self.inbound.buffered()
    }

    /// What was received so far. Costs nothing worth mentioning.
    pub fn stats(&self) -> ReceiveStats {
        self.inbound.stats()
    }
}

impl<R: AsyncRead + Unpin> ConnectionReader<R> {
    /// The next datagram, or `None` once the peer has closed between two datagrams.
    ///
    /// # Errors
    ///
    /// After everything that arrived whole before it: [`ReadError::Protocol`] if the peer broke the format or the stream
    /// ended inside a message, [`ReadError::Stage`] if TLS failed or was cut, [`ReadError::Io`] if the transport failed.
    /// Asked again, it is repeated.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no datagram and no byte is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Option<ConnectDatagram>, ReadError> {
        if let Some(datagram) = self.inbound.take_datagram() {
            return Ok(Some(datagram));
        }
        poll_fn(|cx| self.poll_next_datagram(cx)).await
    }

    /// Appends the datagrams that are here to `datagrams`, up to `limit`; waits for the first only.
    ///
    /// Returns how many were appended. 0 means that the peer has closed between two datagrams (or
    /// that `limit` is 0). This spares a loop over many small datagrams a poll for each.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (mut client, mut server) = Connection::in_memory(1024);
    /// # client.writer().feed(ConnectDatagram::new(1, "hello")?).await?;
    /// # client.writer().close().await?;
    /// # let reader = server.reader();
    /// let (mut datagrams, mut total) = (Vec::new(), 0);
    /// while reader.next_many(&mut datagrams, 1000).await? > 0 {
    ///     total += datagrams.drain(..).map(|datagram| datagram.data().len()).sum::<usize>();
    /// }
    /// # assert_eq!(total, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next). An error behind the first datagram is left for the next call.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: as long as the future has not returned, nothing has been appended.
    pub async fn next_many(
        &mut self,
        datagrams: &mut Vec<ConnectDatagram>,
        limit: usize,
    ) -> Result<usize, ReadError> {
        if limit == 0 {
            return Ok(0);
        }
        let Some(first) = self.next().await? else {
            return Ok(0);
        };
        datagrams.push(first);
        let mut count = 1;
        while count < limit {
            let Some(datagram) = self.inbound.take_datagram() else {
                break;
            };
            datagrams.push(datagram);
            count += 1;
        }
        Ok(count)
    }

    /// The next datagram, borrowed from the read block: for a loop that is done with each before it asks for
    /// the next. `None` as in [`next`](Self::next).
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (mut client, mut server) = Connection::in_memory(1024);
    /// # client.writer().feed(ConnectDatagram::new(1, "hello")?).await?;
    /// # client.writer().close().await?;
    /// # let reader = server.reader();
    /// let mut total = 0;
    /// while let Some(datagram) = reader.next_ref().await? {
    ///     total += datagram.data().len();
    /// }
    /// # assert_eq!(total, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, as [`next`](Self::next).
    pub async fn next_ref(&mut self) -> Result<Option<DatagramRef<'_>>, ReadError> {
        self.wait_for_answer().await;
        Ok(self.inbound.next_datagram_ref()?.datagram())
    }

    /// All datagrams that are here, borrowed; waits for the first only. The fastest way to receive many
    /// small datagrams. `None` as in [`next`](Self::next).
    ///
    /// What is left when the iterator is dropped comes next.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (mut client, mut server) = Connection::in_memory(1024);
    /// # client.writer().feed(ConnectDatagram::new(1, "hello")?).await?;
    /// # client.writer().close().await?;
    /// # let reader = server.reader();
    /// let mut total = 0;
    /// while let Some(datagrams) = reader.next_batch().await? {
    ///     total += datagrams.map(|datagram| datagram.data().len()).sum::<usize>();
    /// }
    /// # assert_eq!(total, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Take datagrams from each: a loop that drops its batches untouched gets the same one again, for ever and without
    /// waiting.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next). An error behind the first datagram is left for the next call.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, as [`next`](Self::next).
    pub async fn next_batch(&mut self) -> Result<Option<Datagrams<'_>>, ReadError> {
        self.wait_for_answer().await;
        if self.inbound.has_datagram() {
            return Ok(Some(self.inbound.datagrams()));
        }
        // The end or an error, both of which stay.
        let _end = self.inbound.next_datagram_ref()?;
        Ok(None)
    }

    /// Polls for the next datagram; what [`next`](Self::next) does. While it is pending, the waker of the last call is
    /// woken when there is something to read.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a datagram is taken by a call that returns it.
    pub fn poll_next_datagram(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<ConnectDatagram>, ReadError>> {
        loop {
            if let Some(datagram) = self.inbound.take_datagram() {
                return Poll::Ready(Ok(Some(datagram)));
            }
            match self.inbound.next_datagram()? {
                Decoded::Datagram(datagram) => return Poll::Ready(Ok(Some(datagram))),
                Decoded::End => return Poll::Ready(Ok(None)),
                Decoded::NeedInput => ready!(self.poll_fill(cx)),
            }
        }
    }

    /// One read into the core, for what comes before the first datagram.
    ///
    /// # Errors
    ///
    /// The failure of the transport. Of that of a stage the stage knows more.
    #[cfg(feature = "tls-no-provider")]
    pub(crate) async fn receive(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_fill(cx)).await;
        match self.inbound.check() {
            Err(ReadError::Io(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// As [`receive`](Self::receive), without waiting.
    #[cfg(feature = "tls-no-provider")]
    pub(crate) async fn receive_what_is_here(&mut self) {
        poll_fn(|cx| {
            let _ = self.poll_fill(cx);
            Poll::Ready(())
        })
        .await;
    }

    /// Reads until the core has anything to say.
    async fn wait_for_answer(&mut self) {
        poll_fn(|cx| {
            while !self.inbound.has_answer() {
                ready!(self.poll_fill(cx));
            }
            Poll::Ready(())
        })
        .await;
    }

    /// One read from the transport into the core, which also learns of the end and of a failure.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = match self.inbound.quiet_room(PROBE_LEN) {
            Some(room) => self.poll_read_quiet(cx, room),
            None => self.poll_read_busy(cx),
        };
        if polled.is_pending() {
            self.inbound.handle_would_block();
        }
        polled
    }

    /// Nothing is buffered and the peer may have nothing to say for long: wait without a block.
    fn poll_read_quiet(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<()> {
        let mut probe = [MaybeUninit::uninit(); PROBE_LEN];
        let mut buffer = ReadBuf::uninit(probe.get_mut(..room).unwrap_or_default());
        let read = Pin::new(&mut self.read);
        let result = ready!(uninterrupted(cx, |cx| read.poll_read(cx, &mut buffer)));
        let result = result.map(|()| buffer.filled().len());
        self.report(result.as_ref().copied());
        self.inbound
            .handle_quiet_read(buffer.filled(), room, result);
        Poll::Ready(())
    }

    fn poll_read_busy(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let read = &mut self.read;
        // Each poll makes a future of its own: a read that is not over has taken nothing.
        let (room, result) = if let Some(mut spare) = self.inbound.spare_buf() {
            let room = spare.remaining_mut();
            let polled = uninterrupted(cx, |cx| pin!(read.read_buf(&mut spare)).poll(cx));
            (room, ready!(polled))
        } else {
            let spare = self.inbound.spare();
            let room = spare.len();
            let polled = uninterrupted(cx, |cx| pin!(read.read(spare)).poll(cx));
            (room, ready!(polled))
        };
        self.report(result.as_ref().copied());
        self.inbound.handle_read(room, result);
        Poll::Ready(())
    }

    fn report(&self, result: Result<usize, &io::Error>) {
        match result {
            Ok(0) => event!(peer = %self.ends.peer, "end of stream"),
            Ok(_) => {}
            Err(error) => event!(peer = %self.ends.peer, error = %error, "read failed"),
        }
    }

    pub(crate) fn boxed(self) -> ConnectionReader
    where
        R: Send + Sync + 'static,
    {
        ConnectionReader {
            read: Box::new(self.read),
            inbound: self.inbound,
            ends: self.ends,
            terminated: self.terminated,
        }
    }
}

/// Ends after the first error, and is as cancel safe as [`next`](ConnectionReader::next).
impl<R: AsyncRead + Unpin> Stream for ConnectionReader<R> {
    type Item = Result<ConnectDatagram, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.terminated {
            return Poll::Ready(None);
        }
        let item = ready!(self.poll_next_datagram(cx)).transpose();
        self.terminated = !matches!(item, Some(Ok(_)));
        Poll::Ready(item)
    }
}

impl<R: AsyncRead + Unpin> FusedStream for ConnectionReader<R> {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl<R> fmt::Debug for ConnectionReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionReader")
            .field("peer", &self.ends.peer)
            .field("inbound", &self.inbound)
            .finish_non_exhaustive()
    }
}
