//! A writer that many tasks send through.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use connect_proto::queue::{QueueDrain, QueueSender};
use connect_proto::{Step, WriteError};
use tokio::io::AsyncWrite;
use tokio::task::JoinHandle;

use crate::connection::BoxedWrite;
use crate::writer::ConnectionWriter;

/// Writes what the handles of a queue send: a future that has to run beside them, usually as a task of its own.
///
/// It ends with `Ok` when the queue is closed (by [`QueueSender::close`], or because the last handle was
/// dropped), and everything is written and the writing direction ended. Polled again, it says the same.
///
/// ```
/// # use connect_tokio::{ConnectDatagram, Connection};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (client, mut server) = Connection::in_memory(64 * 1024);
/// # let (_, writer) = client.split();
/// let (sender, driver) = writer.into_queue();
/// let driver = tokio::spawn(driver);
/// sender.send(ConnectDatagram::new(7, "hello")?).await?;
/// sender.close().await?; // the driver ends with it
/// driver.await??;
/// # assert_eq!(server.reader().next().await?.unwrap().data(), "hello");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Why the connection was lost: a [`WriteError`] of kind `Stage` or `Io`, which every handle gets, too.
///
/// # Cancel safety
///
/// Dropped before its end, it takes the writer with it and what was queued, and every handle is told so
/// ([`WriteErrorKind::DriverDropped`](crate::WriteErrorKind::DriverDropped)).
#[must_use = "nothing is sent unless the driver runs"]
pub struct QueueDriver<W = BoxedWrite> {
    drain: QueueDrain,
    writer: ConnectionWriter<W>,
}

impl<W: AsyncWrite + Unpin> ConnectionWriter<W> {
    /// Makes a queue of the writer: a handle that any number of tasks send through, and the driver that writes.
    ///
    /// What is queued in the writer already goes first. The mark above which senders wait is that of the
    /// [`Config`](crate::Config): with large messages or many threads a larger one makes larger writes.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (client, mut server) = Connection::in_memory(64 * 1024);
    /// # let (_, writer) = client.split();
    /// let (sender, driver) = writer.into_queue();
    /// let driver = tokio::spawn(driver);
    /// for number in 0..100_u16 {
    ///     let sender = sender.clone();
    ///     tokio::spawn(async move {
    ///         sender.send(ConnectDatagram::new(number, "one of many")?).await?;
    ///         Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    ///     });
    /// }
    /// drop(sender); // when the last handle is dropped, the queue is flushed and closed
    /// driver.await??;
    /// # assert_eq!(server.reader().next_many(&mut Vec::new(), 1000).await?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_queue(self) -> (QueueSender, QueueDriver<W>) {
        let (sender, drain) = QueueSender::new(&self.outbound);
        let writer = self;
        (sender, QueueDriver { drain, writer })
    }
}

impl<W: AsyncWrite + Unpin + Send + 'static> ConnectionWriter<W> {
    /// As [`into_queue`](Self::into_queue), with the driver spawned on the current runtime. Await what it returns, or
    /// [`close`](QueueSender::close) the queue, before the runtime shuts down: what is queued then is lost without a
    /// report. Dropping the handle leaves the driver running.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (client, mut server) = Connection::in_memory(64 * 1024);
    /// # let (_, writer) = client.split();
    /// let (sender, driver) = writer.spawn_queue();
    /// sender.send(ConnectDatagram::new(7, "hello")?).await?;
    /// drop(sender);
    /// driver.await??;
    /// # assert_eq!(server.reader().next().await?.unwrap().data(), "hello");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// None at once. The task ends with those of the [`QueueDriver`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn spawn_queue(self) -> (QueueSender, JoinHandle<Result<(), WriteError>>) {
        let (sender, driver) = self.into_queue();
        (sender, tokio::spawn(driver))
    }
}

impl<W: AsyncWrite + Unpin> Future for QueueDriver<W> {
    type Output = Result<(), WriteError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { drain, writer } = &mut *self;
        loop {
            match ready!(drain.poll_step(cx, &mut writer.outbound))? {
                Step::Done => return Poll::Ready(Ok(())),
                step => {
                    if let Err(error) = ready!(writer.poll_step(cx, step)) {
                        return Poll::Ready(Err(drain.fail(&writer.outbound, error)));
                    }
                }
            }
        }
    }
}

impl<W> fmt::Debug for QueueDriver<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueDriver")
            .field("writer", &self.writer)
            .finish_non_exhaustive()
    }
}
