//! Any operations on a queue.

use super::choices::Choices;
use crate::models::queue::{Operation, check};

const MOST_OPERATIONS: usize = 200;

/// A high-water mark, and behind it operations: after each of them the queue is as the model says.
///
/// # Panics
///
/// On a finding.
pub fn queue(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mark = 4 * usize::from(choices.byte());
    check(mark, &choices.list(MOST_OPERATIONS, operation));
}

fn operation(choices: &mut Choices<'_>) -> Operation {
    let choice = choices.byte();
    let number = usize::from(choices.byte());
    match choice {
        // So that the rest means in the corpus what it always did.
        224..232 => return Operation::TrySendRef(1 + number),
        232..248 => return Operation::SendInTurn(number, 1 + number / 3),
        248.. => return Operation::AskRest(number),
        _ => {}
    }
    match choice % 32 {
        0..5 => Operation::Drive(usize::MAX),
        5..8 => Operation::Drive(1 + number),
        8..13 => Operation::Send(1 + number),
        13..15 => Operation::TrySend(1 + number),
        15..17 => Operation::Reserve(1 + number),
        17 => Operation::TryReserve(1 + number),
        18..20 => Operation::UsePermit(number % 16, (number / 16) as i8 - 12),
        20 => Operation::DropPermit(number),
        21..24 => Operation::Ask(number),
        24 => Operation::Cancel(number),
        25 => Operation::Flush,
        26 => Operation::WatchEnd,
        27 => Operation::AskWatch(number),
        28 => Operation::ForgetWatch(number),
        29 => Operation::Close,
        30 => Operation::Fail,
        _ => Operation::DropDriver,
    }
}
