//! What can be done with an `Outbound`, and done to it.

use connect_proto::Goal;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Push(usize),
    PushRef(usize),
    /// So many of that length, for as long as there is room.
    PushWhileReady(usize, usize),
    /// One step, which writes that many bytes at the most.
    Step(Goal, usize),
    Finish,
    /// The stage has heard from its peer, as by another thread.
    GetReady,
    /// The stage fails when it is next asked.
    BreakStage,
    /// What the next write or flush comes to.
    BreakTransport(Fault),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Error,
    TakesNothing,
    ClaimsTooMuch,
}

pub(crate) fn any_operation() -> impl Strategy<Value = Operation> {
    let len = prop_oneof![8 => 1..60usize, 1 => 60..6000usize];
    (0..200u8, 0..5u8, len).prop_map(|(choice, number, len)| {
        let goal = match number {
            0 => Goal::Ready,
            1 => Goal::Written,
            2 => Goal::Flushed,
            _ => Goal::StageFlushed,
        };
        match choice {
            0..30 => Operation::Push(len),
            30..50 => Operation::PushRef(len),
            50..60 => Operation::PushWhileReady(usize::from(number), len),
            60..120 => Operation::Step(goal, len),
            120..183 => Operation::Step(goal, usize::MAX),
            183..187 => Operation::Step(Goal::Closed, len),
            187..190 => Operation::Finish,
            190..196 => Operation::GetReady,
            196 => Operation::BreakStage,
            197 => Operation::BreakTransport(Fault::Error),
            198 => Operation::BreakTransport(Fault::TakesNothing),
            _ => Operation::BreakTransport(Fault::ClaimsTooMuch),
        }
    })
}
