//! What fuzzing has found worth keeping about adapters, on futures-io.

mod on_smol;
mod scripted;

use connect_testkit::fuzz;

#[test]
fn adapters() {
    fuzz::replay("adapters", |input| {
        fuzz::adapter::<on_smol::OnSmol>(input);
    });
}
