//! What tests of TLS need beside certificates: an oracle on rustls' other API, a way between two endpoints
//! that cuts, records that no well-behaved peer would send, and an eye that sees through those that were sent.

mod buffered;
mod configs;
mod endpoint;
mod forge;
mod forged;
mod key_changes;
mod open;
mod pair;
mod records;
mod reproducible;
mod secrets;
mod staged;

pub use buffered::Buffered;
pub use configs::{
    alert_of, chacha_provider, log_client, log_server, not_resuming, short_lived_keys,
};
pub use endpoint::{Endpoint, expected};
pub use forge::{Forger, key_update, session_ticket};
pub use forged::{forged_client, forged_server};
pub use key_changes::{ALLOWED_KEY_CHANGES, MOST_REFRESHES};
pub use pair::{Pair, Way};
pub use records::{Record, record_ranges, records};
pub use reproducible::{Handshake, reproducible};
pub use secrets::Secrets;
pub use staged::{Ending, Staged};
