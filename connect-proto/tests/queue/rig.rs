//! What the tests of the queue are made of: a machine with numbers for wakers, and handles with wakers that
//! count, both before a transport in memory.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Buf;
use connect_proto::queue::{Next, QueueDrain, QueueSender, SendQueue, Ticket, TrySendError};
use connect_proto::{
    Config, ConnectDatagram, EncodeError, Encoder, Goal, HEADER_LEN, Outbound, Step, WriteError,
    WriteErrorKind,
};
use connect_testkit::{datagrams, naive};

/// Who drives, among the numbers.
pub(crate) const DRIVER: u32 = 1000;

/// The datagram at `index` whose frame, header included, has `len` bytes.
pub(crate) fn frame(index: usize, len: usize) -> ConnectDatagram {
    datagrams::datagram(index, index as u16, len - HEADER_LEN)
}

pub(crate) fn outbound(mark: usize) -> Outbound {
    Outbound::from(Encoder::new(&Config::new().with_high_water_mark(mark)))
}

/// Does one step: writes up to `most` bytes, flushes or shuts down.
pub(crate) fn perform(step: Step, outbound: &mut Outbound, most: usize, wire: &mut Vec<u8>) {
    match step {
        Step::Write => {
            let outbox = outbound.outbox().expect("works");
            let offered = outbox.chunk();
            let (len, taken) = (offered.len(), offered.len().min(most));
            wire.extend_from_slice(&offered[..taken]);
            outbound.handle_write(len, Ok(taken)).expect("works");
        }
        Step::Flush => outbound.handle_flush(Ok(())).expect("works"),
        Step::ShutDown => outbound.handle_shut_down(Ok(())).expect("works"),
        Step::Done => {}
    }
}

/// The indices of the datagrams on the wire, which has to end where a frame ends.
pub(crate) fn indices(wire: &[u8]) -> Vec<usize> {
    let parsed = naive::parse(wire, usize::MAX);
    assert_eq!(parsed.verdict, Ok(()));
    let messages = parsed.messages.iter();
    messages
        .map(|message| {
            let index = usize::from(message.recipient);
            assert!(message.data == datagrams::content(index, message.data.len()));
            index
        })
        .collect()
}

pub(crate) fn assert_refused_as_finished(error: WriteError, datagram: &ConnectDatagram) {
    let kind = error.kind();
    assert!(
        matches!(kind, WriteErrorKind::Refused(EncodeError::Finished)),
        "{kind:?}"
    );
    assert_eq!(error.unsent(), None);
    assert_eq!(error.into_datagram().as_ref(), Some(datagram));
}

/// The machine alone.
pub(crate) struct Machine {
    pub(crate) queue: SendQueue<u32>,
    pub(crate) outbound: Outbound,
    pub(crate) goal: Goal,
    pub(crate) wire: Vec<u8>,
    /// Whom the queue told of something; emptied by [`Machine::told`].
    pub(crate) notified: Vec<u32>,
}

impl Machine {
    pub(crate) fn new(mark: usize) -> Self {
        Self::before(outbound(mark))
    }

    pub(crate) fn before(outbound: Outbound) -> Self {
        Self {
            queue: SendQueue::new(&outbound),
            outbound,
            goal: SendQueue::<u32>::FIRST_GOAL,
            wire: Vec::new(),
            notified: Vec::new(),
        }
    }

    /// Whether the datagram at `index` was accepted at once. It comes back if not.
    pub(crate) fn try_send(&mut self, index: usize, len: usize) -> bool {
        match self.queue.try_send(frame(index, len)) {
            Ok(()) => true,
            Err(TrySendError::Full(datagram)) => {
                assert_eq!(datagram, frame(index, len));
                false
            }
            Err(TrySendError::Failed(error)) => panic!("{error}"),
        }
    }

    /// The ticket of the datagram at `index`, which has to wait; its number is that of its waker.
    pub(crate) fn wait(&mut self, index: usize, len: usize) -> Ticket {
        let sent = self.queue.send(frame(index, len), &(index as u32));
        sent.expect("open").expect("there is no room")
    }

    /// One step of the driver: `Ok` with what it did, or `Err` with the answer of the queue.
    pub(crate) fn drive(&mut self, most: usize) -> Result<Step, Next> {
        match self.outbound.next_step(self.goal).expect("works") {
            Step::Done => {
                let (outbound, notified) = (&mut self.outbound, &mut self.notified);
                let next = self.queue.next_goal(outbound, self.goal, &DRIVER, notified);
                if let Next::Goal(goal) = next {
                    self.goal = goal;
                }
                Err(next)
            }
            step => {
                perform(step, &mut self.outbound, most, &mut self.wire);
                let notified = &mut self.notified;
                self.queue.handle_progress(&self.outbound, notified);
                Ok(step)
            }
        }
    }

    /// Drives until there is nothing to be done, and says whether that is the end.
    pub(crate) fn run(&mut self) -> Next {
        for _ in 0..10_000 {
            if let Err(next @ (Next::Wait | Next::Closed)) = self.drive(usize::MAX) {
                return next;
            }
        }
        panic!("the driver never rests");
    }

    /// Drives until there is nothing to be done for now.
    pub(crate) fn rest(&mut self) {
        assert_eq!(self.run(), Next::Wait);
    }

    /// Up to `count` steps, as many as there are.
    pub(crate) fn steps(&mut self, count: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        while steps.len() < count {
            match self.drive(usize::MAX) {
                Ok(step) => steps.push(step),
                Err(Next::Goal(_) | Next::Yield) => {}
                Err(Next::Wait | Next::Closed) => break,
            }
        }
        steps
    }

    pub(crate) fn told(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.notified)
    }
}

/// A waker that counts.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Count {
    /// How often it was woken since the last call.
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// A future and its waker.
pub(crate) struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    woken: Arc<Count>,
}

impl<'a, T> Task<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self {
            future: Box::pin(future),
            woken: Arc::default(),
        }
    }

    pub(crate) fn poll(&mut self) -> Poll<T> {
        let waker = Waker::from(Arc::clone(&self.woken));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Polls with another waker from now on.
    pub(crate) fn poll_elsewhere(&mut self) -> Poll<T> {
        self.woken = Arc::default();
        self.poll()
    }

    /// A future that has to wait.
    pub(crate) fn waiting(future: impl Future<Output = T> + 'a) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_pending(), "it does not have to wait");
        task
    }

    /// How often it was woken since the last call.
    pub(crate) fn woken(&self) -> usize {
        self.woken.take()
    }

    /// What it came to, after it was woken once.
    pub(crate) fn ready(&mut self) -> T {
        assert_eq!(self.woken(), 1, "times woken");
        match self.poll() {
            Poll::Ready(result) => result,
            Poll::Pending => panic!("woken for nothing"),
        }
    }
}

/// What a future that need not wait comes to.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match Task::new(future).poll() {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it has to wait"),
    }
}

/// The driver's end of the handles.
pub(crate) struct Driver {
    pub(crate) drain: QueueDrain,
    pub(crate) outbound: Outbound,
    pub(crate) wire: Vec<u8>,
    woken: Arc<Count>,
}

impl Driver {
    pub(crate) fn new(mark: usize) -> (QueueSender, Self) {
        Self::before(outbound(mark))
    }

    pub(crate) fn before(outbound: Outbound) -> (QueueSender, Self) {
        let (sender, drain) = QueueSender::new(&outbound);
        let driver = Self {
            drain,
            outbound,
            wire: Vec::new(),
            woken: Arc::default(),
        };
        (sender, driver)
    }

    pub(crate) fn poll(&mut self) -> Poll<Result<Step, WriteError>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut cx = Context::from_waker(&waker);
        self.drain.poll_step(&mut cx, &mut self.outbound)
    }

    /// One step, done at once; `None` if there is none at the moment.
    pub(crate) fn step(&mut self, most: usize) -> Option<Step> {
        let Poll::Ready(step) = self.poll() else {
            return None;
        };
        let step = step.expect("works");
        perform(step, &mut self.outbound, most, &mut self.wire);
        Some(step)
    }

    /// All steps there are.
    pub(crate) fn run(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(step) = self.step(usize::MAX) {
            steps.push(step);
            if step == Step::Done {
                break;
            }
        }
        steps
    }

    pub(crate) fn woken(&self) -> usize {
        self.woken.take()
    }

    /// The transport fails.
    pub(crate) fn fail(&mut self, error: std::io::Error) -> WriteError {
        let error = self.outbound.fail(error);
        self.drain.fail(&self.outbound, error)
    }
}
