//! How often a transport is called.

use std::cell::Cell;

/// How often the transports of this thread were called: each is a system call of a socket, but a flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those that find nothing included.
    pub reads: usize,
    /// Vectored ones included.
    pub writes: usize,
    /// A socket has nothing to do for it.
    pub flushes: usize,
}

thread_local! {
    static CALLS: Cell<Calls> = Cell::default();
}

impl Calls {
    /// Those since the last time.
    #[must_use]
    pub fn take() -> Self {
        CALLS.take()
    }

    pub(crate) fn count(count: impl FnOnce(&mut Self)) {
        let mut calls = CALLS.get();
        count(&mut calls);
        CALLS.set(calls);
    }
}
