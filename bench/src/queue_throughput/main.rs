//! Messages handed over one by one, from one task or many, on loopback TCP: Connect's queue beside plain `send`,
//! hand-written code and the ZeroMQs. `--help` says more.

mod arguments;
mod codec;
mod contender;
mod feed;
mod floor;
#[cfg(feature = "libzmq")]
mod libzmq;
mod ours;
mod receipt;
mod round_trip;
mod throughput;
#[cfg(feature = "zeromq")]
mod zeromq_rs;

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use crate::arguments::{Arguments, HELP};

type Failure = Box<dyn Error + Send + Sync>;

/// Longer than anything here takes: whoever waits for longer has lost something.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> Result<(), Failure> {
    let Some(arguments) = Arguments::parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(());
    };
    if arguments.round_trip {
        round_trip::measure(&arguments)
    } else {
        throughput::measure(&arguments)
    }
}

/// The threads of tokio that the measured side of a connection runs on.
#[derive(Clone, Copy)]
enum Threads {
    /// The calling one.
    One,
    /// Two workers.
    Workers,
}

/// Runs a future as a task, where what it spawns runs beside it: on a pool, `block_on` alone would keep it off
/// the workers.
fn run<T: Send + 'static>(
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

/// The value in the middle.
fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable_by(|left, right| {
        left.partial_cmp(right).unwrap_or(std::cmp::Ordering::Equal)
    });
    values.get(values.len() / 2).copied()
}
