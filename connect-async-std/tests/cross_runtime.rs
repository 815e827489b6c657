//! Every runtime as the server of every other: 100,000 messages in each direction, all of them checked.

#[path = "on_async_std/mod.rs"]
mod on_async_std;
#[path = "on_smol/mod.rs"]
mod on_smol;
#[path = "../../connect-tokio/tests/on_tokio/mod.rs"]
mod on_tokio;
mod scripted;

use std::time::Instant;

use connect_testkit::conformance::Adapter;
use connect_testkit::conformance::network::exchange;
use on_async_std::OnAsyncStd;
use on_smol::OnSmol;
use on_tokio::OnTokio;

const COUNT: usize = 100_000;

fn pair<S: Adapter, C: Adapter>(server: &str, client: &str) {
    let begin = Instant::now();
    exchange::<S, C>(COUNT);
    let seconds = begin.elapsed().as_secs_f64();
    println!("server on {server}, client on {client}: {COUNT} messages each way in {seconds:.1} s");
}

// One test, so that the pairs do not compete for processors and each stays within its time.
#[test]
fn all_runtimes_understand_each_other() {
    pair::<OnTokio, OnAsyncStd>("tokio", "async-std");
    pair::<OnAsyncStd, OnTokio>("async-std", "tokio");
    pair::<OnTokio, OnSmol>("tokio", "smol");
    pair::<OnSmol, OnTokio>("smol", "tokio");
    pair::<OnAsyncStd, OnSmol>("async-std", "smol");
    pair::<OnSmol, OnAsyncStd>("smol", "async-std");
}
