//! Conversations of any kind.

use connect_testkit::simulation::{Conversation, run_plain, run_seeds};
#[cfg(feature = "tls")]
use connect_testkit::simulation::{TlsConfigs, run_tls};

#[test]
fn random_plain() {
    run_seeds("random_plain", 10_000, |seed| {
        run_plain(&Conversation::random(seed, 0))
    });
}

/// About as many bytes as the handshake has in either direction.
#[cfg(feature = "tls")]
const HANDSHAKE_LEN: usize = 900;

#[cfg(feature = "tls")]
#[test]
fn random_tls() {
    let configs = TlsConfigs::not_resuming();
    run_seeds("random_tls", 500, |seed| {
        run_tls(&Conversation::random(seed, HANDSHAKE_LEN), &configs).totals
    });
}
