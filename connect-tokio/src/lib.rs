//! Connect for tokio: the application hands over messages, the peer's application gets them whole
//! and in order, each with a 16-bit recipient tag, over TCP, Unix sockets and any other stream.
//!
//! ```text
//!   application --send--> ConnectionWriter --> Encoder --> [ TLS ] --bytes--> transport --> peer
//!   application <--next-- ConnectionReader <-- Decoder <-- [ TLS ] <--bytes-- transport <-- peer
//! ```
//!
//! Encoder, decoder and TLS perform no I/O ([`connect_proto`]): writer and reader are the loops around them. While one
//! of the two waits for the transport, the other goes on.
//!
//! # The loop
//!
//! 1. Connect with [`Connection::tcp_client`], or accept from a [`TcpListener`]. A [`Config`] sets limits.
//! 2. [`send`](ConnectionWriter::send) a datagram; or [`feed`](ConnectionWriter::feed) many, and
//!    [`flush`](ConnectionWriter::flush).
//! 3. Ask for the [`next`](ConnectionReader::next) datagram until the answer is `Ok(None)`, the end of what the peer has
//!    to say. To go on with 2 meanwhile, take the halves apart: [`split`](Connection::split).
//! 4. [`close`](ConnectionWriter::close), and read to the end ([Closing](#closing)).
//!
//! ```
//! use connect_tokio::{ConnectDatagram, Connection};
//! # use connect_tokio::TcpListener;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut listener = TcpListener::bind("127.0.0.1:0").await?;
//! # let ip_address = listener.local_addr();
//! # tokio::spawn(async move {
//! #     let mut conn = listener.accept().await.unwrap();
//! #     while let Some(datagram) = conn.reader().next().await.unwrap() {
//! #         conn.writer().send(datagram).await.unwrap();
//! #     }
//! # });
//! // create a client connection to the server
//! let mut conn = Connection::tcp_client(ip_address).await?;
//!
//! // construct a new message
//! let msg = String::from("Hello world!");
//! let envelope: ConnectDatagram = ConnectDatagram::new(65535, msg.into_bytes())?;
//!
//! // send a message to the server
//! conn.writer().send(envelope).await?;
//!
//! // wait for the echo-server to reply with an echo
//! if let Some(mut envelope) = conn.reader().next().await? {
//!     // take the message payload from the envelope
//!     let data: Vec<u8> = envelope.take_data().unwrap();
//!
//!     // reconstruct the original message
//!     let msg = String::from_utf8(data)?;
//!     assert_eq!("Hello world!", msg.as_str());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! * **Nothing is lost silently.** What [`ConnectionWriter::send`] (not that of a queue) returned `Ok` for has been handed to
//!   the operating system whole. It may still be lost with the machine or the network: only an answer
//!   of the peer's application proves more. A datagram that was not queued comes back in the error.
//! * **Bounded memory.** A sender waits above the high-water mark ([`Config::with_high_water_mark`]), a
//!   receiver refuses what exceeds its limit ([`Config::with_max_receive_len`]) and buffers no more
//!   than one incomplete frame and one block. A connection that waits between two messages holds no
//!   buffer at all.
//! * **Typed ends.** `Ok(None)` is the peer's clean end between two messages. Everything else is a
//!   [`ReadError`] that says what was wrong, and is repeated if asked again.
//! * **Cancel safety.** Every `async` method says what happens when its future is dropped.
//!
//! # Rules
//!
//! * `feed` only queues. End with [`flush`](ConnectionWriter::flush) or [`close`](ConnectionWriter::close):
//!   dropping a writer drops its queue, and the peer may see a clean end.
//! * If both sides only write, both wait for ever: back-pressure reaches the sender.
//!   [`split`](Connection::split), and read beside writing.
//! * After a reset the half that touches the socket first gets the error; the other may see a clean end. So
//!   whoever also writes looks at what came of that before believing in an `Ok(None)`.
//! * Nothing here times out. Wrap what may not wait for ever in a timeout of your runtime.
//! * `Ok(None)` says that the peer's system ended the stream between two messages, which is also what a
//!   crashed program looks like. Where that matters, agree on a last message.
//!
//! # Many tasks, one connection
//!
//! ```text
//!   task --> QueueSender --+                                               +--> RouteReceiver --> task
//!   task --> QueueSender --+--> QueueDriver ==one stream==> RouterDriver --+--> RouteReceiver --> task
//!   task --> QueueSender --+                                               +--> RouteReceiver --> task
//! ```
//!
//! * [`ConnectionWriter::into_queue`] gives a [`QueueSender`], which can be cloned and sent through from any
//!   task, and a driver that writes. Small messages of all tasks share writes by themselves; a lone one goes out
//!   at once.
//! * [`ConnectionReader::into_router`] gives each recipient tag, or range of them, a [`RouteReceiver`] of its
//!   own, and a driver that reads. A connection is one ordered stream: a recipient that does not take its
//!   messages holds up the others, unless its route is told to discard.
//! * A driver is a future that has to run to its end: await it before the runtime shuts down. `spawn_queue` and `spawn_router` do both.
//!
//! An accepted message is not yet a written one. If the connection is lost, everybody who waits or comes later
//! learns of it, and of how much had been accepted in vain ([`WriteError::unsent`]); who has to know what became
//! of a message waits with [`QueueSender::flush`], or for an answer of the peer.
//!
//! # Closing
//!
//! [`ConnectionWriter::close`] flushes and ends the writing direction; the peer then reads to its
//! `Ok(None)`. Before dropping a TCP connection that the peer may still be writing to, read to the end
//! as well: the operating system answers unread bytes with a reset, which can overtake the last
//! messages on their way to the peer. So the side that is done first calls `close` of its writer, reads
//! until `Ok(None)`, and drops the connection.
//!
//! # TLS
//!
//! With the feature `tls` a connection is encrypted and both ends prove who they are; everything else is
//! as above. In addition:
//!
//! * A stream that ends without the peer's close_notify is an error (`TlsError::Truncated`): it may have
//!   been cut. So end with [`close`](ConnectionWriter::close); a dropped connection looks cut to the peer.
//! * After a failure of TLS in one direction both are over. The peer is told why by an alert, which goes
//!   out with the writer's next flush or close.
//! * A client whose certificate the server does not want learns of it from its first
//!   [`next`](ConnectionReader::next): in TLS 1.3 its own handshake is complete by then. A
//!   [`send`](ConnectionWriter::send) before that may fail with a broken pipe; `next` has the reason.
//! * A client's handshake has no time limit. Wrap it in a timeout of your runtime; a server of
//!   `connect` 0.2.4 for one stops answering after another client's handshake has failed.
//!
//! # Features
//!
//! * `tls`: `Connection::tls_client`, `TlsListener` and TLS over any stream, by rustls with the
//!   cryptography of aws-lc-rs. `tls-ring` is the same with ring, `tls-no-provider` with what the
//!   application brings.
//! * `tls12`: what the builders of `connect_tls` make offers and accepts TLS 1.2 beside 1.3. Alone it switches nothing on.
//! * `tracing`: events of connections and listeners at level `debug` and target `connect`; none per
//!   message.

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

#[macro_use]
mod trace;

mod accept;
mod connection;
mod memory;
mod queue;
mod reader;
mod router;
mod tcp;
#[cfg(feature = "tls-no-provider")]
mod tls;
#[cfg(unix)]
mod unix;
mod writer;

/// The core: the state machines and byte stages that [`Connection::from_parts`] takes.
pub use connect_proto;
// The handles of a queue, which are the same on every runtime.
pub use connect_proto::queue::{QueuePermit, QueueSender, TrySendError};
// The receivers of a router, which are the same on every runtime; see [`ConnectionReader::into_router`].
pub use connect_proto::router::{
    Overflow, Recipients, RouteConfig, RouteError, RouteReceiver, RouteStats, Routes, Taken,
};
pub use connect_proto::{
    Address, Config, ConnectDatagram, ConnectionStats, DatagramRef, Datagrams, DecodeError,
    EncodeError, Inbound, Outbound, ReadError, ReceiveStats, Refused, SendStats, StageError,
    Unsent, WriteError, WriteErrorKind,
};
/// TLS: how configurations are made, what was agreed upon, and what can go wrong.
#[cfg(feature = "tls-no-provider")]
pub use connect_tls;
pub use connection::{BoxedRead, BoxedWrite, Connection};
pub use queue::QueueDriver;
pub use reader::ConnectionReader;
pub use router::RouterDriver;
pub use tcp::TcpListener;
#[cfg(feature = "tls-no-provider")]
pub use tls::TlsListener;
#[cfg(unix)]
pub use unix::UnixListener;
pub use writer::ConnectionWriter;

/// The example of the README, which is tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
