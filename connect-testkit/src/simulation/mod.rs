//! The whole stack in a world without sockets, threads and clocks, over a network that does its worst.
//!
//! ```text
//!   applications --- queue or writer ---+                              +--- reader or router --- applications
//!   (tasks)                            core --- pipe up, pipe down --- core                          (tasks)
//!   applications --- reader or router --+                              +--- queue or writer  --- applications
//! ```
//!
//! The core is driven by a third adapter, written for this world: the loops of the real ones, around a pipe. One
//! seed decides who goes next, what the network does, and what the applications do. A task is polled only when it
//! was woken: who waits for ever has found a lost wake-up.
//!
//! What is checked at every step, where it happens: what comes is the next of what was sent, in content, order and
//! recipient, and nothing comes twice (`ledger`); what is held stays within its bound (`reader`, `writer`,
//! `sending`, `receiving`); somebody can go on, and something moves (`world`). And at the end: `judge`, `judge_tls`.

mod conversation;
mod faults;
mod flow;
mod judge;
#[cfg(feature = "tls")]
mod judge_tls;
mod ledger;
mod pipe;
mod reader;
mod receiving;
mod runs;
mod sending;
mod stack;
mod tasks;
#[cfg(feature = "tls")]
mod tls;
mod totals;
mod witness;
mod world;
mod writer;

pub use conversation::{Conversation, HandshakeLen, Party, Way};
pub use faults::{Conditions, Cut, ReaderSees, WriterSees};
#[cfg(feature = "tls")]
pub use judge_tls::{BLOCK_LEN, RECORD_LEN};
pub use runs::{run_plain, run_seeds};
#[cfg(feature = "tls")]
pub use tls::{TlsConfigs, TlsResult, Written, run_tls};
pub use totals::Totals;
