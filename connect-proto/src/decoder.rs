//! Bytes in, datagrams out.

use core::fmt;

use bytes::{BufMut, BytesMut};

use crate::config::Config;
use crate::datagram::{ConnectDatagram, DatagramRef};
use crate::datagrams::Datagrams;
use crate::error::DecodeError;
use crate::header::{HEADER_LEN, Header};
use crate::inbox::Inbox;
use crate::stats::ReceiveStats;

/// What a [`Decoder`] answers: three different things, so that "wait" and "over" cannot be confused.
///
/// ```
/// use connect_proto::{Config, Decoded, Decoder};
///
/// let mut decoder = Decoder::new(&Config::new());
/// assert_eq!(decoder.next_datagram()?, Decoded::NeedInput);
/// decoder.finish(); // the transport has ended
/// assert_eq!(decoder.next_datagram()?, Decoded::End);
/// # Ok::<(), connect_proto::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a driver must handle each of the three"
)]
#[must_use = "NeedInput and End decide what the driver does next"]
pub enum Decoded<D> {
    /// The next datagram.
    Datagram(D),
    /// No whole datagram is here: read, [`commit`](Decoder::commit), and ask again.
    NeedInput,
    /// The peer ended the stream between two frames, and everything before was handed out.
    End,
}

impl<D> Decoded<D> {
    /// The datagram, if this is one.
    #[must_use]
    pub fn datagram(self) -> Option<D> {
        match self {
            Self::Datagram(datagram) => Some(datagram),
            Self::NeedInput | Self::End => None,
        }
    }
}

/// Turns the bytes of one direction of a stream into datagrams. Performs no I/O.
///
/// # Driving it
///
/// 1. Ask for datagrams until the answer is [`Decoded::NeedInput`].
/// 2. Read from the transport into [`spare`](Self::spare) and [`commit`](Self::commit) what came.
/// 3. When the transport ends, call [`finish`](Self::finish). Go on with 1.
///
/// ```
/// use connect_proto::{Config, Decoded, Decoder};
/// use std::io::Read;
///
/// let mut transport = &[0, 0, 0, 9, 0, 1, 0, 7, b'h', b'e', b'l', b'l', b'o'][..];
/// let mut decoder = Decoder::new(&Config::new());
/// loop {
///     match decoder.next_datagram()? {
///         Decoded::Datagram(datagram) => assert_eq!(datagram.data(), "hello"),
///         Decoded::NeedInput => match transport.read(decoder.spare())? {
///             0 => decoder.finish(),
///             n => decoder.commit(n),
///         },
///         Decoded::End => break,
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Memory
///
/// Whoever reads only after [`Decoded::NeedInput`] holds one incomplete frame and one block
/// ([`Config::with_read_block_len`] and a header) at the most. The block of a frame that does not fit grows with what has
/// arrived, to at most twice of it, never with what its header announces. A block of up to 2 MiB that a
/// large frame has left is used again while the connection is busy. When the transport has nothing to
/// read, say so with [`handle_would_block`](Self::handle_would_block), and a decoder between two frames
/// holds no memory but itself.
///
/// # States
///
/// ```text
///            finish()              frame boundary
///   Open ----------------> Ended ------------------> answers End for ever
///    |                       |
///    | broken header         | inside a frame
///    +-----------> Failed <--+                       answers the same error for ever
/// ```
///
/// Datagrams that are whole are handed out in every state before its answer is given. When changing
/// this: the state is consulted only when no whole frame is at the front, which keeps it out of the
/// path of every message; so whoever sets `Failed` has to empty the inbox.
pub struct Decoder {
    inbox: Inbox,
    max_data_len: u32,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Open,
    Ended,
    Failed(DecodeError),
}

/// What a decoder without a whole frame answers, unless it has failed.
enum Idle {
    NeedInput,
    End,
}

impl Decoder {
    /// A decoder at the beginning of a stream.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            // A message of just as much data arrives with one read.
            inbox: Inbox::new(config.read_block_len() + HEADER_LEN),
            max_data_len: config.max_receive_len() as u32,
            state: State::Open,
        }
    }

    /// The next datagram, owned. Its data shares the block that it was read into.
    ///
    /// # Errors
    ///
    /// [`DecodeError::SizeTooSmall`], [`DecodeError::DataTooLarge`] (above [`Config::max_receive_len`]),
    /// [`DecodeError::UnsupportedVersion`], or after [`finish`](Self::finish) [`DecodeError::UnexpectedEof`]; after
    /// everything that arrived whole before it. Final: the same error is returned from then on.
    // Always: each return through memory stalls on the parts that `Bytes` was just written in.
    #[inline(always)]
    pub fn next_datagram(&mut self) -> Result<Decoded<ConnectDatagram>, DecodeError> {
        match self.take_datagram() {
            Some(datagram) => Ok(Decoded::Datagram(datagram)),
            None => self.answer_without_frame(),
        }
    }

    /// The next datagram, owned, if it is here: the fast lane before [`next_datagram`](Self::next_datagram), which
    /// says what it means if it is not, and gives memory back.
    ///
    /// ```
    /// use connect_proto::{Config, ConnectDatagram, Decoded, Decoder};
    ///
    /// let mut decoder = Decoder::new(&Config::new());
    /// decoder.extend_from_slice(&ConnectDatagram::new(7, "hello")?.encode()?);
    /// while let Some(datagram) = decoder.take_datagram() {
    ///     assert_eq!(datagram.data(), "hello");
    /// }
    /// assert_eq!(decoder.next_datagram()?, Decoded::NeedInput);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    // Always: as there.
    #[inline(always)]
    #[must_use = "the datagram is taken, and would be lost"]
    pub fn take_datagram(&mut self) -> Option<ConnectDatagram> {
        let header = self.whole_frame()?;
        let data = self.inbox.take_frame_shared(header.data_len());
        Some(ConnectDatagram::from_parts(header.recipient(), data))
    }

    /// The next datagram, borrowed: the fast lane for a loop that is done with each datagram before
    /// it asks for the next.
    ///
    /// ```
    /// use connect_proto::{Config, ConnectDatagram, Decoded, Decoder};
    ///
    /// let mut decoder = Decoder::new(&Config::new());
    /// decoder.extend_from_slice(&ConnectDatagram::new(7, "hello")?.encode()?);
    /// let mut total = 0;
    /// while let Decoded::Datagram(datagram) = decoder.next_datagram_ref()? {
    ///     total += datagram.data().len();
    /// }
    /// assert_eq!(total, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`next_datagram`](Self::next_datagram).
    #[inline]
    pub fn next_datagram_ref(&mut self) -> Result<Decoded<DatagramRef<'_>>, DecodeError> {
        let Some(header) = self.whole_frame() else {
            return self.answer_without_frame();
        };
        let data = self.inbox.take_frame_ref(header.data_len());
        Ok(Decoded::Datagram(DatagramRef::new(
            header.recipient(),
            data,
        )))
    }

    /// All datagrams that are here, borrowed: the fastest lane, for a loop that works off one read
    /// after the other. See [`Datagrams`].
    pub fn datagrams(&mut self) -> Datagrams<'_> {
        Datagrams::of(&mut self.inbox, self.max_data_len)
    }

    /// The header of the next datagram, if all of that is here: to decide on it before it is taken.
    ///
    /// ```
    /// use connect_proto::{Config, ConnectDatagram, Decoder};
    ///
    /// let mut decoder = Decoder::new(&Config::new());
    /// decoder.extend_from_slice(&ConnectDatagram::new(7, "hello")?.encode()?);
    /// let header = decoder.next_header().expect("it is here whole");
    /// assert_eq!((header.recipient(), header.data_len()), (7, 5));
    /// assert!(decoder.has_datagram()); // it was only looked at
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn next_header(&self) -> Option<Header> {
        self.whole_frame()
    }

    /// Whether a whole datagram is here.
    #[must_use]
    pub fn has_datagram(&self) -> bool {
        self.whole_frame().is_some()
    }

    /// Whether a question for the next datagram would be answered with anything but
    /// [`Decoded::NeedInput`]: with a datagram, the end, or an error. May change when bytes come, with
    /// [`finish`](Self::finish), and when a datagram is taken.
    #[must_use]
    pub fn has_answer(&mut self) -> bool {
        self.has_datagram() || !matches!(self.without_frame(), Ok(Idle::NeedInput))
    }

    /// Space for the next bytes from the transport: initialised, and never empty.
    pub fn spare(&mut self) -> &mut [u8] {
        let frame_len = self.frame_len();
        self.inbox.spare(frame_len)
    }

    /// As [`spare`](Self::spare), for transports that append to a buffer (`read_buf` of tokio): not initialised, which
    /// spares the zeroes. Append, and then [`commit`](Self::commit) as much: what is not committed is forgotten.
    ///
    /// ```
    /// use bytes::BufMut;
    /// use connect_proto::{Config, Decoder};
    ///
    /// let mut decoder = Decoder::new(&Config::new());
    /// decoder.spare_buf().put_slice(&[0, 0, 0, 5, 0, 1, 0, 7, b'!']);
    /// decoder.commit(9);
    /// assert_eq!(decoder.next_datagram()?.datagram().unwrap().data(), "!");
    /// # Ok::<(), connect_proto::DecodeError>(())
    /// ```
    pub fn spare_buf(&mut self) -> impl BufMut {
        let frame_len = self.frame_len();
        self.inbox.spare_buf(frame_len)
    }

    /// The first `received` bytes of the last [`spare`](Self::spare), or of what was appended to the last
    /// [`spare_buf`](Self::spare_buf), came from the transport.
    ///
    /// Ignored after [`finish`](Self::finish) and after an error: nothing can follow them.
    ///
    /// # Panics
    ///
    /// If `received` exceeds the length of the space, or what was appended to it. It may also panic if since then a
    /// datagram was asked for, or [`handle_would_block`](Self::handle_would_block) called: the block may have gone with
    /// it, or back.
    pub fn commit(&mut self, received: usize) {
        match self.state {
            State::Open => self.inbox.commit(received),
            State::Ended => {}
            State::Failed(_) => self.inbox.clear(),
        }
    }

    /// Copies bytes in: for callers that already hold them.
    ///
    /// Whatever the length, all of it is taken; to keep memory bounded, call it like
    /// [`commit`](Self::commit), after [`Decoded::NeedInput`].
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        if matches!(self.state, State::Open) {
            let frame_len = self.frame_len();
            self.inbox.extend(bytes, frame_len);
        }
    }

    /// Takes the space of [`spare`](Self::spare) away, for I/O that owns its buffers until it
    /// completes. Never empty, all of it initialised.
    ///
    /// Give it back with [`put_back`](Self::put_back). A buffer that never comes back loses nothing
    /// that was received before.
    ///
    /// ```
    /// use connect_proto::{Config, Decoder};
    ///
    /// let mut decoder = Decoder::new(&Config::new());
    /// let mut buffer = decoder.take_spare();
    /// buffer[..9].copy_from_slice(&[0, 0, 0, 5, 0, 1, 0, 7, b'!']); // the kernel does this
    /// decoder.put_back(buffer, 9);
    /// assert_eq!(decoder.next_datagram()?.datagram().unwrap().data(), "!");
    /// # Ok::<(), connect_proto::DecodeError>(())
    /// ```
    #[must_use = "the space is meant to be read into and put back"]
    pub fn take_spare(&mut self) -> BytesMut {
        let frame_len = self.frame_len();
        self.inbox.take_spare(frame_len)
    }

    /// The first `received` bytes of `buffer` came from the transport.
    ///
    /// The space of [`take_spare`](Self::take_spare) goes back without a copy, provided that no
    /// datagram was asked for in between; any other buffer is welcome too, its bytes are taken over
    /// or copied. Ignored after [`finish`](Self::finish) and after an error.
    ///
    /// # Panics
    ///
    /// If `received` exceeds the length of the buffer.
    pub fn put_back(&mut self, buffer: BytesMut, received: usize) {
        if matches!(self.state, State::Open) {
            let frame_len = self.frame_len();
            self.inbox.put_back(buffer, received, frame_len);
        }
    }

    /// The peer will send nothing more. Idempotent.
    pub fn finish(&mut self) {
        if matches!(self.state, State::Open) {
            self.state = State::Ended;
        }
    }

    /// The transport has nothing to read at the moment. Between two frames, all memory goes back.
    pub fn handle_would_block(&mut self) {
        self.inbox.handle_would_block();
    }

    /// Whether this connection seems to wait for its peer: nothing is buffered, and less than 4 KiB came
    /// since the last [`handle_would_block`](Self::handle_would_block).
    ///
    /// A driver whose transport needs a buffer even to find out that there is nothing then does well to
    /// read into a short array on its stack and to hand over what came with
    /// [`extend_from_slice`](Self::extend_from_slice): a connection that waits costs no block.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.inbox.is_quiet()
    }

    /// Bytes received and not yet handed out.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.inbox.len()
    }

    /// What was received so far.
    ///
    /// ```
    /// use connect_proto::{Config, ConnectDatagram, Decoder};
    ///
    /// let mut decoder = Decoder::new(&Config::new());
    /// decoder.extend_from_slice(&ConnectDatagram::new(1, "one")?.encode()?);
    /// decoder.extend_from_slice(&ConnectDatagram::new(1, "two")?.encode()?);
    /// assert!(decoder.next_datagram()?.datagram().is_some());
    /// let stats = decoder.stats();
    /// assert_eq!((stats.messages, stats.bytes, stats.buffered_bytes), (1, 22, 11));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> ReceiveStats {
        let (bytes, messages) = self.inbox.received_and_taken();
        ReceiveStats {
            messages,
            bytes,
            buffered_bytes: self.inbox.len(),
        }
    }

    /// How long a block usually is: [`Config::read_block_len`] or what a byte stage before the decoder needs, and a
    /// header besides. Not meant to be set again: that would add another header.
    #[must_use]
    pub const fn read_block_len(&self) -> usize {
        self.inbox.busy_block_len()
    }

    /// Bytes of heap memory held at the moment, with what is shared with datagrams handed out, but for about
    /// 100 bytes of bookkeeping as long as there are any.
    #[must_use]
    pub fn allocated(&self) -> usize {
        self.inbox.allocated()
    }

    /// The header of the frame at the front, if all of the frame is here.
    #[inline]
    fn whole_frame(&self) -> Option<Header> {
        self.header()
            .filter(|header| header.frame_len() <= self.inbox.len())
    }

    /// The header of the frame at the front, if it is complete and valid.
    #[inline]
    fn header(&self) -> Option<Header> {
        let bytes = self.inbox.filled().first_chunk()?;
        Header::parse_within(bytes, self.max_data_len).ok()
    }

    fn frame_len(&self) -> Option<usize> {
        self.header().map(Header::frame_len)
    }

    /// Out of line and apart from the answer with a frame: an error that shares its place with a datagram
    /// makes the compiler move both in small pieces.
    #[inline(never)]
    fn answer_without_frame<D>(&mut self) -> Result<Decoded<D>, DecodeError> {
        Ok(match self.without_frame()? {
            Idle::NeedInput => Decoded::NeedInput,
            Idle::End => Decoded::End,
        })
    }

    #[inline(never)]
    fn without_frame(&mut self) -> Result<Idle, DecodeError> {
        self.inbox.release_oversized();
        let filled = self.inbox.filled();
        let error = match self.state {
            State::Failed(error) => error,
            State::Open => match Header::check_prefix(filled, self.max_data_len) {
                Ok(()) => return Ok(Idle::NeedInput),
                Err(error) => error,
            },
            State::Ended if filled.is_empty() => return Ok(Idle::End),
            State::Ended => match Header::check_prefix(filled, self.max_data_len) {
                Ok(()) => DecodeError::UnexpectedEof {
                    missing: self.frame_len().unwrap_or(HEADER_LEN) - filled.len(),
                },
                Err(error) => error,
            },
        };
        self.state = State::Failed(error);
        self.inbox.clear();
        Err(error)
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("state", &self.state)
            .field("buffered", &self.buffered())
            .field("allocated", &self.allocated())
            .finish_non_exhaustive()
    }
}
