//! Connect against foreign peers: what the tests of this crate share. Not published.

mod exchange;
pub mod messages;
pub mod old_peer;
pub mod old_tls;
pub mod ours;
pub mod recorded;
pub mod timed;
pub mod window;
pub mod wire;
pub mod with_old_peer;
pub mod with_old_tls_peer;

/// The snippets of the guide for those who come from 0.2.4: `before` with the real one, `after` with ours.
#[cfg(doctest)]
#[doc = include_str!("../../MIGRATING.md")]
struct MigratingExamples;
