//! The memory that owned datagrams are slices of.
//!
//! When changing this: positions are those of the block that the bytes were received into, whichever memory they
//! lie in now.

use core::cmp::Ordering;
use core::mem;

use bytes::{Buf, Bytes, BytesMut};

/// A whole block, or a copy of a short part of one.
pub(crate) struct SharedBytes {
    bytes: Bytes,
    /// The position in the block of the first of `bytes`.
    start: usize,
    /// How much memory `bytes` keeps.
    held: usize,
    /// A datagram that ends here in `bytes`, or behind, is no mere slice of it: all of a long block, the last of a
    /// short piece, none else.
    unusual_from: usize,
}

impl SharedBytes {
    pub(crate) const fn nothing() -> Self {
        Self {
            bytes: Bytes::new(),
            start: 0,
            held: 0,
            unusual_from: 0,
        }
    }

    /// All of `block`. Blocks of `usual_len` are used again; none longer is there for many datagrams.
    pub(crate) fn whole(block: BytesMut, usual_len: usize) -> Self {
        let held = block.capacity();
        Self::keeping(held, block.freeze(), 0, usual_len)
    }

    /// A copy of `part`, which begins at `start` in its block.
    pub(crate) fn copy(part: &[u8], start: usize, usual_len: usize) -> Self {
        Self::keeping(part.len(), Bytes::copy_from_slice(part), start, usual_len)
    }

    fn keeping(held: usize, bytes: Bytes, start: usize, usual_len: usize) -> Self {
        let unusual_from = match held.cmp(&usual_len) {
            // Short: whoever takes the last of it takes all of it.
            Ordering::Less => bytes.len(),
            // Used again, and so nobody's.
            Ordering::Equal => usize::MAX,
            // Long: each datagram is looked at.
            Ordering::Greater => 0,
        };
        Self {
            bytes,
            start,
            held,
            unusual_from,
        }
    }

    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[inline(always)]
    pub(crate) const fn covers(&self, start: usize, end: usize) -> bool {
        self.start <= start && end <= self.start + self.bytes.len()
    }

    /// Whether a datagram that ends at `end` is no mere [slice](Self::slice), but to be [taken](Self::take_unusual).
    #[inline(always)]
    pub(crate) const fn is_unusual(&self, end: usize) -> bool {
        end - self.start >= self.unusual_from
    }

    /// The bytes from `start` to `end`, which it has to cover.
    // Always: each return through memory stalls on the parts that `Bytes` was just written in.
    #[inline(always)]
    pub(crate) fn slice(&self, start: usize, end: usize) -> Bytes {
        self.bytes.slice(start - self.start..end - self.start)
    }

    /// As [`slice`](Self::slice), where that is no mere slice.
    pub(crate) fn take_unusual(&mut self, start: usize, end: usize, usual_len: usize) -> Bytes {
        if self.held <= usual_len {
            // The last slice of a short piece needs no reference count: it is the piece.
            let mut rest = self.take();
            rest.advance(start - self.start);
            return rest;
        }
        let slice = self.slice(start, end);
        // A long block is there for a large datagram: a small one does not keep it alive.
        if slice.len() < self.held / 2 {
            return Bytes::copy_from_slice(&slice);
        }
        slice
    }

    /// Gives up all of it.
    pub(crate) fn take(&mut self) -> Bytes {
        self.held = 0;
        mem::take(&mut self.bytes)
    }
}
