//! The ciphertext of one direction, between the transport and rustls.

/// What a connection that has been silent gets for its first read.
const SMALL_LEN: usize = 4 * 1024;

/// The longest block: several records a read. A record is at most 16 KiB and a little, so one that is not
/// complete always leaves room.
pub(crate) const MAX_LEN: usize = 64 * 1024;

/// Bytes received and not yet worked off.
///
/// ```text
///   [ worked off | start..end: received | room ]
/// ```
///
/// The block begins as long as what came before the transport last ran dry, and doubles whenever a read
/// has filled it: a connection that says little holds little, and one that says much reads much at once.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    block: Vec<u8>,
    start: usize,
    end: usize,
    /// The length of the next block.
    next_len: usize,
    /// Bytes received since the transport last ran dry.
    since_dry: usize,
}

impl Incoming {
    /// Room for a read: initialised, never empty.
    pub(crate) fn spare(&mut self) -> &mut [u8] {
        if self.start > 0 {
            // Less than a record.
            self.block.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.block.len() {
            self.next_len = self.next_len.max(2 * self.end);
        }
        let len = self.next_len.max(SMALL_LEN);
        if len > self.block.len() {
            // Fresh zeroes, which the allocator may have at hand.
            let mut block = vec![0; len];
            for (to, from) in block.iter_mut().zip(self.received()) {
                *to = *from;
            }
            self.block = block;
        }
        self.block.get_mut(self.end..).unwrap_or_default()
    }

    /// # Panics
    ///
    /// If there was less room.
    pub(crate) fn commit(&mut self, received: usize) {
        let room = self.block.len() - self.end;
        assert!(
            received <= room,
            "commit({received}) exceeds the room of {room}"
        );
        self.end += received;
        self.since_dry = self.since_dry.saturating_add(received).min(MAX_LEN);
        if received == room {
            self.next_len = (2 * self.block.len()).min(MAX_LEN);
        }
    }

    fn received(&self) -> &[u8] {
        self.block.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn filled_mut(&mut self) -> &mut [u8] {
        self.block.get_mut(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The first `count` bytes are worked off.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        if self.is_empty() {
            self.start = 0;
            self.end = 0;
        }
    }

    /// The transport ran dry, perhaps for long: an empty block goes back.
    pub(crate) fn release(&mut self) {
        if self.is_empty() {
            self.block = Vec::new();
            self.next_len = self.since_dry.next_power_of_two();
            self.since_dry = 0;
        }
    }
}
