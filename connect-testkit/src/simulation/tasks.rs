//! An executor without threads: a task is polled only if its waker was woken since it was last polled, so that a
//! lost wake-up is a task that never runs again.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::witness::{Event, Who, Witness};

/// The tasks of one world.
pub(crate) struct Tasks {
    tasks: Vec<Task>,
    spawner: Spawner,
}

/// Adds tasks to a world that runs.
#[derive(Clone)]
pub(crate) struct Spawner {
    new: Rc<RefCell<Vec<Task>>>,
    witness: Rc<Witness>,
}

struct Task {
    who: Who,
    name: &'static str,
    future: Pin<Box<dyn Future<Output = ()>>>,
    wakes: Arc<Wakes>,
}

/// How often a task was woken since it was last polled.
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Tasks {
    pub(crate) fn new(witness: Rc<Witness>) -> Self {
        let new = Rc::default();
        Self {
            tasks: Vec::new(),
            spawner: Spawner { new, witness },
        }
    }

    pub(crate) fn spawner(&self) -> Spawner {
        self.spawner.clone()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.spawner.new.borrow().is_empty()
    }

    /// Which tasks may be polled.
    pub(crate) fn woken(&mut self, indices: &mut Vec<usize>) {
        self.tasks.append(&mut self.spawner.new.borrow_mut());
        indices.clear();
        let tasks = self.tasks.iter().enumerate();
        let woken = tasks.filter(|(_, task)| task.wakes.0.load(Ordering::Relaxed) > 0);
        indices.extend(woken.map(|(index, _)| index));
    }

    /// Polls a task that was woken.
    pub(crate) fn poll(&mut self, index: usize) {
        let task = &mut self.tasks[index];
        let (who, name) = (task.who, task.name);
        self.spawner.witness.saw(who, Event::Polled(name));
        assert!(task.wakes.0.swap(0, Ordering::Relaxed) > 0, "not woken");
        let waker = Waker::from(Arc::clone(&task.wakes));
        let polled = task.future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            drop(self.tasks.remove(index));
            self.spawner.witness.saw(who, Event::Finished(name));
        }
    }
}

impl Spawner {
    /// A task is polled once without being woken: at its beginning.
    pub(crate) fn spawn(
        &self,
        who: Who,
        name: &'static str,
        future: impl Future<Output = ()> + 'static,
    ) {
        self.witness.saw(who, Event::Spawned(name));
        self.new.borrow_mut().push(Task {
            who,
            name,
            future: Box::pin(future),
            wakes: Arc::new(Wakes(AtomicUsize::new(1))),
        });
    }
}

/// Lets others run so many times.
pub(crate) async fn pause(mut turns: usize) {
    poll_fn(|cx| {
        if turns == 0 {
            return Poll::Ready(());
        }
        turns -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// What `future` comes to, if it does within so many polls. Otherwise it is dropped.
pub(crate) async fn within<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut left = polls;
    let mut future = pin!(future);
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        let polled = future.as_mut().poll(cx).map(Some);
        if polled.is_pending() {
            cx.waker().wake_by_ref();
        }
        polled
    })
    .await
}

/// Who still waits, for a report.
impl fmt::Display for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for task in &self.tasks {
            write!(f, "[{:?}: {}] ", task.who, task.name)?;
        }
        Ok(())
    }
}
