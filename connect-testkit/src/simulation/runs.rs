//! Conversations by the thousand, and one again.

use std::env;

use super::conversation::Conversation;
use super::stack::Stack;
use super::totals::Totals;
use super::world;

/// Runs a conversation without TLS and judges it.
///
/// # Panics
///
/// If anything is not as it must be.
pub fn run_plain(plan: &Conversation) -> Totals {
    let _told = Told(plan);
    let client = Stack::plain(&plan.client.config);
    let server = Stack::plain(&plan.server.config);
    let outcome = world::run(plan, client, server);
    outcome.judge_plain(plan);
    outcome.totals
}

/// Runs the conversations of the seeds from 0 on: `runs` of them, or as many as the environment variable
/// `SIMULATION_RUNS` says; or that of `SIMULATION_SEED` alone. Prints how much that was.
///
/// # Panics
///
/// As `converse`, after a line that runs the same again.
pub fn run_seeds(test: &str, runs: u64, converse: impl Fn(u64) -> Totals) -> Totals {
    let seeds = match number("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIMULATION_RUNS").unwrap_or(runs),
    };
    let mut totals = Totals::default();
    for seed in seeds {
        let replay = Replay { test, seed };
        totals += converse(seed);
        drop(replay);
    }
    println!("{test}: {totals}");
    totals
}

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().expect("a number in the environment"))
}

/// Dropped by a panic, it says how to have the same again.
struct Replay<'a> {
    test: &'a str,
    seed: u64,
}

impl Drop for Replay<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { test, seed } = self;
            eprintln!(
                "SIMULATION_SEED={seed} cargo test -p connect-testkit --all-features --test simulation {test}"
            );
        }
    }
}

/// Dropped by a panic, it says which conversation it was.
pub(super) struct Told<'a>(pub(super) &'a Conversation);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the conversation: {:?}", self.0);
        }
    }
}
