//! `connectcat` looks at a service that speaks Connect, as netcat does for plain TCP: it connects or listens, over TCP,
//! Unix sockets and TLS, sends messages and shows those that come. This is the library behind the command, which is
//! [`run`] and nothing else: it is there for the command's `main`, and promises no more than its signature.
//!
//! ```text
//! connectcat 127.0.0.1:3456                                  a line is a message, a message is a line
//! connectcat 127.0.0.1:3456 --send hello --replies 1         a script asks, and looks at the exit code
//! connectcat 127.0.0.1:3456 --stdin none --output json       only look at what it sends, and for whom
//! connectcat --listen --keep --echo 127.0.0.1:3456           be a service that sends everything back
//! connectcat bench 127.0.0.1:3456 --window 100               how fast is it?
//! ```
//!
//! `connectcat --help` and `connectcat man` explain every option, the README of this package has what scripts can rely on, and
//! `docs/connectcat.md` in the repository of Connect is a recorded session that shows it at work.
//!
//! # Exit codes
//!
//! | code | how it ended |
//! | --- | --- |
//! | 0 | all was done |
//! | 1 | the connection could not be made, or was lost; then it is said how much was not sent |
//! | 2 | the command line is wrong |
//! | 3 | `--timeout` has passed |
//! | 4 | fewer messages came than `--replies` or `--count` asked for |
//! | 5 | the peer does not speak Connect, or what `bench` gets back is not what it sent |
//! | 6 | a file or standard input has no proper message in it, or cannot be read; or standard output cannot be written |
//! | 130 | interrupted by Ctrl-C |
//! | 141 | whoever read standard output has gone before the end |
//! | 143 | terminated, as by kill |
//!
//! # Features
//!
//! * `aws-lc-rs` (default): TLS with cryptography by aws-lc-rs. Preferred if `ring` is on as well. Needs a C compiler.
//! * `ring`: TLS with cryptography by ring. Needs a C compiler.
//!
//! # Example
//!
//! ```
//! use std::process::ExitCode;
//!
//! assert_eq!(connectcat::run(["connectcat", "--version"]), ExitCode::SUCCESS);
//! assert_eq!(connectcat::run(["connectcat", "no port"]), ExitCode::from(2));
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
