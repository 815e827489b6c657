//! Every runtime as the TLS server of every other: 10,000 messages of random lengths in each direction, all
//! of them checked.

#[path = "on_async_std/mod.rs"]
mod on_async_std;
#[path = "on_async_std_tls/mod.rs"]
mod on_async_std_tls;
#[path = "on_smol/mod.rs"]
mod on_smol;
#[path = "on_smol_tls/mod.rs"]
mod on_smol_tls;
#[path = "../../connect-tokio/tests/on_tokio/mod.rs"]
mod on_tokio;
#[path = "../../connect-tokio/tests/on_tokio_tls/mod.rs"]
mod on_tokio_tls;
mod scripted;
mod scripted_tls;

use std::time::Instant;

use connect_testkit::conformance::Adapter;
use connect_testkit::conformance::network::exchange_random;
use on_async_std_tls::OnAsyncStdTls;
use on_smol_tls::OnSmolTls;
use on_tokio_tls::OnTokioTls;

const COUNT: usize = 10_000;

fn pair<S: Adapter, C: Adapter>(server: &str, client: &str) {
    let begin = Instant::now();
    exchange_random::<S, C>(COUNT);
    let seconds = begin.elapsed().as_secs_f64();
    println!("server on {server}, client on {client}: {COUNT} messages each way in {seconds:.1} s");
}

// One test, so that the pairs do not compete for processors and each stays within its time.
#[test]
fn all_runtimes_understand_each_other_over_tls() {
    pair::<OnTokioTls, OnAsyncStdTls>("tokio", "async-std");
    pair::<OnAsyncStdTls, OnTokioTls>("async-std", "tokio");
    pair::<OnTokioTls, OnSmolTls>("tokio", "smol");
    pair::<OnSmolTls, OnTokioTls>("smol", "tokio");
    pair::<OnAsyncStdTls, OnSmolTls>("async-std", "smol");
    pair::<OnSmolTls, OnAsyncStdTls>("smol", "async-std");
}
