//! Many tasks that take datagrams from one connection, each those of its own recipients.
//!
//! ```text
//!                                      +-> queue of 1..=9  --> RouteReceiver of 1..=9
//!   Inbound --> RouteDelivery --> table --> queue of 20     --> RouteReceiver of 20
//!               (the driver)           +-> queue of the rest -> RouteReceiver of all other recipients
//! ```
//!
//! [`Routes`] says which recipients go where; an adapter's `ConnectionReader::into_router` takes it and gives
//! the **driver**, a future that reads and delivers, which the caller spawns. Behind that is [`Router`], a
//! machine without lock, waker or I/O, which makes every decision; [`RouteDelivery`] is what a driver of
//! one's own is a loop around.
//!
//! # What a slow recipient does to the others
//!
//! It holds the line. A connection is one ordered stream: what comes behind a datagram cannot be reached
//! before that datagram is put somewhere. Once the queue of a route is full ([`RouteConfig::with_capacity`]),
//! the driver reads nothing more until its receiver has taken enough, the transport fills, and the peer's
//! sender waits. Nothing is lost, no memory grows, and every other receiver waits, too, once its own queue is
//! empty. Two receivers of one task must therefore not be waited for in a fixed order: that for which it does
//! not wait may be the one that holds the line.
//!
//! If recipients must not wait for each other, use a connection for each, or let a route lose datagrams, which
//! has to be asked for: [`Overflow::DiscardNewest`] and [`Overflow::DiscardOldest`] never hold the line, and
//! count what they discard ([`RouteStats`]).
//!
//! # Recipients without a route
//!
//! They are a fault of the peer unless [`Routes::add_rest`] made a receiver for them: the driver and every
//! receiver, once its queue is empty, get [`ReadError::UnknownRecipient`](crate::ReadError::UnknownRecipient).
//! The recipients of a receiver that was dropped have no route any more. The sending half of the connection is
//! not concerned.
//!
//! # Memory
//!
//! At most the capacity of every route (or one datagram, if that is longer) and what a decoder holds. Short
//! data is copied into memory of its route alone: an owned datagram of a decoder shares a block with its
//! neighbours, and a queue of such could keep a whole block alive for each of its small datagrams.

mod config;
mod copies;
#[cfg(feature = "std")]
mod delivery;
mod error;
mod machine;
mod outcome;
#[cfg(feature = "std")]
mod receiver;
mod recipients;
mod route;
mod route_stats;
#[cfg(feature = "std")]
mod routes;
mod table;

pub use config::{Overflow, RouteConfig};
#[cfg(feature = "std")]
pub use delivery::RouteDelivery;
pub use error::RouteError;
pub use machine::{Delivery, RouteId, Router, Taken};
#[cfg(feature = "std")]
pub use receiver::RouteReceiver;
pub use recipients::Recipients;
pub use route_stats::RouteStats;
#[cfg(feature = "std")]
pub use routes::Routes;
