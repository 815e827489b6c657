//! A block that bytes are made in, as encryption does.

use alloc::vec::Vec;

/// Bytes at the front of a block, all of which is initialised: zeroed once, and not for each use.
pub(crate) struct MadeBlock {
    block: Vec<u8>,
    len: usize,
}

impl MadeBlock {
    /// Nothing yet. What `block` holds is of no account.
    pub(crate) const fn in_place_of(block: Vec<u8>) -> Self {
        Self { block, len: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.block.get(..self.len).unwrap_or_default()
    }

    /// Appends what `write` puts at the front of `room` bytes. A block that is too short becomes `least` long.
    pub(crate) fn append_with<E>(
        &mut self,
        room: usize,
        least: usize,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        // Of more than there can be, the allocation fails.
        let end = self.len.saturating_add(room);
        if self.block.len() < end {
            let len = end.max(least);
            self.block.reserve_exact(len - self.block.len());
            self.block.resize(end, 0);
        }
        let written = write(self.block.get_mut(self.len..end).unwrap_or_default())?;
        assert!(written <= room, "{written} bytes exceed the room of {room}");
        self.len += written;
        Ok(written)
    }

    pub(crate) fn into_block(self) -> Vec<u8> {
        self.block
    }
}
