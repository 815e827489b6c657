//! The hot paths of Connect, each over a fixed number of messages, for whatever counts what they cost.
//!
//! ```text
//! bin/instructions   runs one case, for callgrind to count the instructions of its pass
//! bin/calls          runs all of them, and counts allocations and calls of the transport
//! run                does both, and compares with what is recorded
//! ```

mod calls;
mod case;
mod cases;
mod messages;
mod plain_cipher;
mod poll;
mod tls_pair;
mod transport;

pub use calls::Calls;
pub use case::{Case, Pass, measured};
pub use cases::all;
