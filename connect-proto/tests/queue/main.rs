//! A queue between many senders and one driver: one test for each rule. What any order of operations comes to
//! is the matter of `queue_model.rs`.

mod close;
mod driver;
mod failure;
mod flush;
mod handles;
mod line;
mod owners;
mod permits;
mod rig;
mod room;
mod stats;
mod threads;
mod turns;
