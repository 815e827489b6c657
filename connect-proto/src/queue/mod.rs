//! Queues: many senders on one connection, whose messages share writes by themselves.
//!
//! [`SendQueue`] decides everything and does nothing: it needs neither `std` nor a runtime. With the feature
//! `std` there are handles around it, a lock and wakers, which need no runtime either:
//!
//! ```text
//!   task --send--> QueueSender --+
//!   task --send--> QueueSender --+-- lock --> SendQueue <-- lock -- QueueDrain -- Outbound --> transport
//!   task --send--> QueueSender --+                                 `---- the driver, one task ----'
//! ```
//!
//! An adapter's driver, or the loop of an embedder, asks its [`QueueDrain`] for the next
//! [`Step`](crate::Step) and does it. While it writes, nobody waits for it: what is sent meanwhile goes into the
//! next write. The lock is held to copy one datagram, or to exchange two pointers, and never during
//! encryption or a system call.

mod driving;
mod error;
mod line;
mod reserving;
mod rounds;
mod send_queue;

#[cfg(feature = "std")]
mod drain;
#[cfg(feature = "std")]
mod permit;
#[cfg(feature = "std")]
mod sender;
#[cfg(feature = "std")]
mod shared;
#[cfg(feature = "std")]
mod waiting;

#[cfg(feature = "std")]
pub use drain::QueueDrain;
pub use driving::Next;
pub use error::TrySendError;
pub use line::Ticket;
#[cfg(feature = "std")]
pub use permit::QueuePermit;
pub use rounds::{Rest, Turn};
pub use send_queue::{SendQueue, Spent, Watch};
#[cfg(feature = "std")]
pub use sender::QueueSender;
