//! All cases.

mod adapters;
mod decode;
mod encode;
mod queue;
mod router;
mod tls;

use crate::case::Case;

/// All cases, each with a name of its own.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        decode::cases(),
        encode::cases(),
        queue::cases(),
        router::cases(),
        tls::cases(),
        adapters::tokio::cases(),
        adapters::async_std::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
