//! A soak: good clients and bad ones against one server over loopback sockets, with everything that arrives
//! compared with what was sent. Ends by itself, with an exit code.
//!
//! ```text
//! cargo run --release -p connect-testkit --all-features --example soak -- --seconds 60
//! cargo run --release -p connect-testkit --all-features --example soak -- --help
//! ```
//!
//! # Who takes part
//!
//! * **A server** by connect-tokio with a listener for TCP, one for TLS, and one for TLS that is impatient with slow
//!   handshakes. On a third of its connections it receives by a router, on a third it sends by a queue, on the others
//!   by reader and writer.
//! * **Good clients**, half by connect-tokio and half by connect-async-std; a quarter receives by a router, a quarter
//!   sends by a queue. Each connects, sends and receives for up to 20 seconds and comes again. A tenth, on either
//!   side, reads nothing for seconds now and then; half have small buffers of the system. Seven in ten close
//!   properly. The others are killed: the socket is dropped as it is, with something unread, or in the middle of a
//!   message.
//! * **Bad clients**, which send one kind of garbage each.
//!
//! # What is counted
//!
//! Each direction of a conversation has three numbered series of messages, 1 B to 1 MiB long. The recipient of a
//! message says which series it belongs to and the end of its number; number and series say which content it has.
//!
//! * **Lost**: a message that was left out while a later one of its series arrived; and one that is missing at the
//!   proper end of a direction, when the sender had sent everything without an error and begun to close, and the
//!   receiver was told of a clean end. What a killed client had not received, or the server not received of it, is not
//!   lost.
//! * **Duplicated**, **reordered**: what arrives twice, or behind a later one of its series. Between series there is an
//!   order where a writer sends and a reader receives; the first message that is out of it counts as unexpected.
//! * **Corrupt**: other content than that of its number, or a number that was never sent; and whatever is delivered
//!   out of garbage.
//! * **Unexpected**: any error of a connection that nobody killed; a clean end that nobody made (from a killed client
//!   over TCP it is expected, over TLS it is not); garbage that is not refused, or not hung up on, or refused for
//!   another reason than it should be: the very error of the reference codec where messages were expected, an error of
//!   the right kind where a handshake was; a panic; whatever has not ended 15 minutes after the time is over.
//! * **Stuck**: a conversation in which nothing arrived for one to two minutes, or which took ten.
//!
//! At the end everybody closes, and everything that was sent has to be there. The exit code is 1 if any of the
//! above was counted, if memory or descriptors stay behind, or if nothing to speak of was sent, killed or refused (see
//! `health.rs`).

// Errors of connections are what this counts: none may become a panic.
#![warn(clippy::unwrap_used)]

mod alone;
mod client;
mod conversation;
mod garbage;
mod halves;
mod health;
mod hearing;
mod ledger;
mod process;
mod report;
mod series;
mod server;
mod settings;
mod shared;
mod speaking;
mod stop;
mod tally;
mod verdict;
mod visits;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, interval, timeout};

use crate::health::Health;
use crate::process::{Process, allow_descriptors};
use crate::report::Line;
use crate::server::Server;
use crate::settings::{HELP, Settings};
use crate::shared::{LONGEST_END, Shared};
use crate::stop::Stop;
use crate::tally::Tally;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<ExitCode, Failure> {
    let Some(settings) = Settings::parse(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    // Both ends of every connection are here.
    allow_descriptors(4 * (settings.connections + settings.garbage) as u64 + 100)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let faults = runtime.block_on(soak(settings))?;
    // What has not ended is a fault already, and not to be waited for.
    runtime.shutdown_background();
    for fault in &faults {
        println!("FAILED: {fault}");
    }
    if faults.is_empty() {
        println!("Everything that had to arrive did, whole, once and in order.");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// The whole run. What was wrong with it comes back.
async fn soak(settings: Settings) -> Result<Vec<String>, Failure> {
    let server = Server::bind().await?;
    let shared = Arc::new(Shared::new(settings, server.addresses()));
    let mut health = Health::new(Process::now());
    let start = Instant::now();

    let closed = Stop::new();
    let server = tokio::spawn(server.run(Arc::clone(&shared), closed.clone()));
    let over = Stop::new();
    let mut clients = JoinSet::new();
    for _ in 0..settings.connections {
        clients.spawn(client::run(Arc::clone(&shared), over.clone()));
    }
    for _ in 0..settings.garbage {
        clients.spawn(garbage::run(Arc::clone(&shared), over.clone()));
    }
    watch(&settings, &shared, &mut health, start, &mut clients).await;

    over.set();
    let ending = async {
        while let Some(ended) = clients.join_next().await {
            report_panic(&shared.tally, "a client", ended);
        }
        closed.set();
        report_panic(&shared.tally, "the server", server.await);
    };
    if timeout(LONGEST_END, ending).await.is_err() {
        let left = clients.len();
        shared
            .tally
            .unexpected(format!("no end: {left} clients and the server are left"));
    }

    let process = Process::now();
    let line = Line::new(start.elapsed(), &shared.tally, &process);
    println!("\n{}\n{}", line.table(), report::details(&shared.tally));
    Ok(health.faults(&settings, &shared, &process))
}

/// Counts what ended by a panic, whoever it was.
fn report_panic(tally: &Tally, who: &str, ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tally.unexpected(format!("{who}: {error}"));
    }
}

/// Prints a line now and then until the time is over. A client that ends before has panicked.
async fn watch(
    settings: &Settings,
    shared: &Shared,
    health: &mut Health,
    start: Instant,
    clients: &mut JoinSet<()>,
) {
    let mut seconds = interval(Duration::from_secs(1));
    let mut next_line = settings.report_every;
    let first = Line::new(start.elapsed(), &shared.tally, &Process::now());
    println!("{}", first.head(settings.csv));
    loop {
        tokio::select! {
            _ = seconds.tick() => {}
            Some(ended) = clients.join_next() => {
                report_panic(&shared.tally, "a client", ended);
                continue;
            }
        }
        let elapsed = start.elapsed();
        let process = Process::now();
        health.sample(&process);
        if elapsed >= next_line {
            let line = Line::new(elapsed, &shared.tally, &process);
            println!("{}", line.row(settings.csv));
            next_line += settings.report_every;
        }
        if elapsed >= settings.duration {
            return;
        }
    }
}
