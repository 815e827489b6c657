//! What can be done with a connection, to one of its sides.

use connect_proto::Goal;
use proptest::prelude::*;

/// To which side, and what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) side: usize,
    pub(crate) action: Action,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Push(usize),
    PushRef(usize),
    /// One step on the way to a goal, which writes that many bytes at the most.
    Step(Goal, usize),
    /// As the owner of both halves writes: without a word about it.
    Advance(usize),
    /// So many bytes arrive at this side.
    Carry(Entry, usize),
    /// So many datagrams are taken out.
    Take(Lane, usize),
    WouldBlock,
    RefreshKeys,
    Finish,
    /// Behind what is under way to this side, nothing more comes.
    EndTransport,
    /// Of what is under way to this side, nothing more comes.
    CutTransport,
    FailRead,
    FailWrite,
    DropReader,
    DropWriter,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry {
    Spare,
    Slice,
    Read,
    QuietRead,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Lane {
    Owned,
    Borrowed,
    Batch,
}

/// Chosen by one number, because a choice among strategies costs more than all that is done with it.
pub(crate) fn any_operation() -> impl Strategy<Value = Operation> {
    let len = prop_oneof![
        6 => 1..300usize,
        2 => 300..3000usize,
        1 => 16_000..17_000usize,
        1 => 60_000..150_000usize,
    ];
    (0..2usize, 0..1000u16, 0..4u8, len).prop_map(|(side, choice, way, len)| Operation {
        side,
        action: action(choice, way, len),
    })
}

fn action(choice: u16, way: u8, len: usize) -> Action {
    let goal = match way {
        0 => Goal::Ready,
        1 => Goal::Written,
        2 => Goal::Flushed,
        _ => Goal::StageFlushed,
    };
    let entry = match way {
        0 => Entry::Spare,
        1 => Entry::Slice,
        2 => Entry::Read,
        _ => Entry::QuietRead,
    };
    let lane = match way {
        0 => Lane::Owned,
        1 => Lane::Borrowed,
        _ => Lane::Batch,
    };
    match choice {
        0..140 => Action::Push(len),
        140..190 => Action::PushRef(len),
        190..280 => Action::Step(goal, len),
        280..430 => Action::Step(goal, usize::MAX),
        430..470 => Action::Advance(len),
        470..600 => Action::Carry(entry, len),
        600..790 => Action::Carry(entry, usize::MAX),
        790..840 => Action::Take(lane, len % 5),
        840..890 => Action::Take(lane, usize::MAX),
        890..930 => Action::WouldBlock,
        930..985 => Action::RefreshKeys,
        985..987 => Action::Finish,
        987..990 => Action::Step(Goal::Closed, len),
        990 => Action::EndTransport,
        991 => Action::CutTransport,
        992 => Action::FailRead,
        993 => Action::FailWrite,
        994 => Action::DropReader,
        995 => Action::DropWriter,
        _ => Action::Step(Goal::Closed, usize::MAX),
    }
}
