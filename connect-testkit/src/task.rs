//! A future as a runtime holds it: polled only after it was woken, so that a wake-up that is missing shows.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// More polls than any script here has steps.
const MOST_POLLS: usize = 1_000_000;

/// A future and its own waker. It is polled once without being woken: at its beginning.
pub(crate) struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<'a, T> Task<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self {
            future: Box::pin(future),
            woken: Arc::new(Woken(AtomicBool::new(true))),
        }
    }

    /// The same future in another task.
    pub(crate) fn moved(self) -> Self {
        Self {
            woken: Arc::new(Woken(AtomicBool::new(true))),
            ..self
        }
    }

    /// Whether it may be polled. If not, it waits for somebody else.
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst)
    }

    /// Polls once, if it was woken.
    pub(crate) fn step(&mut self) -> Option<T> {
        if !self.woken.0.swap(false, Ordering::SeqCst) {
            return None;
        }
        let waker = Waker::from(Arc::clone(&self.woken));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    /// Polls until it is ready, or waits for somebody else, but no more than `polls` times.
    pub(crate) fn run_at_most(&mut self, polls: usize) -> Option<T> {
        for _ in 0..polls {
            match self.step() {
                None if self.is_woken() => {}
                output => return output,
            }
        }
        None
    }

    /// Polls until it is ready, or waits for somebody else.
    #[track_caller]
    pub(crate) fn run(&mut self) -> Option<T> {
        let output = self.run_at_most(MOST_POLLS);
        assert!(
            output.is_some() || !self.is_woken(),
            "wakes itself again and again"
        );
        output
    }

    /// Polls until it waits for somebody else.
    #[track_caller]
    pub(crate) fn run_until_idle(&mut self) {
        assert!(self.run().is_none(), "it should wait");
    }

    /// Polls until it is ready.
    #[track_caller]
    pub(crate) fn run_to_end(&mut self) -> T {
        self.run().expect("waits for ever")
    }
}
