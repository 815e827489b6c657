//! Any order of operations on both sides of a TLS connection: after each of them the connection is as plain lists
//! say that it must be.

mod model;
mod operation;
mod ours;
mod pair;

use connect_testkit::certificates::Authority;
use connect_testkit::tls::not_resuming;
use connect_testkit::{ModelCounts, check_property};
use proptest::collection::vec;
use proptest::prelude::*;

use operation::any_operation;
use pair::{Pair, Peers, Settings};

#[test]
fn a_connection_is_what_the_lists_say() {
    let authority = Authority::new("model");
    let (client, server) = not_resuming(
        &authority.client_config(),
        &authority.server_config(&["localhost"]),
    );
    let peers = prop_oneof![
        2 => Just(Peers::BothOurs),
        1 => Just(Peers::OracleServes),
        1 => Just(Peers::OracleAsks),
    ];
    let high_water_mark = prop_oneof![Just(0usize), 1..2000usize, Just(256 * 1024)];
    let settings = (peers, any::<bool>(), high_water_mark).prop_map(
        |(peers, established, high_water_mark)| Settings {
            peers,
            established,
            high_water_mark,
        },
    );
    let strategy = (settings, vec(any_operation(), 1..150));
    let total = check_property("tls", 500, &strategy, |(settings, operations)| {
        let mut pair = Pair::new(&settings, &client, &server);
        for operation in &operations {
            pair.apply(operation);
            pair.check();
        }
        pair.finish();
        ModelCounts {
            cases: 1,
            operations: operations.len() as u64,
            datagrams: pair.received() as u64,
            bytes: pair.carried() as u64,
        }
    });
    total.check_average(total.datagrams, 4);
}
