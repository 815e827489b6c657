//! Queues: many senders on one connection, and a driver that writes for all of them.

pub mod cancelling;
pub mod ending;
pub mod failing;
pub mod network;
pub mod permits;
pub mod sending;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use connect_proto::queue::QueueSender;
use connect_proto::{Config, ConnectDatagram, EncodeError, WriteError, WriteErrorKind};

use super::{Adapter, Writer, writer};
use crate::hostile::{WriteStep, Written};

/// The driver of a queue.
pub type Driver = Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send>>;

/// A future that is polled only after something has woken it, so that a wake-up that is missing shows.
struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What a queue says to a sender or to its driver.
type Sent<'a> = Task<'a, Result<(), WriteError>>;

impl<'a, T> Task<'a, T> {
    fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self {
            future: Box::pin(future),
            woken: Arc::new(Woken(AtomicBool::new(true))),
        }
    }

    /// The same future in another task.
    fn moved(self) -> Self {
        Self {
            woken: Arc::new(Woken(AtomicBool::new(true))),
            ..self
        }
    }

    fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst)
    }

    /// Polls once, if it was woken.
    fn step(&mut self) -> Option<T> {
        if !self.woken.0.swap(false, Ordering::SeqCst) {
            return None;
        }
        let waker = Waker::from(Arc::clone(&self.woken));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    /// Polls until it is ready, or waits for somebody else.
    fn run(&mut self) -> Option<T> {
        for _ in 0..100_000 {
            match self.step() {
                None if self.is_woken() => {}
                output => return output,
            }
        }
        panic!("wakes itself again and again");
    }

    /// Polls until it waits for somebody else.
    fn run_until_idle(&mut self) {
        assert!(self.run().is_none(), "it should wait");
    }

    /// Polls until it is ready.
    fn run_to_end(&mut self) -> T {
        self.run().expect("woken, and then ready")
    }
}

/// A future that has to wait when it is polled first.
fn waiting<'a, T>(future: impl Future<Output = T> + Send + 'a) -> Task<'a, T> {
    let mut task = Task::new(future);
    task.run_until_idle();
    task
}

/// What is sent, and waits for room.
fn in_line<'a>(sender: &'a QueueSender, datagram: &ConnectDatagram) -> Sent<'a> {
    waiting(sender.send(datagram.clone()))
}

/// A queue over a script, whose driver runs when the test lets it.
fn queue<A: Adapter>(
    script: impl IntoIterator<Item = WriteStep>,
    config: Config,
) -> (QueueSender, Sent<'static>, Written) {
    let (writer, written) = writer::<A>(script, true, config);
    let (sender, driver) = writer.into_queue();
    (sender, Task::new(driver), written)
}

fn try_send_all(sender: &QueueSender, datagrams: &[ConnectDatagram]) {
    for datagram in datagrams {
        sender.try_send(datagram.clone()).unwrap();
    }
}

/// Refused because the queue is closed, with the datagram.
fn assert_closed(error: WriteError, datagram: Option<&ConnectDatagram>) {
    assert!(
        matches!(error.kind(), WriteErrorKind::Refused(EncodeError::Finished)),
        "{error}"
    );
    assert_eq!(error.unsent(), None);
    assert_eq!(error.into_datagram().as_ref(), datagram);
}
