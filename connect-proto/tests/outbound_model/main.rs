//! Any order of operations on an `Outbound`, with and without a stage: each step that it tells a driver to do is the
//! one that its table says, and what is written is what was pushed.

mod model;
mod operation;
mod stage;

use connect_testkit::{ModelCounts, check_property};
use proptest::collection::vec;
use proptest::prelude::*;

use model::Model;
use operation::any_operation;

#[test]
fn a_driver_is_told_what_the_table_says() {
    let mark = prop_oneof![Just(0usize), 1..200usize, Just(1 << 20)];
    let stage = (any::<bool>(), prop_oneof![1..30usize, Just(usize::MAX)]);
    let strategy = (stage, mark, vec(any_operation(), 1..150));
    let total = check_property(
        "outbound",
        1500,
        &strategy,
        |((has_stage, most), mark, operations)| {
            let mut model = Model::new(has_stage, most, mark);
            for operation in &operations {
                model.apply(*operation);
                model.check();
            }
            model.finish();
            ModelCounts {
                cases: 1,
                operations: operations.len() as u64,
                datagrams: model.frame_ends.len() as u64,
                bytes: model.written as u64,
            }
        },
    );
    total.check_average(total.datagrams, 3);
}
