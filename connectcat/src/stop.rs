//! What ends a run from outside: Ctrl-C and the time limit.

use std::future::pending;
use std::io;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::failure::Failure;

/// Ends whatever it guards at Ctrl-C, or when the time limit of the run has passed.
#[derive(Clone)]
pub(crate) struct Stop {
    interrupted: watch::Receiver<bool>,
    /// When, and what was asked for.
    limit: Option<(Instant, Duration)>,
}

impl Stop {
    /// From now on Ctrl-C no longer ends the process by itself. The time limit begins now, too.
    pub(crate) fn new(limit: Option<Duration>) -> io::Result<Self> {
        let mut signal = interrupts()?;
        let (sender, interrupted) = watch::channel(false);
        tokio::spawn(async move {
            signal.recv().await;
            sender.send_replace(true);
            // The last of the receivers is dropped with the run.
            sender.closed().await;
        });
        let limit = limit.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        Ok(Self { interrupted, limit })
    }

    /// Does the work, unless it has to stop before that is done.
    pub(crate) async fn guard<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            failure = self.stopped() => Err(failure),
            done = work => done,
        }
    }

    async fn stopped(&self) -> Failure {
        let mut interrupted = self.interrupted.clone();
        let timed_out = async {
            match self.limit {
                Some((deadline, limit)) => {
                    sleep_until(deadline).await;
                    Failure::TimedOut { limit }
                }
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            Ok(_) = interrupted.wait_for(|interrupted| *interrupted) => Failure::Interrupted,
            failure = timed_out => failure,
        }
    }
}

#[cfg(unix)]
fn interrupts() -> io::Result<tokio::signal::unix::Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::interrupt())
}

#[cfg(windows)]
fn interrupts() -> io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}
