//! Runtimes for one side of a connection.

use std::future::Future;
use std::time::Duration;

use crate::Failure;

/// Longer than anything here takes: whoever waits for longer has lost something.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The threads of tokio that one side runs on.
#[derive(Clone, Copy)]
pub enum Threads {
    /// The calling one.
    One,
    /// Two workers.
    Workers,
}

/// Runs a future as a task, where what it spawns runs beside it: on a pool, `block_on` alone would keep it off
/// the workers.
pub fn run<T: Send + 'static>(
    threads: Threads,
    future: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    let mut builder = match threads {
        Threads::One => tokio::runtime::Builder::new_current_thread(),
        Threads::Workers => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(2);
            builder
        }
    };
    let runtime = builder.enable_all().build()?;
    runtime.block_on(async {
        let task = tokio::spawn(tokio::time::timeout(PATIENCE, future));
        task.await?.map_err(|_| "it took too long")?
    })
}
