//! `connectcat` looks at a service that speaks Connect: it connects or listens, sends messages and shows those that
//! come. This is the library behind the command, which is [`run`] and nothing else; `connectcat --help` teaches the rest.
//!
//! ```
//! let code = connectcat::run(["connectcat", "--version"]);
//! # let _ = code;
//! ```

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod arguments;
mod bench;
mod conversation;
mod diagnostics;
mod dial;
mod endpoint;
mod failure;
mod format;
mod input;
mod json;
mod listen;
mod man;
mod output;
mod pace;
mod printer;
mod run;
mod serve;
#[cfg(unix)]
mod socket_file;
mod stop;
mod talker;
mod terminal;
mod tls;

pub use run::run;
