//! Bytes that wait for the transport, as a [`bytes::Buf`].

use alloc::boxed::Box;
use core::fmt;

use bytes::{Buf, Bytes};

use crate::header::{HEADER_LEN, Header};
use crate::pieces::Pieces;

/// A queue of bytes between an [`Encoder`](crate::Encoder) and a transport.
///
/// Bytes leave only through [`Buf::advance`], by as much as the transport took. So a short write, a
/// write that has to wait, or a write whose future is dropped neither loses nor repeats a byte.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::{Config, ConnectDatagram, Encoder};
///
/// let mut encoder = Encoder::new(&Config::new());
/// encoder.push(ConnectDatagram::new(7, "hello")?)?;
/// let outbox = encoder.outbox();
/// while outbox.has_remaining() {
///     let written = outbox.chunk().len().min(3); // what a transport might take
///     outbox.advance(written);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # I/O that owns its buffers until it completes
///
/// What a kernel writes from must not be touched meanwhile. There, two outboxes take turns: what is queued goes away as
/// it is, no byte is copied, and the encoder goes on with the other one, whose memory is used again. The memory that a
/// [`chunk`](Buf::chunk) lies in stays where it is as long as the outbox is neither changed nor moved; box it.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::{Config, ConnectDatagram, Encoder, Outbox};
///
/// let mut encoder = Encoder::new(&Config::new());
/// let mut away: Box<Outbox> = Box::default();
/// encoder.push(ConnectDatagram::new(7, "hello")?)?;
/// std::mem::swap(encoder.outbox(), &mut *away);
/// encoder.push(ConnectDatagram::new(7, "meanwhile")?)?;
/// away.advance(4); // what the kernel has written; the rest goes next
/// assert_eq!((away.remaining(), encoder.queued()), (9, 17));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What is away does not count as queued: up to twice the high-water mark, and two frames, are then held. Only with an
/// encoder alone: an [`Outbound`](crate::Outbound) counts what leaves its own outbox.
#[derive(Default)]
pub struct Outbox {
    /// Nothing before something is appended and after [`release`](Self::release): connections are many, and most
    /// of them wait.
    pieces: Option<Box<Pieces>>,
    remaining: usize,
    /// Frames appended to pieces that were given back since.
    frames_forgotten: u64,
    /// Bytes taken since the beginning.
    taken: u64,
    /// How much the last block held when the outbox last ran empty: the best guess for a fresh one.
    last_tail_len: u32,
}

/// How much was queued since the beginning, whatever became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) messages: u64,
    /// Headers included.
    pub(crate) bytes: u64,
}

impl Outbox {
    /// An empty outbox.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a copy of `bytes`.
    ///
    /// # Panics
    ///
    /// As [`push`](Self::push).
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.check(bytes.len());
            self.remaining += bytes.len();
            self.with_room(bytes.len()).append(bytes);
        }
    }

    /// Appends `bytes` without a copy.
    ///
    /// # Panics
    ///
    /// If more than `usize::MAX` bytes would wait. Only clones of long data can come to that, where a `usize`
    /// has 32 bits.
    pub fn push(&mut self, bytes: Bytes) {
        self.check(bytes.len());
        if !bytes.is_empty() {
            self.remaining += bytes.len();
            self.pieces_mut().push_data(bytes);
        }
    }

    /// Appends what `write` puts at the front of the room it is given, `room` bytes with any content: for whatever
    /// makes its bytes in place, as encryption does. `write` returns how many it put there.
    ///
    /// ```
    /// use bytes::Buf;
    /// use connect_proto::Outbox;
    ///
    /// let mut outbox = Outbox::new();
    /// outbox.extend_with(16, |room| {
    ///     room[..5].copy_from_slice(b"hello");
    ///     Ok::<_, std::convert::Infallible>(5)
    /// })?;
    /// assert_eq!(outbox.chunk(), b"hello");
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    ///
    /// # Errors
    ///
    /// That of `write`; then nothing is appended.
    ///
    /// # Panics
    ///
    /// If `write` claims more than the room, or as [`push`](Self::push) if all of the room were filled.
    pub fn extend_with<E>(
        &mut self,
        room: usize,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        self.check(room);
        let usual_len = self.last_tail_len as usize;
        let pieces = self.pieces_mut();
        self.remaining += pieces.append_with(room, usual_len, write)?;
        Ok(())
    }

    /// Appends a frame as one run of copied bytes, which [can be counted](Self::can_count).
    #[inline]
    pub(crate) fn push_frame(&mut self, header: Header, data: &[u8]) {
        let len = header.frame_len();
        self.remaining += len;
        self.with_room(len).push_frame(header, data);
    }

    /// Appends a frame whose data stays where it is, and which [can be counted](Self::can_count).
    pub(crate) fn push_chained_frame(&mut self, header: Header, data: Bytes) {
        self.remaining += header.frame_len();
        self.pieces_mut().push_chained_frame(header, data);
    }

    /// As [`push_chained_frame`](Self::push_chained_frame), but the first `head_len` bytes of the data are copied.
    pub(crate) fn push_frame_with_head(
        &mut self,
        header: Header,
        mut data: Bytes,
        head_len: usize,
    ) {
        self.remaining += header.frame_len();
        let head = data.split_to(head_len.min(data.len()));
        let pieces = self.with_room(HEADER_LEN + head.len());
        pieces.push_frame_with_head(header, &head, data);
    }

    /// Frames whose last byte is here. Bytes that are no frames, which whoever owns an encoder can add to its
    /// outbox, make the number wrong and nothing else.
    pub(crate) fn frames(&self) -> usize {
        let pieces = self.pieces.as_ref().filter(|_| self.remaining > 0);
        pieces.map_or(0, |pieces| pieces.frames())
    }

    pub(crate) fn accepted(&self) -> Accepted {
        let pieces = self.pieces.as_ref();
        Accepted {
            messages: self.frames_forgotten + pieces.map_or(0, |pieces| pieces.frames_appended()),
            bytes: self.taken + self.remaining as u64,
        }
    }

    /// Moves what `other` holds here, where nothing is held, and counts it here.
    pub(crate) fn take_from(&mut self, other: &mut Self) {
        debug_assert!(self.remaining == 0, "what is queued would get lost");
        self.count_pieces();
        core::mem::swap(&mut self.pieces, &mut other.pieces);
        // Both make blocks for the same messages, and only this one sees how long they become.
        core::mem::swap(&mut self.last_tail_len, &mut other.last_tail_len);
        self.remaining = core::mem::take(&mut other.remaining);
        self.frames_forgotten += core::mem::take(&mut other.frames_forgotten);
        self.taken += core::mem::take(&mut other.taken);
    }

    /// Whether the sum of all bytes can be told with so many more. A wrong one would drop bytes that nobody
    /// has taken.
    #[inline]
    pub(crate) const fn can_count(&self, more: usize) -> bool {
        more <= usize::MAX - self.remaining
    }

    /// Gives the memory of an empty outbox back. Otherwise does nothing.
    pub fn release(&mut self) {
        if self.remaining == 0 {
            self.count_pieces();
            self.pieces = None;
        }
    }

    const fn check(&self, more: usize) {
        assert!(
            self.can_count(more),
            "more bytes wait than a usize can count"
        );
    }

    fn pieces_mut(&mut self) -> &mut Pieces {
        self.pieces.get_or_insert_default()
    }

    #[inline]
    fn with_room(&mut self, len: usize) -> &mut Pieces {
        if self.room() < len {
            self.make_room(len);
        }
        self.pieces_mut()
    }

    #[inline]
    fn room(&self) -> usize {
        self.pieces.as_ref().map_or(0, |pieces| pieces.room())
    }

    #[cold]
    fn make_room(&mut self, len: usize) {
        let usual_len = self.last_tail_len as usize;
        self.pieces_mut().make_room(len, usual_len);
    }

    /// What was appended to pieces that are empty now is remembered here.
    fn count_pieces(&mut self) {
        if let Some(pieces) = &mut self.pieces {
            self.frames_forgotten += pieces.forget_frames();
        }
    }
}

/// `advance` panics if it is told of more than remains: bytes that nobody has queued cannot have been taken.
impl Buf for Outbox {
    #[inline]
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        let pieces = self.pieces.as_ref();
        pieces.map_or(&[], |pieces| pieces.chunk())
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let pieces = self.pieces.as_ref();
        pieces.map_or(0, |pieces| pieces.chunks_vectored(slices))
    }

    fn advance(&mut self, count: usize) {
        assert!(
            count <= self.remaining,
            "advance({count}) exceeds the {} bytes in the outbox",
            self.remaining
        );
        self.remaining -= count;
        self.taken += count as u64;
        let Some(pieces) = &mut self.pieces else {
            return;
        };
        if self.remaining == 0 {
            self.last_tail_len = pieces.clear() as u32;
        } else {
            pieces.take(count);
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("remaining", &self.remaining)
            .field("pieces", &self.pieces)
            .finish_non_exhaustive()
    }
}
