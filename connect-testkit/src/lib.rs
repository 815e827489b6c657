//! What tests the crates of Connect: deterministic datagrams, byte schedules, a reference codec that is
//! obviously right, and the chunking oracle that compares the real one with it. Not published.
//!
//! Everything here panics when an expectation fails, so that unit tests, property tests and fuzz
//! targets can share it. Everything is deterministic: a failure is repeated by its plan.

#[cfg(feature = "tls")]
pub mod certificates;
pub mod conformance;
mod counts;
pub mod datagrams;
pub mod echo_server;
pub mod fuzz;
pub mod hostile;
mod memory_bound;
mod model_counts;
pub mod models;
pub mod naive;
pub mod oracle;
mod plan;
mod property;
mod random;
mod receiving;
mod schedule;
mod sending;
pub mod simulation;
pub mod stage;
mod task;
#[cfg(feature = "tls")]
pub mod tls;

/// For the macros of this crate.
#[doc(hidden)]
pub use connect_proto as proto;
pub use counts::Counts;
pub use model_counts::ModelCounts;
pub use plan::{Entry, Keeping, Lane, Plan, Reading};
pub use property::check_property;
pub use random::SplitMix64;
pub use schedule::{Cuts, Schedule};

/// The examples of the README at the top, which belongs to no crate that is published.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct ReadmeExamples;
