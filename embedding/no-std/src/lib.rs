//! The core for a machine without an operating system: a static library with a C interface (`connect.h`), which needs of
//! its surroundings `malloc`, `calloc`, `free`, `abort` and what every C compiler takes for granted (`memcpy` and its like).
//!
//! ```text
//! embedding/no-std/check                      # builds it, looks into it, runs the C program in example.c
//! ```
//!
//! * `peer.rs` is what is offered, in Rust that is safe.
//! * `c.rs` is the same for C: names, pointers, lengths.
//! * `machine.rs` is what std would bring along: memory, and the end of a panic.

#![no_std]

extern crate alloc;

mod c;
mod machine;
mod peer;
