//! What fuzzing has found worth keeping about adapters, on futures-io and beside tokio.

mod on_smol;
#[path = "../../connect-tokio/tests/on_tokio/mod.rs"]
mod on_tokio;
mod scripted;

use connect_testkit::fuzz;
use on_smol::OnSmol;
use on_tokio::OnTokio;

#[test]
fn adapters() {
    fuzz::replay("adapters", |input| {
        let on_smol = fuzz::adapter::<OnSmol>(input);
        assert_eq!(on_smol, fuzz::adapter::<OnTokio>(input));
    });
}
