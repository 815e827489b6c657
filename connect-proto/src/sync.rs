//! What handles share their state with. A test replaces it, to try every interleaving.

#[cfg(not(connect_loom))]
pub(crate) use alloc::sync::Arc;
use std::sync::PoisonError;
#[cfg(not(connect_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard};

#[cfg(connect_loom)]
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};

/// A panic under the lock, which would be a bug, must not take the other users of a connection with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
