//! Operations of senders and driver in any order: after each of them the queue is as a naive one of lists and sums.

use connect_testkit::check_property;
use connect_testkit::models::queue::{Operation, check};
use proptest::collection::vec;
use proptest::prelude::*;

/// Chosen by one number, because a choice among strategies costs more than all that is done with it.
fn any_operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let len = (0..200usize).prop_map(|len| 1 + if len < 180 { len % 30 } else { len });
    let operation = (0..300u16, len, any::<u8>());
    operation.prop_map(|(choice, len, which)| {
        let which = usize::from(which);
        match choice {
            0..40 => Send(len),
            40..48 => TrySend(len),
            48..56 => TrySendRef(len),
            56..74 => SendInTurn(which, len),
            74..76 => AskRest(which),
            76..82 => Reserve(len),
            82..88 => TryReserve(len),
            88..110 => UsePermit(which, (len % 23) as i8 - 20),
            110..120 => DropPermit(which),
            120..150 => Ask(which),
            150..160 => Cancel(which),
            160..170 => Flush,
            170..172 => WatchEnd,
            172..180 => AskWatch(which),
            180..184 => ForgetWatch(which),
            184..234 => Drive(len),
            234..297 => Drive(usize::MAX),
            297 => Close,
            298 => Fail,
            _ => DropDriver,
        }
    })
}

#[test]
fn the_queue_is_what_the_model_says() {
    let mark = prop_oneof![Just(0usize), 1..60usize, 60..200usize, 400..600usize];
    let strategy = (mark, vec(any_operation(), 1..150));
    let total = check_property("queue", 4000, &strategy, |(mark, operations)| {
        check(mark, &operations)
    });
    total.check_average(total.datagrams, 5);
}
