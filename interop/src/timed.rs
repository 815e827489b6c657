//! Tests that end.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::ours::Runtime;

/// Runs a test on a runtime of ours.
///
/// The limit is watched from another thread, so that it holds for a loop that never yields, too.
///
/// # Panics
///
/// As the test, and if it is not over in time.
pub fn run<R: Runtime>(limit: Duration, test: impl Future<Output = ()> + Send + 'static) {
    let (done, is_done) = channel();
    let thread = thread::spawn(move || {
        R::block_on(test);
        // Nobody waits any more once the limit has passed.
        let _ = done.send(());
    });
    match is_done.recv_timeout(limit) {
        Ok(()) => {}
        Err(RecvTimeoutError::Timeout) => panic!("not over after {limit:?}"),
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Ok(()) => unreachable!("a test that returns says so before"),
            Err(panic) => resume_unwind(panic),
        },
    }
}
