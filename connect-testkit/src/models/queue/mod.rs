//! A queue: after each operation it is as the model says.

mod driving;
mod errors;
mod expected;
mod pair;
mod promises;
mod turns;

use crate::model_counts::ModelCounts;
use pair::Pair;

/// What those who use a queue do. Which of them is meant is a number, and the rest of its division by how many there
/// are counts.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Sends so many bytes of data.
    Send(usize),
    /// The same without waiting.
    TrySend(usize),
    /// The same, for data that somebody else owns.
    TrySendRef(usize),
    /// One of a few busy senders sends so many bytes of data if there is room, and rests when its turn is over.
    SendInTurn(usize, usize),
    /// Somebody who rests asks whether that is over.
    AskRest(usize),
    /// Asks for a permit for so many bytes of data.
    Reserve(usize),
    /// The same without waiting.
    TryReserve(usize),
    /// With a datagram so much longer than the permit allows, or shorter.
    UsePermit(usize, i8),
    /// Gives a permit back.
    DropPermit(usize),
    /// Somebody who waits asks what became of it.
    Ask(usize),
    /// Somebody who waits does so no longer.
    Cancel(usize),
    /// Waits until everything that was accepted is flushed.
    Flush,
    /// Waits until the queue is closed.
    WatchEnd,
    /// Somebody who waits for a flush or the end asks whether it has come.
    AskWatch(usize),
    /// Somebody who waits for a flush or the end does so no longer.
    ForgetWatch(usize),
    /// Closes the queue.
    Close,
    /// One step of the driver, which writes that many bytes at the most.
    Drive(usize),
    /// The transport fails.
    Fail,
    /// The driver is dropped.
    DropDriver,
}

/// Applies `operations` to a queue with this high-water mark and to the model, and lets everybody come to an end.
///
/// # Panics
///
/// If the two differ.
pub fn check(mark: usize, operations: &[Operation]) -> ModelCounts {
    let mut pair = Pair::new(mark);
    for operation in operations {
        pair.apply(operation);
        pair.check();
    }
    pair.finish();
    ModelCounts {
        cases: 1,
        operations: operations.len() as u64,
        datagrams: pair.model.ends.len() as u64,
        bytes: pair.model.written as u64,
    }
}
