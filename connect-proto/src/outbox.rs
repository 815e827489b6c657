//! Bytes that wait for the transport, as a [`bytes::Buf`].

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use bytes::{Buf, Bytes};

use crate::header::{Header, MAX_DATA_LEN};

/// Copied bytes are gathered in blocks of this length: long enough that the system call no longer
/// dominates, short enough that a block which is partly written wastes little.
const BLOCK_LEN: usize = 64 * 1024;

/// The longest block that is used again: a full one after encryption, which makes it a little longer.
const MAX_KEPT_LEN: usize = BLOCK_LEN + 1024;

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
/// # Shape
///
/// ```text
///   pieces (sealed)                              tail (open)
///  [ block ][ header ][ data, by reference ] ... [ copied bytes ][ room ]
///   ^ `taken` bytes of the first piece are gone
/// ```
///
/// Short runs are copied into the tail; a long one is appended by reference, which seals the tail.
/// When changing this: no sealed piece is empty, the first piece has more than `taken` bytes, no header is
/// cut by the end of a piece, and `remaining` is the sum of all lengths minus `taken`. A block that was
/// written is used again, which spares a busy connection the allocator; [`release`](Self::release) gives it
/// back.
#[derive(Default)]
pub struct Outbox {
    pieces: VecDeque<Piece>,
    tail: Vec<u8>,
    taken: usize,
    remaining: usize,
    /// Frames whose last byte is here.
    frames: usize,
    /// What is left of the first of them, once a part of it was taken.
    frame_left: usize,
    /// How much the tail held when the outbox last ran empty: the best guess for a fresh one.
    last_tail_len: usize,
}

enum Piece {
    Block(Vec<u8>),
    /// A header on its own needs no block.
    Header([u8; 8]),
    Data(Bytes),
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Block(block) => block,
            Self::Header(header) => header,
            Self::Data(data) => data,
        }
    }
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
        self.check(bytes.len());
        self.push_copied(&[], bytes);
    }

    /// Appends `bytes` without a copy.
    ///
    /// # Panics
    ///
    /// If more than `usize::MAX` bytes would wait. Only clones of long data can come to that, where a `usize`
    /// has 32 bits.
    pub fn push(&mut self, bytes: Bytes) {
        self.check(bytes.len());
        self.push_shared(bytes);
    }

    /// Appends what `write` puts at the front of the room it is given, `room` zeroed bytes: for whatever
    /// makes its bytes in place, as encryption does. `write` returns how many it put there.
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
        if room > self.tail.capacity() - self.tail.len() {
            self.make_room(room);
        }
        let before = self.tail.len();
        self.tail.resize(before + room, 0);
        match write(self.tail.get_mut(before..).unwrap_or_default()) {
            Ok(written) => {
                assert!(written <= room, "{written} bytes exceed the room of {room}");
                self.tail.truncate(before + written);
                self.remaining += written;
                Ok(())
            }
            Err(error) => {
                self.tail.truncate(before);
                Err(error)
            }
        }
    }

    /// What was just appended is a frame, or the beginning of one whose rest is appended next.
    #[inline]
    pub(crate) const fn count_frame(&mut self) {
        self.frames += 1;
    }

    /// Frames whose last byte is here.
    pub(crate) const fn frames(&self) -> usize {
        self.frames
    }

    /// Whether the sum of all bytes can be told with so many more. A wrong one would drop bytes that nobody
    /// has taken.
    #[inline]
    pub(crate) const fn can_count(&self, more: usize) -> bool {
        more <= usize::MAX - self.remaining
    }

    const fn check(&self, more: usize) {
        assert!(
            self.can_count(more),
            "more bytes wait than a usize can count"
        );
    }

    /// Appends a frame as one run of copied bytes, which [can be counted](Self::can_count).
    #[inline]
    pub(crate) fn push_copied(&mut self, header: &[u8], data: &[u8]) {
        let len = header.len() + data.len();
        self.remaining += len;
        if len > self.tail.capacity() - self.tail.len() {
            self.make_room(len);
        }
        self.tail.extend_from_slice(header);
        self.tail.extend_from_slice(data);
    }

    /// Appends a frame whose data stays where it is, and which [can be counted](Self::can_count). The header
    /// gets a piece of its own, unless copied bytes stand before it.
    pub(crate) fn push_chained(&mut self, header: [u8; 8], data: Bytes) {
        self.remaining += header.len();
        if self.tail.is_empty() {
            self.pieces.push_back(Piece::Header(header));
        } else {
            self.tail.extend_from_slice(&header);
        }
        self.push_shared(data);
    }

    /// As [`push`](Self::push), of what [can be counted](Self::can_count).
    pub(crate) fn push_shared(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.remaining += bytes.len();
        self.seal_tail();
        self.pieces.push_back(Piece::Data(bytes));
    }

    #[cold]
    fn make_room(&mut self, len: usize) {
        let mut capacity = self.last_tail_len.max(2 * self.tail.capacity());
        // Of more than there can be, the allocation fails.
        if self.tail.len().saturating_add(len) > BLOCK_LEN {
            self.seal_tail();
            // After a full block a further one is likely to be filled, too.
            capacity = BLOCK_LEN;
        }
        let needed = self.tail.len().saturating_add(len);
        let capacity = capacity.min(BLOCK_LEN).max(needed);
        self.tail.reserve_exact(capacity - self.tail.len());
    }

    /// No more is appended to what the tail holds. A block that is mostly room stays the tail, so that
    /// what is queued holds no more than twice its length.
    fn seal_tail(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        let block = if self.tail.len() < self.tail.capacity() / 2 {
            let block = self.tail.as_slice().to_vec();
            self.tail.clear();
            block
        } else {
            core::mem::take(&mut self.tail)
        };
        self.pieces.push_back(Piece::Block(block));
    }

    /// Everything was taken. One block stays for what comes next.
    fn clear(&mut self) {
        self.taken = 0;
        self.frames = 0;
        self.frame_left = 0;
        self.last_tail_len = self.tail.len().min(BLOCK_LEN);
        self.tail.clear();
        while let Some(piece) = self.pieces.pop_front() {
            self.keep_block_of(piece);
        }
        if self.tail.capacity() > MAX_KEPT_LEN {
            self.tail = Vec::new();
        }
    }

    /// A block that was taken becomes the tail, if there is none.
    fn keep_block_of(&mut self, taken: Piece) {
        if let Piece::Block(mut block) = taken {
            if self.tail.capacity() == 0 && block.capacity() <= MAX_KEPT_LEN {
                block.clear();
                self.tail = block;
            }
        }
    }

    /// Gives the memory of an empty outbox back. Otherwise does nothing.
    pub fn release(&mut self) {
        if self.remaining == 0 {
            self.tail = Vec::new();
            self.pieces = VecDeque::new();
        }
    }

    /// Takes less than everything, frame by frame so that those which left whole are known.
    fn take_frames(&mut self, mut count: usize) {
        while count > 0 && self.frames > 0 {
            if self.frame_left == 0 {
                self.frame_left = self.len_of_first_frame();
            }
            let len = self.frame_left.min(count);
            self.take(len);
            count -= len;
            self.frame_left -= len;
            if self.frame_left == 0 {
                self.frames -= 1;
            }
        }
        self.take(count);
    }

    /// The length of the frame that begins with the next byte. Bytes that are no frames, which whoever owns
    /// an encoder can add to its outbox, make the numbers wrong and nothing else.
    fn len_of_first_frame(&self) -> usize {
        let header = self.chunk().first_chunk();
        let header = header.and_then(|header| Header::parse(header, MAX_DATA_LEN).ok());
        header.map_or(self.remaining, |header| header.frame_len())
    }

    fn take(&mut self, count: usize) {
        self.remaining -= count;
        self.taken += count;
        while let Some(first) = self.pieces.front() {
            let len = first.bytes().len();
            if self.taken < len {
                break;
            }
            self.taken -= len;
            if let Some(taken) = self.pieces.pop_front() {
                self.keep_block_of(taken);
            }
        }
    }

    /// All pieces in order, the taken bytes of the first included.
    #[cfg(feature = "std")]
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let tail = (!self.tail.is_empty()).then_some(&self.tail[..]);
        self.pieces.iter().map(Piece::bytes).chain(tail)
    }
}

impl Buf for Outbox {
    #[inline]
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        let first = self.pieces.front().map_or(&self.tail[..], Piece::bytes);
        first.get(self.taken..).unwrap_or_default()
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let mut taken = self.taken;
        let mut filled = 0;
        for (slice, piece) in slices.iter_mut().zip(self.pieces()) {
            *slice = std::io::IoSlice::new(piece.get(taken..).unwrap_or_default());
            taken = 0;
            filled += 1;
        }
        filled
    }

    fn advance(&mut self, count: usize) {
        assert!(
            count <= self.remaining,
            "advance({count}) exceeds the {} bytes in the outbox",
            self.remaining
        );
        if count == self.remaining {
            self.remaining = 0;
            self.clear();
        } else {
            self.take_frames(count);
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("remaining", &self.remaining)
            .field("pieces", &self.pieces.len())
            .finish_non_exhaustive()
    }
}
