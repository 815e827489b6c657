//! Simulated conversations over a network that does its worst.

use connect_testkit::simulation::{Conversation, run_plain, run_seeds};

#[test]
fn random_plain() {
    let totals = run_seeds("random_plain", 20_000, |seed| {
        run_plain(&Conversation::random(seed, 0))
    });
    assert!(totals.messages > 0);
}
