//! Sees everything that happens in a simulated world: counts it, keeps the last of it, and says what moved.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;

use super::totals::Totals;

/// How much of the past is told when something goes wrong.
const REMEMBERED: usize = 50;

/// How many calls of pipes one step may make: a task that makes more goes round in a circle, and never waits.
const MOST_CALLS: usize = 5000;

/// Sees everything that happens in one conversation. Dropped by a panic, it tells what happened last.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    step: Cell<u64>,
    last_progress: Cell<u64>,
    /// Calls of pipes within this step.
    calls: Cell<usize>,
    past: RefCell<VecDeque<(u64, Who, Event)>>,
    totals: Cell<Totals>,
}

/// To whom something happens: a side, or a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Client,
    Server,
    /// From client to server.
    Up,
    /// From server to client.
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A task was polled.
    Polled(&'static str),
    Finished(&'static str),
    Spawned(&'static str),
    /// A call had to wait.
    Blocked(&'static str),
    /// The pipe stands still for so many turns of its own.
    Stalled(usize),
    /// So many bytes went into the pipe, of so many offered.
    Entered {
        taken: usize,
        offered: usize,
    },
    /// The pipe carried so many bytes to the far end.
    Carried(usize),
    /// So many bytes came out, of so many that could have.
    Left {
        taken: usize,
        possible: usize,
    },
    /// What was called failed, or ended, so.
    Told(&'static str),
    /// So many bytes that had entered were flushed.
    Flushed(usize),
    Cut,
    /// The application offers a datagram of so many bytes.
    Offered {
        lane: u16,
        len: usize,
    },
    Accepted,
    /// The application stops waiting, or takes its time.
    GaveUp,
    Received {
        lane: u16,
        len: usize,
    },
}

impl Witness {
    pub(crate) fn saw(&self, who: Who, event: Event) {
        let step = self.step.get();
        let mut past = self.past.borrow_mut();
        if past.len() == REMEMBERED {
            past.pop_front();
        }
        past.push_back((step, who, event));
        let mut totals = self.totals.get();
        match event {
            Event::Entered { taken, offered } => {
                totals.bytes += taken as u64;
                totals.chops += u64::from(taken < offered);
            }
            Event::Left { taken, possible } => totals.chops += u64::from(taken < possible),
            Event::Received { .. } => totals.messages += 1,
            Event::Stalled(_) => {
                totals.stalls += 1;
                return self.totals.set(totals);
            }
            Event::Cut => totals.cuts += 1,
            Event::Polled(_) | Event::Blocked(_) | Event::GaveUp | Event::Flushed(0) => return,
            Event::Finished(_)
            | Event::Spawned(_)
            | Event::Carried(_)
            | Event::Told(_)
            | Event::Flushed(_)
            | Event::Offered { .. }
            | Event::Accepted => {}
        }
        self.totals.set(totals);
        self.last_progress.set(step);
    }

    pub(crate) fn next_step(&self) {
        self.step.set(self.step.get() + 1);
        self.calls.set(0);
    }

    /// A pipe is called.
    pub(crate) fn called(&self) {
        let calls = self.calls.get() + 1;
        assert!(calls <= MOST_CALLS, "{calls} calls in one step");
        self.calls.set(calls);
    }

    /// Steps since anything moved.
    pub(crate) fn idle_steps(&self) -> u64 {
        self.step.get() - self.last_progress.get()
    }

    /// What this conversation came to.
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            conversations: 1,
            steps: self.step.get(),
            ..self.totals.get()
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint!("{self}");
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let past = self.past.borrow();
        writeln!(f, "the last of {} steps:", self.step.get())?;
        for (step, who, event) in past.iter() {
            writeln!(f, "{step:>8} {who:?}: {event:?}")?;
        }
        Ok(())
    }
}
