//! What every adapter has to do, written once and run against each of them on each of its runtimes.
//!
//! An adapter's test implements [`Adapter`] and names it in [`conformance_tests!`](crate::conformance_tests). A
//! behaviour is a function without arguments that is generic over the adapter, and a line in that
//! macro.

pub mod cancelling;
pub mod closing;
pub mod failing;
pub mod idle;
mod macros;
pub mod network;
pub mod queueing;
pub mod receiving;
pub mod routing;
pub mod sending;
#[cfg(feature = "tls")]
pub mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use connect_proto::queue::QueueSender;
use connect_proto::router::Routes;
use connect_proto::{
    Config, ConnectDatagram, DatagramRef, Datagrams, ReadError, ReceiveStats, WriteError,
};
use futures_core::Stream;
use futures_sink::Sink;

use crate::hostile::{ScriptedRead, ScriptedWrite, Written};
use crate::task::Task;

/// An adapter on one runtime.
pub trait Adapter: Sized + 'static {
    /// The adapter's reading half.
    type Reader: Reader<Self>;
    /// The adapter's writing half.
    type Writer: Writer<Self>;

    /// How many bytes are put around what is written at once: none, unless there is a layer between.
    const OVERHEAD: usize = 0;

    /// Halves over scripted transports.
    fn over(
        read: ScriptedRead,
        write: ScriptedWrite,
        config: Config,
    ) -> (Self::Reader, Self::Writer);

    /// The same halves, put together and taken apart again.
    fn rejoined(reader: Self::Reader, writer: Self::Writer) -> (Self::Reader, Self::Writer);

    /// Listens on a port of its own on loopback. Gives the address, and the first connection when one
    /// has come.
    fn listen(
        config: Config,
    ) -> impl Future<Output = (SocketAddr, Accepted<Self::Reader, Self::Writer>)> + Send;

    /// Connects to a listener of [`listen`](Self::listen).
    fn connect(
        address: SocketAddr,
        config: Config,
    ) -> impl Future<Output = (Self::Reader, Self::Writer)> + Send;

    /// Runs a future on the runtime, with everything that sockets need.
    fn block_on(future: impl Future<Output = ()> + Send + 'static);

    /// Runs two futures as two tasks, at the same time on a runtime with threads.
    fn both(
        one: impl Future<Output = ()> + Send + 'static,
        other: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send;
}

/// A connection that is yet to be accepted.
pub type Accepted<R, W> = Pin<Box<dyn Future<Output = (R, W)> + Send>>;

/// The driver of a router.
pub type Driver = Pin<Box<dyn Future<Output = Result<(), ReadError>> + Send>>;

/// The reading half of the adapter `A`, which is a parameter so that its test may implement this.
pub trait Reader<A>:
    Stream<Item = Result<ConnectDatagram, ReadError>> + Unpin + Send + Sync + 'static
{
    /// The inherent method of this name.
    fn next(&mut self) -> impl Future<Output = Result<Option<ConnectDatagram>, ReadError>> + Send;

    /// The inherent method of this name.
    fn next_many(
        &mut self,
        datagrams: &mut Vec<ConnectDatagram>,
        limit: usize,
    ) -> impl Future<Output = Result<usize, ReadError>> + Send;

    /// The inherent method of this name.
    fn next_batch(
        &mut self,
    ) -> impl Future<Output = Result<Option<Datagrams<'_>>, ReadError>> + Send;

    /// The inherent method of this name.
    fn next_ref(
        &mut self,
    ) -> impl Future<Output = Result<Option<DatagramRef<'_>>, ReadError>> + Send;

    /// The inherent method of this name.
    fn stats(&self) -> ReceiveStats;

    /// The inherent method of this name.
    fn into_router(self, routes: Routes) -> Driver;
}

/// The writing half of the adapter `A`.
pub trait Writer<A>:
    Sink<ConnectDatagram, Error = WriteError> + Unpin + Send + Sync + 'static
{
    /// The inherent method of this name.
    fn send(
        &mut self,
        datagram: ConnectDatagram,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn send_ref(
        &mut self,
        datagram: DatagramRef<'_>,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn feed(
        &mut self,
        datagram: ConnectDatagram,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn ready(&mut self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn is_ready(&self) -> bool;

    /// The inherent method of this name.
    fn push(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError>;

    /// The inherent method of this name.
    fn push_while_ready<'a>(
        &mut self,
        datagrams: &mut impl Iterator<Item = DatagramRef<'a>>,
    ) -> Result<bool, WriteError>;

    /// The inherent method of this name.
    fn flush(&mut self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn close(&mut self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn queued_bytes(&self) -> usize;

    /// The inherent method of this name.
    fn into_queue(self) -> (QueueSender, queueing::Driver);
}

/// Polls until the future is ready. Scripted transports need no runtime.
///
/// # Panics
///
/// If it waits and nothing has woken it, or if it takes more polls than any script here has steps.
#[track_caller]
pub fn complete<F: Future>(future: F) -> F::Output {
    Task::new(future).run_to_end()
}

/// Polls up to `polls` times, then drops the future, which could have gone on.
///
/// # Panics
///
/// If it waits and nothing has woken it.
#[track_caller]
pub fn poll_at_most<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut task = Task::new(future);
    let output = task.run_at_most(polls);
    assert!(output.is_some() || task.is_woken(), "waits for ever");
    output
}

/// A future that has to wait when it is polled first.
#[track_caller]
pub(crate) fn waiting<'a, T>(future: impl Future<Output = T> + 'a) -> Task<'a, T> {
    let mut task = Task::new(future);
    task.run_until_idle();
    task
}

/// Runs two futures within one task.
pub async fn zip<A: Future, B: Future>(one: A, other: B) -> (A::Output, B::Output) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut one_output, mut other_output) = (None, None);
    std::future::poll_fn(|cx| {
        if one_output.is_none() {
            one_output = ready_now(one.as_mut().poll(cx));
        }
        if other_output.is_none() {
            other_output = ready_now(other.as_mut().poll(cx));
        }
        match (one_output.take(), other_output.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (one, other) => {
                (one_output, other_output) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}

/// Runs a future, and another one beside it that must not end before.
pub(crate) async fn until<O: std::fmt::Debug>(
    beside: &mut (impl Future<Output = O> + Unpin),
    future: impl Future<Output = ()>,
) {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = Pin::new(&mut *beside).poll(cx) {
            panic!("ended early: {output:?}");
        }
        future.as_mut().poll(cx)
    })
    .await;
}

fn ready_now<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A test that hangs fails.
pub(crate) fn in_time<A: Adapter>(test: impl Future<Output = ()> + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let thread = thread::spawn(move || {
        A::block_on(test);
        done.send(()).unwrap();
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = finished.recv_timeout(Duration::from_secs(60)) {
        panic!("still not finished after a minute");
    }
    thread.join().unwrap();
}

/// Two connections with each other, that of the client first.
pub(crate) async fn pair<A: Adapter>() -> [(A::Reader, A::Writer); 2] {
    let (address, accepted) = A::listen(Config::new()).await;
    // Both at once: over TLS neither side is done without the other.
    let (client, server) = zip(A::connect(address, Config::new()), accepted).await;
    [client, server]
}

/// The next item of a stream.
pub fn next_item<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    complete(std::future::poll_fn(|cx| {
        Pin::new(&mut *stream).poll_next(cx)
    }))
}

/// A reader over `read` alone.
pub(crate) fn reader<A: Adapter>(read: ScriptedRead, config: Config) -> A::Reader {
    let (write, _) = ScriptedWrite::new([], true);
    A::over(read, write, config).0
}

/// A writer to a scripted transport alone.
pub(crate) fn writer<A: Adapter>(
    script: impl IntoIterator<Item = crate::hostile::WriteStep>,
    vectored: bool,
    config: Config,
) -> (A::Writer, Written) {
    let (write, written) = ScriptedWrite::new(script, vectored);
    (A::over(ScriptedRead::silent(), write, config).1, written)
}
