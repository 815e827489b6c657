//! The built command, as a script runs it: against itself, against services of `connect-tokio`, and against peers that
//! do what they should not. Over loopback, with ports that the system chooses.

mod bench;
#[cfg(unix)]
mod blocked_output;
mod ending;
mod listening;
mod talking;
mod tls;
mod tool;
mod usage;
