//! What the handles of a queue share: the machine under a lock.

use alloc::vec::Vec;
use core::task::Waker;

use super::send_queue::SendQueue;
use crate::sync::{Arc, Mutex, lock};

pub(super) struct Shared {
    queue: Mutex<SendQueue<Waker>>,
}

impl Shared {
    pub(super) fn new(queue: SendQueue<Waker>) -> Arc<Self> {
        let queue = Mutex::new(queue);
        Arc::new(Self { queue })
    }

    /// Calls `operate` under the lock, and wakes whoever is to be woken after it: a waker may run anything. So may
    /// its drop.
    #[inline]
    pub(super) fn with<T>(
        &self,
        operate: impl FnOnce(&mut SendQueue<Waker>, &mut Vec<Waker>) -> T,
    ) -> T {
        let mut notify = Vec::new();
        let mut queue = lock(&self.queue);
        let result = operate(&mut queue, &mut notify);
        let driver = queue.driver_to_wake();
        let spent = queue.take_spent();
        drop(queue);
        drop(spent);
        if let Some(driver) = driver {
            driver.wake();
        }
        for waker in notify {
            waker.wake();
        }
        result
    }
}

/// All senders together: when the last of them and of their permits is gone, nothing can follow.
pub(super) struct Senders {
    pub(super) shared: Arc<Shared>,
    /// Data of fewer bytes is copied.
    pub(super) copied_below: usize,
}

impl Drop for Senders {
    fn drop(&mut self) {
        self.shared.with(|queue, _| queue.close());
    }
}
