//! How much memory a decoder may hold.

/// Longest block that a busy decoder keeps for the next messages.
const MAX_KEPT_BLOCK_LEN: usize = 2 * 1024 * 1024;

/// How much memory a decoder may hold, after what it has been through.
///
/// Its block is a read block, or one that doubled whenever it was full: at most twice what was ever
/// in it. It is kept for the next messages until the transport runs dry, unless it is very long and nothing is in it.
/// A buffer that was put back may have become the block. Beside it stands at most a copy of a filled
/// part that is shorter than half of it.
pub(crate) struct MemoryBound {
    read_block_len: usize,
    /// The most that was buffered since the decoder last held nothing.
    most_buffered: usize,
    /// The longest buffer since then that was put back: it may be the block now.
    longest_foreign: usize,
}

impl MemoryBound {
    pub(crate) const fn new(read_block_len: usize) -> Self {
        Self {
            read_block_len,
            most_buffered: 0,
            longest_foreign: 0,
        }
    }

    /// The decoder holds nothing.
    pub(crate) const fn reset(&mut self) {
        *self = Self::new(self.read_block_len);
    }

    /// The decoder is given a buffer of this capacity.
    pub(crate) fn add_foreign(&mut self, capacity: usize) {
        self.longest_foreign = self.longest_foreign.max(capacity);
    }

    /// The decoder has `buffered` bytes at the moment.
    pub(crate) fn note(&mut self, buffered: usize) {
        self.most_buffered = self.most_buffered.max(buffered);
    }

    /// The longest that its block can have been since it last held nothing.
    pub(crate) fn longest_block(&self) -> usize {
        self.block_grown_to(2 * self.most_buffered)
    }

    fn block_grown_to(&self, grown: usize) -> usize {
        grown.max(self.read_block_len).max(self.longest_foreign)
    }

    /// What it may hold with `buffered` bytes.
    pub(crate) fn bound(&self, buffered: usize) -> usize {
        let kept = match buffered {
            0 => (2 * self.most_buffered).min(MAX_KEPT_BLOCK_LEN),
            // A rest stays where it is until the next read.
            _ => 2 * self.most_buffered,
        };
        let block = self.block_grown_to(kept.max(2 * buffered));
        block + block / 2
    }

    /// The decoder has `buffered` bytes and says that it holds `allocated`.
    pub(crate) fn check(&mut self, buffered: usize, allocated: usize) {
        self.note(buffered);
        let bound = self.bound(buffered);
        assert!(
            allocated <= bound,
            "{allocated} bytes of memory for {buffered} bytes buffered; the bound is {bound}"
        );
    }
}
