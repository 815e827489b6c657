//! The memory behind an inbox: where received bytes lie until they are handed out.
//!
//! All bytes live in one **block**, whose filled part `start..end` is what was received and not yet
//! taken. Owned datagrams are slices of **shared** memory, which is one of two things:
//!
//! ```text
//!            share(), the filled part is at least half of the block
//!        +--------------------------------------------------------------+
//!        |                                                              v
//!   OPEN: block = memory                                      FROZEN: block = empty
//!         shared = nothing, or a copy of a                            shared = the whole block
//!                  short filled part                                    |
//!        ^                                                              |
//!        +--------------------------------------------------------------+
//!            make_room(): the block itself again if nobody holds a slice of it any more,
//!                         otherwise a fresh one that begins with the untaken bytes
//! ```
//!
//! Freezing costs nothing and copies nothing, but pins the block for as long as a slice of it lives.
//! Hence two rules of one half: a short filled part is copied into memory of its own size instead, and
//! so is a small datagram that stands in the long block of a large one. What a datagram keeps alive is
//! thereby never more than one block of usual length, or twice its own.
//!
//! How long a block is, is its capacity. Its `len` is how much of it is initialised: [`Store::spare`] lends a slice,
//! which has to be, and zeroes it once for as long as only slices are asked for; what is appended, by
//! [`Store::extend`] or to [`Store::spare_buf`], begins behind the filled part and needs no zeroes.
//!
//! When changing this: `start..end` always lies inside the initialised part of the block (or inside `shared` when
//! frozen), and every move of the filled part must forget what is shared, whose positions are those of the block.

use alloc::vec::Vec;
use core::mem;

use bytes::buf::Limit;
use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::header::HEADER_LEN;
use crate::shared_bytes::SharedBytes;

/// Block of a connection that has received less than this since its transport last ran dry.
///
/// Long enough that a request or a reply mostly fits, short enough that thousands of connections
/// waiting inside a frame cost little.
pub(crate) const SMALL_BLOCK_LEN: usize = 4 * 1024;

/// Longest block that is kept for the next messages while a connection is busy, unless reads are
/// longer than that. Above it, memory goes back with the next question after all of it is taken.
const MAX_KEPT_BLOCK_LEN: usize = 2 * 1024 * 1024;

pub(crate) struct Store {
    block: BytesMut,
    shared: SharedBytes,
    start: usize,
    end: usize,
    /// Bytes received since the transport last had none, as far as it matters.
    since_dry: usize,
    busy_block_len: usize,
}

impl Store {
    pub(crate) fn new(busy_block_len: usize) -> Self {
        Self {
            block: BytesMut::new(),
            shared: SharedBytes::nothing(),
            start: 0,
            end: 0,
            since_dry: 0,
            busy_block_len,
        }
    }

    /// The bytes received and not yet taken.
    #[inline]
    pub(crate) fn filled(&self) -> &[u8] {
        self.memory().get(self.start..self.end).unwrap_or_default()
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.end - self.start
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Bytes of memory held, for bounds: the block, and what is shared with datagrams.
    pub(crate) fn allocated(&self) -> usize {
        self.block.capacity() + self.shared.held()
    }

    /// Whether so little came since the transport last ran dry that the next wait may be a long one.
    pub(crate) const fn is_quiet(&self) -> bool {
        self.since_dry < SMALL_BLOCK_LEN
    }

    /// The bytes received and not yet taken, and the position of the first of them, which moves when bytes
    /// are taken.
    pub(crate) fn filled_and_start(&mut self) -> (&[u8], &mut usize) {
        let memory = memory(&self.block, &self.shared);
        let filled = memory.get(self.start..self.end).unwrap_or_default();
        (filled, &mut self.start)
    }

    /// Takes a frame of `data_len` bytes of data from the front, and lends the data. The frame must be
    /// whole.
    #[inline]
    pub(crate) fn take_frame_ref(&mut self, data_len: usize) -> &[u8] {
        let start = self.start + HEADER_LEN;
        let end = start + data_len;
        self.start = end;
        self.memory().get(start..end).unwrap_or_default()
    }

    /// Takes a frame of `data_len` bytes of data from the front, to keep the data. The frame must be
    /// whole.
    // Always: each return through memory stalls on the parts that `Bytes` was just written in.
    #[inline(always)]
    pub(crate) fn take_frame_shared(&mut self, data_len: usize) -> Bytes {
        let start = self.start + HEADER_LEN;
        let end = start + data_len;
        if !self.shared.covers(start, end) {
            self.share(start);
        }
        self.start = end;
        // One way out for all that is unusual: each further one costs every message.
        if self.shared.is_unusual(end) {
            return self.take_unusual(start, end);
        }
        self.shared.slice(start, end)
    }

    /// Puts what is filled from `start` on into shared memory. Called only while the block is open.
    #[cold]
    fn share(&mut self, start: usize) {
        let filled = self.block.get(start..self.end).unwrap_or_default();
        self.shared = if filled.len() >= self.block.capacity() / 2 {
            SharedBytes::whole(mem::take(&mut self.block), self.busy_block_len)
        } else {
            SharedBytes::copy(filled, start, self.busy_block_len)
        };
    }

    #[inline(never)]
    fn take_unusual(&mut self, start: usize, end: usize) -> Bytes {
        let data = self.shared.take_unusual(start, end, self.busy_block_len);
        if self.block.is_empty() && self.shared.is_empty() {
            (self.start, self.end) = (0, 0);
        }
        // A block that is too long to be used again belongs to its last datagram alone.
        if self.is_frozen() {
            self.release_oversized();
        }
        data
    }

    /// Initialised space behind the filled part, never empty. `frame_len` is the length of the frame
    /// that the filled part begins with, where it is known.
    pub(crate) fn spare(&mut self, frame_len: Option<usize>) -> &mut [u8] {
        let room = self.make_room_to_read(frame_len);
        let end = self.end + room;
        if self.block.len() < end {
            self.block.resize(end, 0);
        }
        self.block.get_mut(self.end..end).unwrap_or_default()
    }

    /// As [`spare`](Self::spare), to append to, and so not initialised.
    pub(crate) fn spare_buf(&mut self, frame_len: Option<usize>) -> Limit<&mut BytesMut> {
        let room = self.make_room_to_read(frame_len);
        self.block.truncate(self.end);
        (&mut self.block).limit(room)
    }

    /// How many bytes behind the filled part may be read at once; at least one.
    fn make_room_to_read(&mut self, frame_len: Option<usize>) -> usize {
        self.make_room(frame_len);
        // A block that a large message has left is not filled with small ones at once: what one read
        // brings is worked off without a pause.
        let missing = frame_len.map_or(0, |frame_len| frame_len.saturating_sub(self.len()));
        let room = self.block.capacity() - self.end;
        room.min(missing.max(self.busy_block_len))
    }

    /// Marks the first `len` bytes behind the filled part as received.
    pub(crate) fn commit(&mut self, len: usize) {
        // None at all if the block was frozen since.
        let room = self.block.len().saturating_sub(self.end);
        assert!(
            len <= room,
            "commit({len}) exceeds the {room} bytes of spare space"
        );
        self.end += len;
        self.since_dry = self.since_dry.saturating_add(len);
    }

    /// Hands the space behind the filled part to the caller.
    pub(crate) fn take_spare(&mut self, frame_len: Option<usize>) -> BytesMut {
        self.make_room(frame_len);
        self.block.resize(self.block.capacity(), 0);
        self.block.split_off(self.end)
    }

    /// Takes received bytes over: without a copy if `buffer` is the spare space that was handed out.
    pub(crate) fn put_back(&mut self, buffer: BytesMut, received: usize, frame_len: Option<usize>) {
        assert!(
            received <= buffer.len(),
            "put_back of {received} bytes exceeds the {} in the buffer",
            buffer.len()
        );
        // The rest of the block, even if all of it was taken meanwhile: else most of it would be forgotten.
        let buffer = if self.end > 0 && self.end == self.block.len() {
            self.block.try_unsplit(buffer)
        } else {
            Err(buffer)
        };
        match buffer {
            Ok(()) => self.commit(received),
            Err(other) if self.is_empty() => {
                (self.start, self.end) = (0, 0);
                self.forget_shared();
                self.block = other;
                self.commit(received);
            }
            Err(other) => self.extend(other.get(..received).unwrap_or_default(), frame_len),
        }
    }

    /// Copies `bytes` behind the filled part.
    pub(crate) fn extend(&mut self, mut bytes: &[u8], frame_len: Option<usize>) {
        let has_block = self.block.capacity() > 0;
        if !has_block && self.is_empty() && bytes.len() < self.busy_block_len {
            // Nothing to stay next to: a block of just this length, which is then shared as it is.
            self.forget_shared();
            (self.start, self.end) = (0, 0);
            self.block = BytesMut::from(bytes);
            self.commit(bytes.len());
            return;
        }
        while !bytes.is_empty() {
            self.make_room(frame_len);
            let room = self.block.capacity() - self.end;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.block.truncate(self.end);
            self.block.extend_from_slice(now);
            self.commit(now.len());
            bytes = later;
        }
    }

    /// The transport has nothing at the moment.
    pub(crate) const fn handle_would_block(&mut self) {
        self.since_dry = 0;
    }

    /// A block that is too long to be used again, and from which everything was taken, goes back. With an owned
    /// datagram as its last it mostly has already.
    pub(crate) fn release_oversized(&mut self) {
        if self.is_empty() && self.block.capacity().max(self.shared.held()) > self.most_kept() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.block = BytesMut::new();
        self.forget_shared();
        (self.start, self.end) = (0, 0);
    }

    fn forget_shared(&mut self) {
        drop(self.shared.take());
    }

    #[inline]
    fn memory(&self) -> &[u8] {
        memory(&self.block, &self.shared)
    }

    fn wanted_block_len(&self) -> usize {
        if self.is_quiet() {
            SMALL_BLOCK_LEN.min(self.busy_block_len)
        } else {
            self.busy_block_len
        }
    }

    fn most_kept(&self) -> usize {
        MAX_KEPT_BLOCK_LEN.max(self.busy_block_len)
    }

    fn is_frozen(&self) -> bool {
        self.block.capacity() == 0 && !self.shared.is_empty()
    }

    fn make_room(&mut self, frame_len: Option<usize>) {
        if self.is_frozen() {
            self.thaw();
        }
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
            self.forget_shared();
        }
        let wanted = self.wanted_block_len();
        // Only when little is in it: a block that shrinks must not have to grow again at once.
        let awaited = frame_len.unwrap_or(HEADER_LEN);
        let needed = awaited.max(self.len() + 1);
        let most_kept = self.most_kept();
        let oversized = self.block.capacity() > most_kept && needed <= most_kept / 4;
        if self.block.capacity() < wanted || oversized {
            self.move_to_block_of(wanted.max(self.len() + 1));
        }
        let missing = awaited.saturating_sub(self.len());
        let room = self.block.capacity() - self.end;
        // Also when more lies wasted in front than is free behind, or so much that the move costs next to
        // nothing and the bytes to come fall on memory that is still in the cache. Either way no more is
        // moved than was taken.
        let cheap = self.start > 0 && self.len() <= self.start / 8;
        if room < missing.max(1) || cheap || (room < self.start && self.len() <= self.start) {
            self.move_to_front();
        }
        if self.end == self.block.capacity() {
            self.grow(frame_len);
        }
    }

    fn move_to_front(&mut self) {
        if self.start > 0 {
            self.block.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.len());
            self.forget_shared();
        }
    }

    /// Doubles a full block, but not beyond the frame in it: the memory held follows what has arrived
    /// and never what a header announces. A little more than doubles it, so that a frame of 2^n bytes
    /// of data is not moved once more for the sake of its header.
    fn grow(&mut self, frame_len: Option<usize>) {
        let held = self.block.capacity();
        let most = held.saturating_mul(2).saturating_add(HEADER_LEN);
        let len = match frame_len {
            Some(frame_len) if frame_len > held => most.min(frame_len),
            _ => most,
        };
        if self.start == 0 {
            // In place where the allocator can; the pages of a long block move without a copy. Through a vector,
            // because `BytesMut` reserves more than was asked for.
            let mut block = Vec::from(mem::take(&mut self.block));
            block.reserve_exact(len - block.len());
            self.block = BytesMut::from(Bytes::from(block));
        } else {
            self.move_to_block_of(len);
        }
    }

    fn move_to_block_of(&mut self, len: usize) {
        let block = block_of(len, self.filled());
        (self.start, self.end) = (0, self.len());
        self.block = block;
        self.forget_shared();
    }

    fn thaw(&mut self) {
        match self.shared.take().try_into_mut() {
            Ok(block) if block.capacity() <= self.most_kept() => self.block = block,
            Ok(block) => self.continue_after(&block),
            Err(shared) => self.continue_after(&shared),
        }
    }

    /// Begins a block with the untaken bytes of `old`.
    fn continue_after(&mut self, old: &[u8]) {
        let rest = old.get(self.start..self.end).unwrap_or_default();
        let mut block = BytesMut::new();
        if !rest.is_empty() {
            block = block_of(self.wanted_block_len().max(rest.len() + 1), rest);
        }
        (self.start, self.end) = (0, rest.len());
        self.block = block;
    }
}

/// A block of `len` bytes that begins with `front`, which is not longer.
fn block_of(len: usize, front: &[u8]) -> BytesMut {
    let mut block = BytesMut::with_capacity(len);
    block.extend_from_slice(front);
    block
}

/// Moves as many of the first `bytes` as fit into `room`, and says how many.
pub(crate) fn move_front(bytes: &mut &[u8], room: &mut [u8]) -> usize {
    let len = bytes.len().min(room.len());
    bytes.copy_to_slice(room.get_mut(..len).unwrap_or_default());
    len
}

/// Where the filled part lies.
#[inline]
fn memory<'a>(block: &'a BytesMut, shared: &'a SharedBytes) -> &'a [u8] {
    if block.is_empty() {
        shared.bytes()
    } else {
        block
    }
}
