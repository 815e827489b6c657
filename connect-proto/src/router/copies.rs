//! Memory of one route for the short data in its queue.

use bytes::{Bytes, BytesMut};

/// Long enough that its allocation costs each of many datagrams next to nothing, short enough that what a
/// queue holds at its two ends hardly counts.
const MOST_BLOCK_LEN: usize = 16 * 1024;

/// Copies data side by side into blocks that belong to one route.
///
/// A queue is worked off from its front, so what it keeps alive beside its data is at most the front of its
/// first block and the tail of its last; and a block is no longer than what was queued when it was
/// begun. A datagram that comes to a queue with little in it, or is long, gets memory of its own.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// What is left of the last block.
    block: BytesMut,
}

impl Copies {
    /// A copy of `data`, for a queue that holds `queued` bytes.
    pub(super) fn copy(&mut self, data: &[u8], queued: usize) -> Bytes {
        if self.block.capacity() < data.len() {
            let block_len = queued.min(MOST_BLOCK_LEN);
            if data.len() > block_len / 4 {
                return Bytes::copy_from_slice(data);
            }
            self.block = BytesMut::with_capacity(block_len);
        }
        self.block.extend_from_slice(data);
        self.block.split().freeze()
    }
}
