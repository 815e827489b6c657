//! The settings of a connection, as one plain value.

use crate::header::MAX_DATA_LEN;

/// The largest mark or capacity: with one frame on top, the sum still fits into a `usize`.
pub(crate) const MOST_QUEUED: usize = usize::MAX / 2;

/// Limits and sizes of one connection. A plain value: build it once, copy it into every connection.
///
/// Every setter brings its argument into the documented range, so a `Config` is always valid.
///
/// ```
/// use connect_proto::Config;
///
/// let config = Config::new()
///     .with_max_receive_len(1 << 20) // nobody sends us more than 1 MiB in one message
///     .with_high_water_mark(256 * 1024);
/// assert_eq!(config.max_receive_len(), 1 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "setters return the changed configuration"]
pub struct Config {
    max_receive_len: u32,
    max_send_len: u32,
    high_water_mark: usize,
    read_block_len: usize,
    chain_threshold: Option<usize>,
}

impl Config {
    /// The defaults, which suit most connections and talk to `connect` 0.2.4 without restriction.
    pub const fn new() -> Self {
        Self {
            max_receive_len: MAX_DATA_LEN as u32,
            max_send_len: MAX_DATA_LEN as u32,
            high_water_mark: 60 * 1024,
            read_block_len: 64 * 1024,
            chain_threshold: None,
        }
    }

    /// The most data, in bytes, that one received datagram may carry; 1 to [`MAX_DATA_LEN`].
    ///
    /// A frame that announces more is an error before a byte of it is stored. Lower it to what the
    /// application needs: one frame of this length is what a single peer can make this side hold.
    /// Default: [`MAX_DATA_LEN`], because a `connect` 0.2.4 peer may send that much.
    pub const fn with_max_receive_len(mut self, bytes: usize) -> Self {
        self.max_receive_len = wire_len(bytes);
        self
    }

    /// The most data, in bytes, that one sent datagram may carry; 1 to [`MAX_DATA_LEN`].
    ///
    /// Set it to the receive limit of the peers, and a datagram that they would refuse is refused
    /// here, with the datagram handed back. Default: [`MAX_DATA_LEN`].
    pub const fn with_max_send_len(mut self, bytes: usize) -> Self {
        self.max_send_len = wire_len(bytes);
        self
    }

    /// How many queued bytes, headers included, make a sender wait; any number, above half of `usize::MAX`
    /// that half, so that the bytes can be counted.
    ///
    /// A writer accepts a datagram of any length below the mark, so it holds at most the mark plus one frame. A
    /// queue accepts what fits below the mark, or anything when it is empty, so longer datagrams go one at a
    /// time. 0 makes every datagram wait until the one before it is written.
    /// Default: 60 KiB, so that what is written with the short frame that reaches the mark fits into one block, one
    /// offloaded segment of TCP and one flush of TLS, which are 64 KiB or a little less. The little that is left over at
    /// a mark of 64 KiB costs a write as much as a tenth of all. A larger mark makes larger writes: 256 KiB are worth
    /// 1.1 to 1.2 times the rate from 16 KiB a message on, at that much memory for each connection that is behind.
    /// (Measured over loopback; PERFORMANCE.md of the repository has the numbers.)
    pub const fn with_high_water_mark(mut self, bytes: usize) -> Self {
        self.high_water_mark = clamp(bytes, 0, MOST_QUEUED);
        self
    }

    /// How many bytes a busy connection reads at once, and a header besides, so that a message with so much data can
    /// come with one read; 512 bytes to 16 MiB.
    ///
    /// A connection with nothing to receive holds no block at all, whatever this says, and a frame
    /// that does not fit gets a larger block that grows with what arrives. Over TLS, where up to 64 KiB
    /// of ciphertext are read whatever this says, 64 KiB or more means 80 KiB at least: room for all that one read
    /// brings behind the rest of a frame. Default: 64 KiB, from where on the system call no longer dominates the
    /// cost of small messages.
    pub const fn with_read_block_len(mut self, bytes: usize) -> Self {
        self.read_block_len = clamp(bytes, 512, 16 * 1024 * 1024);
        self
    }

    /// From how many bytes on data is queued by reference, without a copy; any number.
    ///
    /// Shorter data is copied next to its header, so that many small datagrams become one piece.
    /// A transport without vectored writes gets the first bytes of long data copied, too, 4 KiB at the
    /// most. Default: 4 KiB, about where the copy begins to cost more than a further piece in a vectored
    /// write; 64 KiB without vectored writes, where a further piece is a further write.
    pub const fn with_chain_threshold(mut self, bytes: usize) -> Self {
        self.chain_threshold = Some(bytes);
        self
    }

    /// The receive limit in bytes of data.
    #[must_use]
    pub const fn max_receive_len(&self) -> usize {
        self.max_receive_len as usize
    }

    /// The send limit in bytes of data.
    #[must_use]
    pub const fn max_send_len(&self) -> usize {
        self.max_send_len as usize
    }

    /// The number of queued bytes from which on a sender waits.
    #[must_use]
    pub const fn high_water_mark(&self) -> usize {
        self.high_water_mark
    }

    /// The length in bytes of a busy connection's read block.
    #[must_use]
    pub const fn read_block_len(&self) -> usize {
        self.read_block_len
    }

    /// The length in bytes from which on data is queued without a copy; `None` if that is left to the transport.
    #[must_use]
    pub const fn chain_threshold(&self) -> Option<usize> {
        self.chain_threshold
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

const fn wire_len(bytes: usize) -> u32 {
    clamp(bytes, 1, MAX_DATA_LEN) as u32
}

pub(crate) const fn clamp(value: usize, least: usize, most: usize) -> usize {
    if value < least {
        least
    } else if value > most {
        most
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stay_in_their_range() {
        let lowest = Config::new()
            .with_max_receive_len(0)
            .with_max_send_len(0)
            .with_read_block_len(0);
        assert_eq!(lowest.max_receive_len(), 1);
        assert_eq!(lowest.max_send_len(), 1);
        assert_eq!(lowest.read_block_len(), 512);
        let highest = Config::new()
            .with_max_receive_len(usize::MAX)
            .with_max_send_len(usize::MAX)
            .with_high_water_mark(usize::MAX)
            .with_read_block_len(usize::MAX);
        assert_eq!(highest.high_water_mark(), usize::MAX / 2);
        assert_eq!(highest.max_receive_len(), MAX_DATA_LEN);
        assert_eq!(highest.max_send_len(), MAX_DATA_LEN);
        assert_eq!(highest.read_block_len(), 16 * 1024 * 1024);
    }
}
