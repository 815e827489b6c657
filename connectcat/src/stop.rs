//! What ends a run from outside: signals and the time limit.

use std::future::pending;
use std::io;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::failure::Failure;

/// Ends whatever it guards at a signal, or when the time limit of the run has passed.
#[derive(Clone)]
pub(crate) struct Stop {
    signal: watch::Receiver<Option<Signal>>,
    /// When, and what was asked for.
    limit: Option<(Instant, Duration)>,
}

/// Somebody wants the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What `kill` sends.
    Terminate,
}

impl Stop {
    /// From now on signals no longer end the process by themselves. The time limit begins now, too.
    pub(crate) fn new(limit: Option<Duration>) -> io::Result<Self> {
        let signals = signals()?;
        let (sender, signal) = watch::channel(None);
        tokio::spawn(async move {
            sender.send_replace(Some(signals.await));
            // Those who look later find it, too.
            sender.closed().await;
        });
        let limit = limit.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        Ok(Self { signal, limit })
    }

    /// Does the work, unless it has to stop before that is done.
    pub(crate) async fn guard<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            signal = self.signalled() => Err(Failure::Stopped(signal)),
            limit = self.timed_out() => Err(Failure::TimedOut { limit }),
            done = work => done,
        }
    }

    async fn signalled(&self) -> Signal {
        let mut signal = self.signal.clone();
        let signal = signal.wait_for(Option::is_some).await;
        let signal = signal.ok().and_then(|signal| *signal);
        match signal {
            Some(signal) => signal,
            None => pending().await,
        }
    }

    async fn timed_out(&self) -> Duration {
        match self.limit {
            Some((deadline, limit)) => {
                sleep_until(deadline).await;
                limit
            }
            None => pending().await,
        }
    }
}

#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = Signal> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    })
}

#[cfg(windows)]
fn signals() -> io::Result<impl Future<Output = Signal> + Send> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    let mut terminate = tokio::signal::windows::ctrl_close()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    })
}
