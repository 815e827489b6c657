//! What ends a run from outside: signals and the time limit.

use std::future::pending;
use std::io;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::failure::Failure;

/// Ends whatever it guards at a signal, or when the time limit of the run has passed.
#[derive(Clone)]
pub(crate) struct Stop {
    /// The first one. Each that follows is a change, too.
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

/// How long what has begun may take to come to its end though the run has to stop. Supervisors wait longer before they
/// kill: 10 seconds and more.
const LAST_MOMENT: Duration = Duration::from_secs(5);

impl Stop {
    /// From now on signals no longer end the process by themselves. The time limit begins now, too.
    pub(crate) fn new(limit: Option<Duration>) -> io::Result<Self> {
        let (sender, signal) = watch::channel(None);
        tokio::spawn(tell_signals(sender)?);
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

    /// Lets what has begun come to its end though the run is over, unless another signal comes or it takes too long: says which.
    pub(crate) async fn last_moment(&self, work: impl Future<Output = ()>) -> Result<(), String> {
        let mut signal = self.signal.clone();
        signal.mark_unchanged();
        tokio::select! {
            biased;
            () = work => Ok(()),
            Ok(()) = signal.changed() => Err("another signal came".to_owned()),
            () = sleep(LAST_MOMENT) => Err(format!("not done within {LAST_MOMENT:?}")),
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

/// Tells the first signal, and that others came.
fn tell_signals(
    sender: watch::Sender<Option<Signal>>,
) -> io::Result<impl Future<Output = ()> + Send> {
    let mut sources = Sources::new()?;
    Ok(async move {
        while !sender.is_closed() {
            let signal = sources.next().await;
            sender.send_modify(|first| {
                first.get_or_insert(signal);
            });
        }
    })
}

/// Where signals come from.
#[cfg(unix)]
struct Sources {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Sources {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }
}

/// Where signals come from.
#[cfg(windows)]
struct Sources {
    interrupt: tokio::signal::windows::CtrlC,
    terminate: tokio::signal::windows::CtrlClose,
}

#[cfg(windows)]
impl Sources {
    fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_close};
        Ok(Self {
            interrupt: ctrl_c()?,
            terminate: ctrl_close()?,
        })
    }
}

impl Sources {
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}
