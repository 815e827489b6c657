//! Sans-IO core of Connect, a brokerless message queue over byte streams: bytes in, datagrams out,
//! and the other way round.
//!
//! The application hands over messages, the peer's application gets them whole and in order, each
//! with a 16-bit recipient tag. This crate knows how; it performs no I/O, reads no clock, draws no
//! random number, logs nothing and spawns nothing. Adapters such as `connect-tokio` are loops around
//! it, and so is whatever you write around it yourself.
//!
//! ```text
//!   transport --bytes--> [ stage ] --bytes--> Decoder --> ConnectDatagram --> application
//!   transport <--bytes-- [ stage ] <--bytes-- Encoder <-- ConnectDatagram <-- application
//! ```
//!
//! The two directions are independent machines: a reading and a writing task share nothing.
//!
//! A datagram is eight bytes of [`Header`], whose documentation has the picture, and its data: WIRE.md of the
//! repository is the whole specification.
//!
//! # The loop
//!
//! 1. [`push`](Encoder::push) datagrams while the encoder [`is_ready`](Encoder::is_ready).
//! 2. Write from the [`outbox`](Encoder::outbox), and `advance` it by what the transport took, until nothing remains.
//! 3. Ask for the [`next_datagram`](Decoder::next_datagram) until the answer is [`Decoded::NeedInput`].
//! 4. Read into the [`spare`](Decoder::spare) space and [`commit`](Decoder::commit) what came; when the transport has
//!    ended, call [`finish`](Decoder::finish). Go on with 3, and with 1 whenever there is something to send.
//! 5. To close, call [`finish`](Encoder::finish), write what remains, and end the writing direction of the transport.
//!    Reading goes on until [`Decoded::End`].
//!
//! The example does so over a blocking stream. A transport that may have nothing to read adds two hints about memory
//! ([`Decoder::handle_would_block`], [`Encoder::handle_flushed`]); one with vectored writes is told so
//! ([`Encoder::set_vectored`]) and gets [`chunks_vectored`](bytes::Buf::chunks_vectored) of the outbox. One that owns
//! its buffers until it completes takes them away and gives them back ([`Decoder::take_spare`], [`Outbox`]).
//! [`Inbound`] and [`Outbound`] are the same machines with a byte stage such as TLS and with the failures
//! of a transport: what an adapter drives. The examples of this crate are complete programs: blocking, on `mio`, in a
//! simulation (this one in the repository alone).
//!
//! ```
//! use bytes::Buf;
//! use connect_proto::{Config, ConnectDatagram, Decoded, Decoder, Encoder};
//! use std::io::{Read, Write};
//! use std::net::{Shutdown, TcpStream};
//!
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let address = listener.local_addr()?;
//! # std::thread::spawn(move || {
//! #     let (peer, _) = listener.accept()?;
//! #     std::io::copy(&mut &peer, &mut &peer)
//! # });
//! let mut stream = TcpStream::connect(address)?;
//! let config = Config::new();
//! let mut encoder = Encoder::new(&config);
//! let mut decoder = Decoder::new(&config);
//!
//! // 1. Queue datagrams.
//! encoder.push(ConnectDatagram::new(65535, "Hello world!")?)?;
//! // 2. Write what is queued, and advance by what the transport took.
//! while encoder.outbox().has_remaining() {
//!     let written = stream.write(encoder.outbox().chunk())?;
//!     encoder.outbox().advance(written);
//! }
//! // 3. and 4. Ask for datagrams, and read whenever the decoder needs input.
//! let reply = loop {
//!     match decoder.next_datagram()? {
//!         Decoded::Datagram(datagram) => break datagram,
//!         Decoded::NeedInput => match stream.read(decoder.spare())? {
//!             0 => decoder.finish(),
//!             received => decoder.commit(received),
//!         },
//!         Decoded::End => panic!("the peer closed without an answer"),
//!     }
//! };
//! assert_eq!(reply.data(), "Hello world!");
//! // 5. Nothing is left to be written.
//! encoder.finish();
//! stream.shutdown(Shutdown::Write)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Rules
//!
//! * Read only after [`Decoded::NeedInput`]: then one incomplete frame and one block is all that a peer
//!   can make this side hold.
//! * Push only while the encoder [`is_ready`](Encoder::is_ready): then the high-water mark and one
//!   frame is all that a slow peer can make this side hold.
//! * Go on reading while a write waits: two peers that only write wait for each other for ever.
//! * An error of the peer ([`DecodeError`]) is final and repeated. An error of the caller
//!   ([`EncodeError`]) changes nothing and hands the datagram back.
//! * The end of a stream is clean only between two frames ([`Decoded::End`]).
//!
//! # Features
//!
//! * `std` (default): vectored chunks of the [`Outbox`], errors that carry a `std::io::Error` and what is told an
//!   `io::Result` (`Inbound::handle_read`, `Outbound::handle_write` and others), `Address`, `pause_after_accept_error`,
//!   `uninterrupted`, the handles of a [`queue`] and of a [`router`]. Without it the crate is `no_std` with `alloc`.
//! * `stream`: the receivers of a [`router`] are streams of `futures-core`, too.

#![cfg_attr(not(feature = "std"), no_std)]
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
    clippy::missing_panics_doc,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::alloc_instead_of_core
)]

extern crate alloc;

#[cfg(feature = "std")]
mod accept;
#[cfg(feature = "std")]
mod address;
mod config;
mod datagram;
mod datagrams;
mod decoder;
mod encoder;
mod error;
mod failure;
mod header;
mod inbound;
mod inbox;
#[cfg(feature = "std")]
mod interrupt;
mod made_block;
mod outbound;
mod outbound_stage;
mod outbox;
mod pieces;
pub mod queue;
mod read_error;
pub mod router;
mod shared_bytes;
pub mod stage;
mod stats;
mod step;
mod store;
#[cfg(feature = "std")]
mod sync;
mod write_error;

#[cfg(feature = "std")]
pub use accept::pause_after_accept_error;
#[cfg(feature = "std")]
pub use address::Address;
/// The types of this crate's buffers.
pub use bytes;
pub use config::Config;
pub use datagram::{ConnectDatagram, DatagramRef};
pub use datagrams::Datagrams;
pub use decoder::{Decoded, Decoder};
pub use encoder::Encoder;
pub use error::{DecodeError, EncodeError, Refused, StageError};
pub use header::{HEADER_LEN, Header, MAX_DATA_LEN, VERSION};
pub use inbound::Inbound;
#[cfg(feature = "std")]
pub use interrupt::uninterrupted;
pub use outbound::Outbound;
pub use outbox::Outbox;
pub use read_error::ReadError;
pub use stats::{ConnectionStats, ReceiveStats, SendStats};
pub use step::{Goal, Step};
pub use write_error::{Unsent, WriteError, WriteErrorKind};

/// The example of the README, which is tested with those of the documentation.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
