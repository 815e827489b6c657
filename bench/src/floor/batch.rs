//! What one write carries.

use std::io::IoSlice;

use super::HEADER_LEN;

/// Frames of the messages that `next` hands out, in writes of about `depth` bytes.
pub struct Batch<N> {
    next: N,
    depth: usize,
    large: Large,
    buffer: Vec<u8>,
    /// Of a message that is copied: what did not fit.
    rest: &'static [u8],
    /// The same of one that is not copied.
    lent_rest: &'static [u8],
    /// Header and message of those that are not copied.
    frames: Vec<([u8; HEADER_LEN], &'static [u8])>,
}

/// Messages that are not copied.
#[derive(Clone, Copy, Debug)]
pub struct Large {
    /// The length from which on they are not.
    pub from: usize,
    /// Whether a write carries the last of them to its end, however long it is.
    pub whole: bool,
}

impl Large {
    /// On their way to a socket.
    pub const PLAIN: Self = Self {
        from: 8 * 1024,
        whole: true,
    };

    /// On their way to TLS, where they are copied to be encrypted anyway. Full records are worth more than a copy of a
    /// few KiB, so shorter ones are gathered, and longer ones are cut where a write is full.
    pub const TLS: Self = Self {
        from: 64 * 1024,
        whole: false,
    };
}

/// What is to be written next.
pub enum Reach<'a> {
    Nothing,
    Copied(&'a [u8]),
    Pieces(Vec<IoSlice<'a>>),
}

impl<N: FnMut() -> Option<&'static [u8]>> Batch<N> {
    /// All messages are of about the same length.
    pub fn new(depth: usize, large: Large, next: N) -> Self {
        Self {
            next,
            depth,
            large,
            buffer: Vec::with_capacity(depth),
            rest: &[],
            lent_rest: &[],
            frames: Vec::new(),
        }
    }

    pub fn fill(&mut self) -> Reach<'_> {
        self.buffer.clear();
        self.frames.clear();
        if !self.lent_rest.is_empty() {
            return self.fill_pieces(None);
        }
        self.copy_rest();
        while self.rest.is_empty() && self.depth - self.buffer.len() >= HEADER_LEN {
            let Some(message) = (self.next)() else {
                break;
            };
            if message.len() >= self.large.from {
                return self.fill_pieces(Some(message));
            }
            self.buffer.extend_from_slice(&header(message));
            self.rest = message;
            self.copy_rest();
        }
        if self.buffer.is_empty() {
            Reach::Nothing
        } else {
            Reach::Copied(&self.buffer)
        }
    }

    /// Writes are full to the last few bytes, and so are the records of TLS that are made of them.
    fn copy_rest(&mut self) {
        let room = self.depth - self.buffer.len();
        let (fits, rest) = self.rest.split_at(room.min(self.rest.len()));
        self.buffer.extend_from_slice(fits);
        self.rest = rest;
    }

    /// What is left of a message that was cut, and then `first` and those behind it.
    fn fill_pieces(&mut self, mut first: Option<&'static [u8]>) -> Reach<'_> {
        let mut room = self.depth - self.buffer.len();
        let (lent, rest) = self.lent_rest.split_at(room.min(self.lent_rest.len()));
        self.lent_rest = rest;
        room -= lent.len();
        while self.lent_rest.is_empty()
            && room >= HEADER_LEN
            && let Some(message) = first.take().or_else(&mut self.next)
        {
            room -= HEADER_LEN;
            let fits = match self.large.whole {
                true => message.len(),
                false => room.min(message.len()),
            };
            let (message_part, rest) = message.split_at(fits);
            self.frames.push((header(message), message_part));
            self.lent_rest = rest;
            room = room.saturating_sub(fits);
        }
        let before = [&self.buffer[..], lent].map(IoSlice::new).into_iter();
        let frames = self.frames.iter();
        let frames =
            frames.flat_map(|(header, message)| [IoSlice::new(header), IoSlice::new(message)]);
        let pieces = before.chain(frames).filter(|piece| !piece.is_empty());
        Reach::Pieces(pieces.collect())
    }
}

const fn header(message: &[u8]) -> [u8; HEADER_LEN] {
    (message.len() as u64).to_le_bytes()
}
