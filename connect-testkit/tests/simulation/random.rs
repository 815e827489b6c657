//! Conversations of any kind.

use connect_testkit::simulation::{Conversation, HandshakeLen, run_plain, run_seeds};
#[cfg(feature = "tls")]
use connect_testkit::simulation::{TlsConfigs, run_tls};

#[test]
fn random_plain() {
    run_seeds("random_plain", 10_000, |seed| {
        run_plain(&Conversation::random(seed, HandshakeLen::NONE))
    });
}

#[cfg(feature = "tls")]
#[test]
fn random_tls() {
    let configs = TlsConfigs::not_resuming();
    run_seeds("random_tls", 500, |seed| {
        run_tls(
            &Conversation::random(seed, configs.handshake_len()),
            &configs,
        )
        .totals
    });
}

/// What a replay counts on.
#[test]
fn a_seed_is_the_same_conversation_every_time() {
    for seed in 0..100 {
        let plan = Conversation::random(seed, HandshakeLen::NONE);
        assert_eq!(run_plain(&plan), run_plain(&plan), "{seed}");
    }
}

/// Keys and ciphertext differ; lengths and steps do not, not even with other certificates.
#[cfg(feature = "tls")]
#[test]
fn a_seed_is_the_same_conversation_with_tls_as_well() {
    let configs = [TlsConfigs::not_resuming(), TlsConfigs::not_resuming()];
    assert_eq!(configs[0].handshake_len(), configs[1].handshake_len());
    for seed in 0..20 {
        let plan = Conversation::random(seed, configs[0].handshake_len());
        let [first, second] =
            [&configs[0], &configs[1]].map(|configs| run_tls(&plan, configs).totals);
        assert_eq!(first, second, "{seed}");
    }
}
