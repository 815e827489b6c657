//! What the tests of this package share: the search for a bad interleaving, and a driver with its transport in
//! memory. Not published.
//!
//! `connect-proto` is compiled with the locks and reference counts of loom here, which runs a test again and again
//! until the threads have got at them in every order. A thread that is never woken again is a deadlock, which fails
//! the test; so is a reference that is never dropped.

#[cfg(not(connect_loom))]
compile_error!("run cargo in this folder, without RUSTFLAGS: its .cargo/config.toml puts loom in");

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};

use bytes::Buf;
use connect_proto::queue::{QueueDrain, QueueSender};
use connect_proto::{
    Config, ConnectDatagram, Decoded, Decoder, Encoder, Outbound, Step, WriteError, WriteErrorKind,
};

/// Room for one frame of [`datagram`], and not for two.
pub const ROOM_FOR_ONE: usize = 12;

/// Runs `test` in every interleaving, and prints how many that were.
///
/// # Panics
///
/// If `test` does, or if it comes to a deadlock, in any of them.
pub fn explore(name: &str, test: impl Fn() + Send + Sync + 'static) {
    search(name, None, test);
}

/// As [`explore`], in those interleavings only in which no more than `preemptions` times a thread is interrupted
/// that could go on. For tests whose interleavings are too many.
///
/// # Panics
///
/// As [`explore`].
pub fn explore_preempting(name: &str, preemptions: usize, test: impl Fn() + Send + Sync + 'static) {
    search(name, Some(preemptions), test);
}

fn search(name: &str, preemptions: Option<usize>, test: impl Fn() + Send + Sync + 'static) {
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        test();
    });
    let count = count.load(Ordering::Relaxed);
    let bound = match preemptions {
        None => "all there are".into(),
        Some(most) => format!("all with up to {most} preemptions"),
    };
    println!("{name}: {count} interleavings, {bound}");
    assert!(count > 1, "the threads do not meet");
}

/// The shortest datagram for `recipient`: a frame of 9 bytes.
///
/// # Panics
///
/// Never: it has data.
#[must_use]
pub fn datagram(recipient: u16) -> ConnectDatagram {
    ConnectDatagram::new(recipient, vec![recipient as u8]).expect("not empty")
}

/// Whoever polls with this is never woken, as a task that has moved on.
#[must_use]
pub fn elsewhere() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// What has come out of a driver. Its lock is not one of those under test: it is never held while threads meet.
#[derive(Clone, Debug, Default)]
pub struct Transport {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    stream: Vec<u8>,
    flushed: usize,
    is_shut_down: bool,
}

impl Transport {
    fn with<T>(&self, operate: impl FnOnce(&mut State) -> T) -> T {
        operate(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The recipients of what was written whole, in order.
    #[must_use]
    pub fn written(&self) -> Vec<u16> {
        self.with(|state| recipients(&state.stream))
    }

    /// The recipients of what was flushed.
    #[must_use]
    pub fn flushed(&self) -> Vec<u16> {
        self.with(|state| recipients(&state.stream[..state.flushed]))
    }

    /// Whether the end was reached.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.with(|state| state.is_shut_down)
    }
}

fn recipients(stream: &[u8]) -> Vec<u16> {
    let mut decoder = Decoder::new(&Config::new());
    decoder.extend_from_slice(stream);
    let mut recipients = Vec::new();
    while let Ok(Decoded::Datagram(datagram)) = decoder.next_datagram_ref() {
        recipients.push(datagram.recipient());
    }
    recipients
}

/// The driver of a queue.
#[derive(Debug)]
pub struct Driver {
    drain: QueueDrain,
    outbound: Outbound,
    transport: Transport,
}

/// A queue with a high-water mark of so many bytes, and its driver.
pub fn queue(mark: usize) -> (QueueSender, Driver, Transport) {
    let config = Config::new().with_high_water_mark(mark);
    let outbound = Outbound::from(Encoder::new(&config));
    let (sender, drain) = QueueSender::new(&outbound);
    let transport = Transport::default();
    let driver = Driver {
        drain,
        outbound,
        transport: transport.clone(),
    };
    (sender, driver, transport)
}

impl Driver {
    /// One step, as soon as there is one; [`Step::Done`] at the end.
    ///
    /// # Errors
    ///
    /// The failure of the queue.
    pub async fn step(&mut self) -> Result<Step, WriteError> {
        let (drain, outbound) = (&mut self.drain, &mut self.outbound);
        let step = poll_fn(|cx| drain.poll_step(cx, outbound)).await?;
        match step {
            Step::Write => {
                let chunk = outbound.outbox()?.chunk().to_vec();
                self.transport.with(|state| state.stream.extend(&chunk));
                outbound.handle_write(chunk.len(), Ok(chunk.len()))?;
            }
            Step::Flush => {
                self.transport
                    .with(|state| state.flushed = state.stream.len());
                outbound.handle_flush(Ok(()))?;
            }
            Step::ShutDown => {
                self.transport.with(|state| state.is_shut_down = true);
                outbound.handle_shut_down(Ok(()))?;
            }
            Step::Done => {}
        }
        Ok(step)
    }

    /// All steps to the end.
    ///
    /// # Panics
    ///
    /// If the queue fails.
    pub async fn run(&mut self) {
        while self.step().await.expect("nobody fails") != Step::Done {}
        assert!(self.transport.is_shut_down());
        assert_eq!(self.transport.flushed(), self.transport.written());
    }

    /// Begins to wait in another task, if there is nothing to be done.
    pub fn poll_elsewhere(&mut self) {
        let _ = self.drain.poll_step(&mut elsewhere(), &mut self.outbound);
    }

    /// The transport fails.
    pub fn fail(&mut self) -> WriteError {
        let reason = WriteErrorKind::Io(std::io::ErrorKind::ConnectionReset.into());
        self.drain.fail(&self.outbound, reason.into())
    }
}
