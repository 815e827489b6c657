//! What fuzzing has found worth keeping about adapters, on tokio.

mod on_tokio;

use connect_testkit::fuzz;

#[test]
fn adapters() {
    fuzz::replay("adapters", |input| {
        fuzz::adapter::<on_tokio::OnTokio>(input);
    });
}
