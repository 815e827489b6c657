//! The memory behind an outbox: what it holds, in pieces.
//!
//! ```text
//!   sealed                                           tail (open)
//!  [ block ][ header ][ data, by reference ] ... [ copied bytes ][ room ]
//!   ^ `taken` bytes of the first piece are gone
//! ```
//!
//! Short runs are copied into the tail; a long one is appended by reference, which seals the tail. A block that
//! was written is used again, which spares a busy connection the allocator. Long runs that are made in place, as
//! encryption does, have blocks of their own, which are used again without being zeroed again.
//!
//! Frames are counted where they are appended; how many are left is found out when somebody asks, because few do, and
//! every message would pay for it. Each piece knows how many frames ended before it, and a block begins with a
//! header: the frames of which a part of a block has been taken are found by going from header to header.
//!
//! When changing this: no sealed piece is empty, the first piece has more than `taken` bytes, a block of frames begins
//! with one, no header is cut by the end of a piece, and while the tail is empty `frames_before_tail` is `frames`.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::{fmt, mem};

use bytes::Bytes;

use crate::header::{HEADER_LEN, Header, MAX_DATA_LEN};
use crate::made_block::MadeBlock;

/// Copied bytes are gathered in blocks of this length: long enough that the system call no longer
/// dominates, short enough that a block which is partly written wastes little.
const BLOCK_LEN: usize = 64 * 1024;

/// The longest block that is used again: a full one after encryption, which makes it a little longer.
const MAX_KEPT_LEN: usize = BLOCK_LEN + 1024;

/// From this length on bytes that are made in place get a block of their own: about where zeroes cost more than a piece.
const MADE_APART_FROM: usize = 4 * 1024;

#[derive(Default)]
pub(crate) struct Pieces {
    sealed: VecDeque<Piece>,
    tail: Vec<u8>,
    /// Of a made block that was taken, for the next.
    blank: Vec<u8>,
    /// Frames that ended before the tail.
    frames_before_tail: u64,
    taken: usize,
    /// Frames appended, those included that were taken since.
    frames: u64,
}

/// A tail of which nothing but the first `len` bytes stays, even if what writes behind them panics.
struct Counted<'a> {
    tail: &'a mut Vec<u8>,
    len: usize,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.tail.truncate(self.len);
    }
}

struct Piece {
    bytes: PieceBytes,
    /// Frames that ended before it.
    frames_before: u64,
}

enum PieceBytes {
    Block(Vec<u8>),
    /// A header on its own needs no block.
    Header([u8; HEADER_LEN]),
    Data(Bytes),
    Made(MadeBlock),
}

impl Pieces {
    /// How much can be appended to the tail.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.tail.capacity() - self.tail.len()
    }

    /// Makes room for `len` bytes. `usual_len` is how much is usually gathered before all of it is taken.
    pub(crate) fn make_room(&mut self, len: usize, usual_len: usize) {
        let mut capacity = usual_len.max(2 * self.tail.capacity());
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

    /// Copies bytes that are no frame to the tail.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
    }

    /// Lets `write` put bytes that are no frame into `room` initialised bytes, and says how many. `usual_len` is how much
    /// is usually gathered before all of it is taken.
    pub(crate) fn append_with<E>(
        &mut self,
        room: usize,
        usual_len: usize,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        if room < MADE_APART_FROM {
            if self.room() < room {
                self.make_room(room, usual_len);
            }
            return self.append_to_tail_with(room, write);
        }
        self.seal_tail();
        if let Some(PieceBytes::Made(made)) = self.sealed.back_mut().map(|piece| &mut piece.bytes) {
            if made.bytes().len().saturating_add(room) <= MAX_KEPT_LEN {
                return made.append_with(room, MAX_KEPT_LEN, write);
            }
        }
        // Not one of the pieces before there is something in it.
        let mut made = MadeBlock::in_place_of(mem::take(&mut self.blank));
        let result = made.append_with(room, usual_len, write);
        if made.bytes().is_empty() {
            self.blank = made.into_block();
        } else {
            self.seal(PieceBytes::Made(made));
        }
        result
    }

    fn append_to_tail_with<E>(
        &mut self,
        room: usize,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let mut tail = Counted {
            len: self.tail.len(),
            tail: &mut self.tail,
        };
        let before = tail.len;
        tail.tail.resize(before + room, 0);
        let written = write(tail.tail.get_mut(before..).unwrap_or_default())?;
        assert!(written <= room, "{written} bytes exceed the room of {room}");
        tail.len += written;
        Ok(written)
    }

    /// Copies a frame to the tail.
    #[inline]
    pub(crate) fn push_frame(&mut self, header: Header, data: &[u8]) {
        self.tail.extend_from_slice(&header.to_bytes());
        self.tail.extend_from_slice(data);
        self.frames += 1;
    }

    /// Copies the beginning of a frame to the tail; `rest`, which may be empty, stays where it is.
    pub(crate) fn push_frame_with_head(&mut self, header: Header, head: &[u8], rest: Bytes) {
        self.tail.extend_from_slice(&header.to_bytes());
        self.tail.extend_from_slice(head);
        self.push_rest_of_frame(rest);
    }

    /// Pushes a frame whose data stays where it is. The header gets a piece of its own, unless copied bytes
    /// stand before it.
    pub(crate) fn push_chained_frame(&mut self, header: Header, data: Bytes) {
        let header = header.to_bytes();
        if self.tail.is_empty() {
            self.seal(PieceBytes::Header(header));
        } else {
            self.tail.extend_from_slice(&header);
        }
        self.push_rest_of_frame(data);
    }

    fn push_rest_of_frame(&mut self, data: Bytes) {
        self.push_data(data);
        self.frames += 1;
        if self.tail.is_empty() {
            self.frames_before_tail = self.frames;
        }
    }

    /// Pushes bytes that are no frame, or only the end of one, without a copy.
    pub(crate) fn push_data(&mut self, data: Bytes) {
        if !data.is_empty() {
            self.seal_tail();
            self.seal(PieceBytes::Data(data));
        }
    }

    /// Frames whose last byte is here, while any is.
    pub(crate) fn frames(&self) -> usize {
        let (first, before) = match self.sealed.front() {
            Some(piece) => (piece.block(), piece.frames_before),
            None => (Some(&self.tail[..]), self.frames_before_tail),
        };
        let taken = first.and_then(|block| block.get(..self.taken));
        let gone = before + frames_in(taken.unwrap_or_default());
        self.frames.saturating_sub(gone) as usize
    }

    /// Frames appended, those included that were taken since.
    pub(crate) const fn frames_appended(&self) -> u64 {
        self.frames
    }

    /// How many frames were appended to pieces that are all taken now. The count begins anew.
    pub(crate) fn forget_frames(&mut self) -> u64 {
        self.frames_before_tail = 0;
        mem::take(&mut self.frames)
    }

    pub(crate) fn chunk(&self) -> &[u8] {
        let first = self.sealed.front();
        let first = first.map_or(&self.tail[..], |piece| piece.bytes());
        first.get(self.taken..).unwrap_or_default()
    }

    #[cfg(feature = "std")]
    pub(crate) fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let tail = (!self.tail.is_empty()).then_some(&self.tail[..]);
        let pieces = self.sealed.iter().map(Piece::bytes).chain(tail);
        let mut taken = self.taken;
        let mut filled = 0;
        for (slice, piece) in slices.iter_mut().zip(pieces) {
            *slice = std::io::IoSlice::new(piece.get(taken..).unwrap_or_default());
            taken = 0;
            filled += 1;
        }
        filled
    }

    /// Takes `count` bytes, less than there are.
    pub(crate) fn take(&mut self, count: usize) {
        self.taken += count;
        while let Some(first) = self.sealed.front() {
            let len = first.bytes().len();
            if self.taken < len {
                break;
            }
            self.taken -= len;
            if let Some(taken) = self.sealed.pop_front() {
                self.keep_block_of(taken);
            }
        }
    }

    /// Everything was taken. One block of each kind stays for what comes next. Returns how much the last one held, as far
    /// as a block can hold it.
    pub(crate) fn clear(&mut self) -> usize {
        let mut last_len = self.tail.len();
        self.taken = 0;
        self.frames_before_tail = self.frames;
        self.tail.clear();
        while let Some(piece) = self.sealed.pop_front() {
            if let PieceBytes::Made(made) = &piece.bytes {
                last_len = last_len.max(made.bytes().len());
            }
            self.keep_block_of(piece);
        }
        if self.tail.capacity() > MAX_KEPT_LEN {
            self.tail = Vec::new();
        }
        if self.blank.capacity() > MAX_KEPT_LEN {
            self.blank = Vec::new();
        }
        last_len.min(MAX_KEPT_LEN)
    }

    /// No more is appended to what the tail holds. A block that is mostly room stays the tail, so that
    /// what is copied holds no more than twice its length.
    fn seal_tail(&mut self) {
        if self.tail.is_empty() {
            return;
        }
        let block = if self.tail.len() < self.tail.capacity() / 2 {
            let block = self.tail.as_slice().to_vec();
            self.tail.clear();
            block
        } else {
            mem::take(&mut self.tail)
        };
        self.seal(PieceBytes::Block(block));
    }

    /// Appends a piece behind the sealed ones: of the tail, or while it is empty.
    fn seal(&mut self, bytes: PieceBytes) {
        let frames_before = mem::replace(&mut self.frames_before_tail, self.frames);
        self.sealed.push_back(Piece {
            bytes,
            frames_before,
        });
    }

    /// A block that was taken becomes the tail, if there is none, or the next that bytes are made in.
    fn keep_block_of(&mut self, taken: Piece) {
        match taken.bytes {
            PieceBytes::Block(mut block) => {
                if self.tail.capacity() == 0 && block.capacity() <= MAX_KEPT_LEN {
                    block.clear();
                    self.tail = block;
                }
            }
            PieceBytes::Made(made) => self.keep_blank(made.into_block()),
            PieceBytes::Header(_) | PieceBytes::Data(_) => {}
        }
    }

    /// Apart, so that it is not in the way of all other pieces.
    #[inline(never)]
    fn keep_blank(&mut self, block: Vec<u8>) {
        if self.blank.len() < block.len() && block.capacity() <= MAX_KEPT_LEN {
            self.blank = block;
        }
    }
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match &self.bytes {
            PieceBytes::Block(block) => block,
            PieceBytes::Header(header) => header,
            PieceBytes::Data(data) => data,
            PieceBytes::Made(made) => made.bytes(),
        }
    }

    /// The bytes, if they begin with a frame that may end within them.
    fn block(&self) -> Option<&[u8]> {
        match &self.bytes {
            PieceBytes::Block(block) => Some(block),
            PieceBytes::Header(_) | PieceBytes::Data(_) | PieceBytes::Made(_) => None,
        }
    }
}

/// Frames that end within `bytes`, which begin with one.
fn frames_in(mut bytes: &[u8]) -> u64 {
    let mut frames = 0;
    while let Some(header) = bytes.first_chunk() {
        let header = Header::parse(header, MAX_DATA_LEN).ok();
        let behind = header.and_then(|header| bytes.get(header.frame_len()..));
        let Some(behind) = behind else {
            break;
        };
        bytes = behind;
        frames += 1;
    }
    frames
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces")
            .field("sealed", &self.sealed.len())
            .field("tail", &self.tail.len())
            .finish_non_exhaustive()
    }
}
