//! Any routes and any order of what happens to them: a router is what a naive one is.

use connect_proto::router::{Overflow, RouteConfig};
use connect_testkit::check_property;
use connect_testkit::models::router::{Case, Operation, check};
use proptest::collection::vec;
use proptest::prelude::*;

/// Recipients are few, so that they meet.
const RECIPIENTS: u16 = 30;

fn any_config() -> impl Strategy<Value = RouteConfig> {
    let capacity = prop_oneof![Just(0usize), 80..400usize, 400..3000usize, Just(usize::MAX)];
    let overflow = prop_oneof![
        3 => Just(Overflow::HoldLine),
        1 => Just(Overflow::DiscardNewest),
        1 => Just(Overflow::DiscardOldest),
    ];
    (capacity, overflow).prop_map(|(capacity, overflow)| {
        RouteConfig::new()
            .with_capacity(capacity)
            .with_overflow(overflow)
    })
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let len = prop_oneof![4 => 1..60usize, 2 => 1..600usize, 1 => 600..2000usize];
    let route = || 0..5usize;
    prop_oneof![
        400 => (0..RECIPIENTS, len).prop_map(|(recipient, len)| Operation::Send { recipient, len }),
        200 => Just(Operation::Deliver),
        150 => Just(Operation::DriverWaits),
        200 => (route(), 1..6usize).prop_map(|(route, most)| Operation::Take { route, most }),
        60 => (route(), Just(100)).prop_map(|(route, most)| Operation::Take { route, most }),
        150 => route().prop_map(Operation::Wait),
        3 => route().prop_map(Operation::Close),
        1 => Just(Operation::End),
        1 => Just(Operation::Cut),
        1 => Just(Operation::Break),
        1 => Just(Operation::Fail),
        1 => Just(Operation::Abandon),
    ]
}

fn any_case() -> impl Strategy<Value = Case> {
    let route = (0..RECIPIENTS, 1..12u16, any_config());
    (
        vec(route, 1..5),
        // Mostly there: without it nearly every case ends early.
        proptest::option::weighted(0.8, any_config()),
        vec(any_operation(), 1..250),
    )
        .prop_map(|(routes, rest, operations)| Case {
            routes,
            rest,
            operations,
        })
}

#[test]
fn a_router_is_what_a_naive_one_is() {
    let total = check_property("router", 1000, &any_case(), |case| check(&case));
    total.check_average(total.datagrams, 10);
}
