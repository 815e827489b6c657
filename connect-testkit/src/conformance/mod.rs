//! What every adapter has to do, written once and run against each of them on each of its runtimes.
//!
//! An adapter's test implements [`Adapter`] and names it in [`conformance_tests!`](crate::conformance_tests). A
//! behaviour is a function without arguments that is generic over the adapter, and a line in that
//! macro.

pub mod cancelling;
pub mod closing;
pub mod failing;
pub mod network;
pub mod receiving;
pub mod sending;

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use connect_proto::{Config, ConnectDatagram, DatagramRef, Datagrams, ReadError, WriteError};
use futures_core::Stream;
use futures_sink::Sink;

use crate::hostile::{ScriptedRead, ScriptedWrite, Written};

/// An adapter on one runtime.
pub trait Adapter: Sized + 'static {
    /// The adapter's reading half.
    type Reader: Reader<Self>;
    /// The adapter's writing half.
    type Writer: Writer<Self>;

    /// Halves over scripted transports.
    fn over(
        read: ScriptedRead,
        write: ScriptedWrite,
        config: Config,
    ) -> (Self::Reader, Self::Writer);

    /// The same halves, put together and taken apart again.
    fn rejoined(reader: Self::Reader, writer: Self::Writer) -> (Self::Reader, Self::Writer);

    /// Two connections with each other, over loopback TCP.
    fn tcp_pair(config: Config) -> impl Future<Output = [(Self::Reader, Self::Writer); 2]> + Send;

    /// Runs a future on the runtime, with everything that sockets need.
    fn block_on(future: impl Future<Output = ()> + Send + 'static);

    /// Runs two futures as two tasks, at the same time on a runtime with threads.
    fn both(
        one: impl Future<Output = ()> + Send + 'static,
        other: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send;
}

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
    fn next_batch(&mut self) -> impl Future<Output = Result<Datagrams<'_>, ReadError>> + Send;

    /// The inherent method of this name.
    fn next_ref(
        &mut self,
    ) -> impl Future<Output = Result<Option<DatagramRef<'_>>, ReadError>> + Send;
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
    fn push(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError>;

    /// The inherent method of this name.
    fn flush(&mut self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn close(&mut self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn queued_bytes(&self) -> usize;
}

/// Polls until the future is ready. Scripted transports need no runtime.
///
/// # Panics
///
/// If it takes more polls than any script here has steps: something waits that nobody wakes.
pub fn complete<F: Future>(future: F) -> F::Output {
    match poll_at_most(future, 1_000_000) {
        Some(output) => output,
        None => panic!("the future waits for something that never comes"),
    }
}

/// Polls up to `polls` times, then drops the future.
pub fn poll_at_most<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
    }
    None
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

/// Makes a test of every behaviour for one adapter.
///
/// ```text
/// conformance_tests!(OnTokio);
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($adapter:ty) => {
        $crate::conformance_tests! { $adapter:
            receiving::any_cut_gives_the_same_datagrams
            receiving::a_batch_holds_what_is_here_and_no_more
            receiving::borrowed_datagrams_are_the_same
            receiving::a_borrowed_batch_holds_what_is_here_and_no_more
            receiving::the_end_is_clean_only_between_frames
            receiving::a_broken_header_is_a_lasting_error
            receiving::the_stream_ends_after_its_error
            receiving::a_read_may_be_interrupted
            sending::short_writes_lose_and_repeat_nothing
            sending::waiting_transports_keep_everything
            sending::the_transport_is_flushed_after_the_last_write
            sending::a_lone_header_never_travels_without_vectored_writes
            sending::a_full_queue_makes_the_sender_wait
            sending::what_cannot_be_sent_comes_back
            sending::a_sink_does_the_same
            failing::a_read_failure_comes_after_the_datagrams_and_stays
            failing::a_write_failure_stays_and_hands_back
            failing::a_transport_that_takes_nothing_is_an_error
            failing::a_transport_that_lies_is_an_error
            failing::the_other_half_goes_on
            cancelling::a_dropped_next_loses_nothing
            cancelling::a_dropped_send_leaves_whole_frames
            cancelling::a_dropped_flush_goes_on_later
            cancelling::ready_and_push_never_lose_a_datagram
            closing::close_flushes_then_shuts_down_once
            closing::nothing_is_accepted_after_close
            closing::a_failing_close_says_so
            closing::halves_can_be_joined_again
            network::both_directions_at_once
            network::half_close_lets_the_answer_through
            network::close_under_load_loses_nothing
        }
    };
    ($adapter:ty: $($group:ident::$behaviour:ident)+) => {
        $(
            #[test]
            fn $behaviour() {
                $crate::conformance::$group::$behaviour::<$adapter>();
            }
        )+

        #[test]
        fn count_of_behaviours() {
            let count = [$(stringify!($behaviour)),+].len();
            println!("{count} behaviours on {}", stringify!($adapter));
        }
    };
}
