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

/// What a replay counts on.
#[test]
fn a_seed_is_the_same_conversation_every_time() {
    for seed in 0..100 {
        let plan = Conversation::random(seed, 0);
        assert_eq!(run_plain(&plan), run_plain(&plan), "{seed}");
    }
}

/// Keys and ciphertext differ; lengths and steps do not, not even with other certificates.
#[cfg(feature = "tls")]
#[test]
fn a_seed_is_the_same_conversation_with_tls_as_well() {
    let configs = [TlsConfigs::not_resuming(), TlsConfigs::not_resuming()];
    for seed in 0..20 {
        let plan = Conversation::random(seed, HANDSHAKE_LEN);
        let [first, second] =
            [&configs[0], &configs[1]].map(|configs| run_tls(&plan, configs).totals);
        assert_eq!(first, second, "{seed}");
    }
}
