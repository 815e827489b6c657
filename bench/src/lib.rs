//! What the benchmarks share: messages that can be checked, receipts that check them, loops of contenders that take
//! part in several, command lines, child processes with connections of every contender, records of what was measured, and the machine
//! that it was measured on.
//!
//! Each benchmark is a binary of its own; `bench/run` runs them all and makes the tables and plots of PERFORMANCE.md
//! from what they recorded.

pub mod child;
pub mod console;
pub mod floor;
pub mod held;
#[cfg(feature = "libzmq")]
pub mod libzmq;
pub mod machine;
pub mod many_connections;
pub mod messages;
pub mod opening;
pub mod options;
pub mod ours;
pub mod receipt;
pub mod results;
pub mod runtime;
pub mod security;
pub mod stack;
pub mod statistics;
pub mod units;
#[cfg(feature = "zeromq")]
pub mod zeromq_rs;

/// Whatever went wrong: a benchmark ends with it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
