//! Pacing from outside, for a writer that cannot wait by itself.

use tokio::sync::{Semaphore, TryAcquireError};

/// Bytes that may be on their way, in one process with sender and receiver.
///
/// A frame that is larger than the window takes all of it: it waits until everything before has arrived,
/// and nothing follows it before it has arrived too.
#[derive(Debug)]
pub struct Window {
    free: Semaphore,
    len: usize,
}

/// What a small frame costs the system's buffers on top of its bytes.
const COST_OF_A_FRAME: usize = 512;

impl Window {
    /// A window of `len` bytes.
    pub fn new(len: usize) -> Self {
        Self {
            free: Semaphore::new(len),
            len,
        }
    }

    /// Waits until a frame of this length may be sent.
    pub async fn wait(&self, frame_len: usize) {
        let permit = self.free.acquire_many(self.cost(frame_len)).await;
        permit.expect("the window is never closed").forget();
    }

    /// Whether a frame of this length may be sent at once.
    pub fn admits(&self, frame_len: usize) -> bool {
        match self.free.try_acquire_many(self.cost(frame_len)) {
            Ok(permit) => {
                permit.forget();
                true
            }
            Err(TryAcquireError::NoPermits) => false,
            Err(TryAcquireError::Closed) => unreachable!("the window is never closed"),
        }
    }

    /// A frame of this length has arrived.
    pub fn arrived(&self, frame_len: usize) {
        self.free.add_permits(self.cost(frame_len) as usize);
    }

    fn cost(&self, frame_len: usize) -> u32 {
        let cost = (frame_len + COST_OF_A_FRAME).min(self.len);
        cost.try_into().expect("a window is below 4 GiB")
    }
}
