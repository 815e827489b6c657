//! TLS for Connect by [rustls], sans-IO: ciphertext in, datagrams out, and the other way round.
//!
//! ```text
//!   transport --ciphertext--> TlsReader --plain bytes--> Decoder --> datagrams --> application
//!                                 |  alerts, handshake
//!   transport <--ciphertext-- TlsWriter <--plain bytes-- Encoder <-- datagrams <-- application
//! ```
//!
//! Like [`connect_proto`], this crate performs no I/O, knows no runtime and spawns nothing. Whoever uses an
//! adapter (`connect-tokio`, `connect-async-std` with their feature `tls`) needs from here how to make a
//! configuration, and the errors. Whoever has a loop of their own drives a [`TlsConnection`].
//!
//! # The loop
//!
//! That of a plain connection, which drives the handshake by the way:
//!
//! 1. Write what is in the [`outbox`](TlsConnection::outbox).
//! 2. Ask for the [`next_datagram`](TlsConnection::next_datagram) until the answer is
//!    [`NeedInput`](connect_proto::Decoded::NeedInput).
//! 3. Read into [`spare`](TlsConnection::spare) and [`commit`](TlsConnection::commit) what came, or
//!    [`finish`](TlsConnection::finish) when the transport ended. Go on with 1.
//! 4. To end, [`close`](TlsConnection::close), and 1 once more.
//!
//! [`TlsConnection`] has it [as a program](TlsConnection#driving-it), [`HandshakeStep`] that of two halves.
//!
//! # What is promised
//!
//! * Nobody gets in who should not: no datagram is received from, and none is sent to, a peer before the
//!   handshake is complete and its certificate verified. TLS 1.3 only, unless asked; no early data, which
//!   can be replayed.
//! * A stream that was cut is told from one that ended: the end of the transport without close_notify is
//!   [`TlsError::Truncated`].
//! * After any failure nothing more is received or sent. What TLS has to say about it to the peer, an alert
//!   in most cases, goes out with the next write, flush or close.
//! * Bounded memory: of handshake messages in parts 128 KiB are kept, of anything else one record. An idle
//!   connection holds no buffer, only what rustls needs to remember; a server also its session tickets,
//!   which go out with its first message.
//! * Many small messages that are queued together share records.
//!
//! # Rules
//!
//! For a loop of one's own, beside [those of a plain connection](connect_proto#rules):
//!
//! * Reading never writes. What TLS says by itself (its part of the handshake, an alert, the answer to a change of
//!   keys) comes out of the [outbox](TlsConnection::outbox) of the sending half. So look there after every read, and
//!   after an error, even with no datagram to send.
//! * Before two tasks take [a half each](TlsConnection::split), do what [`TlsHandle::handshake_step`] says until it says
//!   [`HandshakeStep::Done`]. Afterwards the reading task need not wake the writing one: what TLS has to say goes out
//!   with the next write.
//! * End with [`close`](TlsConnection::close), write everything, and only then end the transport: otherwise the peer
//!   takes the stream for cut. Receiving goes on until [`Decoded::End`](connect_proto::Decoded::End).
//! * What a peer can make this side hold is limited, time is not: a peer that says nothing has a handshake under way for
//!   ever. A server that cannot trust its clients keeps [`PendingHandshakes`], which say who has to go.
//!
//! # Configurations
//!
//! [`ClientConfigBuilder`] and [`ServerConfigBuilder`] make those of the common cases from PEM files: a
//! private authority, mutual TLS. [`ReplaceableIdentity`] replaces a certificate while its server runs. Any
//! other configuration of rustls does as well: other verifiers, other providers of cryptography.
//!
//! # Cryptography
//!
//! The builders take the provider that they are given, else the one that the application has installed for
//! the process, else that of this crate's features, else they fail. They never install one.
//!
//! # Features
//!
//! * `aws-lc-rs` (default): cryptography by aws-lc-rs. Preferred if `ring` is on as well. Needs a C compiler.
//! * `ring`: cryptography by ring, for targets that aws-lc-rs does not support. Needs a C compiler.
//! * `tls12`: the builders offer and accept TLS 1.2, too.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]
#![warn(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc
)]

mod client_config;
mod config_error;
mod connection;
mod engine;
mod error;
mod halves;
mod handle;
mod handshake_error;
mod incoming;
mod info;
mod pem;
mod pending;
mod provider;
mod replaceable;
mod server_config;
mod server_name;
mod unbuffered;

pub use client_config::ClientConfigBuilder;
pub use config_error::ConfigError;
pub use connection::TlsConnection;
pub use error::TlsError;
pub use handle::{HandshakeStep, TlsHandle};
pub use handshake_error::{AcceptError, HandshakeError};
pub use info::TlsInfo;
pub use pem::{Authorities, Identity};
pub use pending::{HandshakeId, HandshakeLimits, PendingHandshakes};
pub use provider::ALPN_PROTOCOL;
pub use replaceable::ReplaceableIdentity;
pub use server_config::ServerConfigBuilder;

pub use rustls;

/// The example of the README, which is tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
