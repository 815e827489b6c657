//! Transports that do what a script says: deliver in pieces, wait, take little, take nothing, fail, lie.
//!
//! They implement the I/O traits of every runtime that has an adapter, so one script tests all of them.
//! "Wait" wakes its task at once: a test gets on by polling again, without a runtime.

mod read;
mod record;
mod write;

pub use read::{ReadStep, ScriptedRead};
pub use record::{WriteRecord, Written};
pub use write::{Fails, ScriptedWrite, WriteStep};
