//! Anything that can happen to a router.

use connect_proto::router::{Overflow, RouteConfig};

use super::choices::Choices;
use crate::models::router::{Case, Operation, check};

const MOST_OPERATIONS: usize = 200;

/// Recipients are few, so that they meet.
const RECIPIENTS: u16 = 30;

/// Up to four routes, perhaps one for the rest, and behind them what happens: the router is what a naive one is.
///
/// # Panics
///
/// On a finding.
pub fn router(input: &[u8]) {
    let mut choices = Choices::new(input);
    let routes = usize::from(choices.byte() % 4);
    let case = Case {
        routes: (0..=routes).map(|_| route(&mut choices)).collect(),
        // Mostly there: without it nearly every case ends early.
        rest: (choices.byte() % 4 != 3).then(|| config(&mut choices)),
        operations: choices.list(MOST_OPERATIONS, operation),
    };
    check(&case);
}

fn route(choices: &mut Choices<'_>) -> (u16, u16, RouteConfig) {
    let first = u16::from(choices.byte()) % RECIPIENTS;
    let count = 1 + u16::from(choices.byte()) % 11;
    (first, count, config(choices))
}

fn config(choices: &mut Choices<'_>) -> RouteConfig {
    RouteConfig::new()
        .with_capacity(choices.one_of(&[1000, 0, 90, 200, 350, 3000, usize::MAX]))
        .with_overflow(choices.one_of(&[
            Overflow::HoldLine,
            Overflow::DiscardNewest,
            Overflow::DiscardOldest,
        ]))
}

fn operation(choices: &mut Choices<'_>) -> Operation {
    let choice = choices.byte();
    let number = choices.byte();
    let route = usize::from(number % 8);
    match choice % 32 {
        0..9 => Operation::Send {
            recipient: u16::from(number) % RECIPIENTS,
            len: choices.len().min(2000),
        },
        9..14 => Operation::Deliver,
        14..18 => Operation::DriverWaits,
        18..23 => Operation::Take {
            route,
            most: 1 + usize::from(number / 8),
        },
        23..27 => Operation::Wait(route),
        27 => Operation::Close(route),
        28 => Operation::End,
        29 => Operation::Cut,
        30 if route == 0 => Operation::Abandon,
        30 => Operation::Break,
        _ => Operation::Fail,
    }
}
