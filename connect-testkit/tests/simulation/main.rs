//! Simulated conversations over a network that does its worst: every cut of short ones, and thousands of any kind.
//!
//! A failure prints its conversation, and a random one the command that runs it again. A million of them:
//! `SIMULATION_RUNS=1000000 cargo test --release -p connect-testkit --all-features --test simulation random_plain`.

mod every_cut;
#[cfg(feature = "tls")]
mod every_tls_cut;
mod random;
#[cfg(feature = "tls")]
mod tls_blocks;
