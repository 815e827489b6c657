//! Simulated conversations over a network that does its worst: every cut of short ones, and thousands of any kind.
//!
//! A failure prints the command that runs the same conversation again. A million:
//! `SIMULATION_RUNS=1000000 cargo test --release -p connect-testkit --all-features --test simulation random`.

mod every_cut;
#[cfg(feature = "tls")]
mod every_tls_cut;
mod random;
