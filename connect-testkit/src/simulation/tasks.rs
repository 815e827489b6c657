//! An executor without threads: a task is polled only if its waker was woken since it was last polled, so that a
//! lost wake-up is a task that never runs again.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::witness::{Event, Who, Witness};
use crate::task::Task;

/// The tasks of one world.
pub(crate) struct Tasks {
    tasks: Vec<Named>,
    spawner: Spawner,
}

/// Adds tasks to a world that runs.
#[derive(Clone)]
pub(crate) struct Spawner {
    new: Rc<RefCell<Vec<Named>>>,
    witness: Rc<Witness>,
}

struct Named {
    who: Who,
    name: &'static str,
    task: Task<'static, ()>,
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
        let woken = tasks.filter(|(_, named)| named.task.is_woken());
        indices.extend(woken.map(|(index, _)| index));
    }

    /// Polls a task that was woken.
    pub(crate) fn poll(&mut self, index: usize) {
        let Named {
            who,
            name,
            ref mut task,
        } = self.tasks[index];
        self.spawner.witness.saw(who, Event::Polled(name));
        assert!(task.is_woken(), "not woken");
        if task.step().is_some() {
            drop(self.tasks.remove(index));
            self.spawner.witness.saw(who, Event::Finished(name));
        }
    }
}

impl Spawner {
    pub(crate) fn spawn(
        &self,
        who: Who,
        name: &'static str,
        future: impl Future<Output = ()> + 'static,
    ) {
        self.witness.saw(who, Event::Spawned(name));
        self.new.borrow_mut().push(Named {
            who,
            name,
            task: Task::new(future),
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
        for Named { who, name, .. } in &self.tasks {
            write!(f, "[{who:?}: {name}] ")?;
        }
        Ok(())
    }
}
