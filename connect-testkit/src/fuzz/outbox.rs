//! Any operations on an encoder and its outbox.

use super::choices::Choices;
use crate::models::outbox::{Operation, check};

const MOST_OPERATIONS: usize = 100;

/// A threshold, and behind it operations: the outbox is the queue of bytes that a vector is, whatever its pieces look
/// like.
///
/// # Panics
///
/// On a finding.
pub fn outbox(input: &[u8]) {
    let mut choices = Choices::new(input);
    let threshold = choices.one_of(&[4096, 0, 1, 9, 30, 500, usize::MAX]);
    check(threshold, &choices.list(MOST_OPERATIONS, operation));
}

fn operation(choices: &mut Choices<'_>) -> Operation {
    match choices.byte() % 16 {
        0..3 => Operation::Push(choices.len()),
        3..5 => Operation::PushRef(choices.len()),
        5 => Operation::PushBytes(choices.len() - 1),
        6 => Operation::ExtendFromSlice(choices.len() - 1),
        7 => Operation::ExtendWith(choices.len() - 1, choices.len() - 1),
        8 => Operation::FailToExtend(choices.len()),
        9..11 => Operation::Advance(choices.len() - 1),
        11 => Operation::CopyOut(choices.number()),
        12 => Operation::Advance(usize::MAX),
        13 => Operation::LookAtPieces(usize::from(choices.byte() % 9)),
        14 => Operation::SetVectored(choices.flag()),
        _ => choices.one_of(&[
            Operation::HandleFlushed,
            Operation::Release,
            Operation::Finish,
        ]),
    }
}
