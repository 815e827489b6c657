//! What one write carries.

use std::io::IoSlice;

use super::HEADER_LEN;

/// Frames of the messages that `next` hands out, in writes of about `depth` bytes.
pub struct Batch<N> {
    next: N,
    depth: usize,
    large: usize,
    buffer: Vec<u8>,
    /// Of a message that is copied: what did not fit.
    rest: &'static [u8],
    /// Header and message of those that are not copied.
    frames: Vec<([u8; HEADER_LEN], &'static [u8])>,
}

/// What is to be written next.
pub enum Reach<'a> {
    Nothing,
    Copied(&'a [u8]),
    Pieces(Vec<IoSlice<'a>>),
}

impl<N: FnMut() -> Option<&'static [u8]>> Batch<N> {
    /// Messages of `large` bytes or more are not copied; all messages are of about the same length.
    pub fn new(depth: usize, large: usize, next: N) -> Self {
        Self {
            next,
            depth,
            large,
            buffer: Vec::with_capacity(depth),
            rest: &[],
            frames: Vec::new(),
        }
    }

    pub fn fill(&mut self) -> Reach<'_> {
        self.buffer.clear();
        self.frames.clear();
        self.copy_rest();
        while self.rest.is_empty() && self.depth - self.buffer.len() >= HEADER_LEN {
            let Some(message) = (self.next)() else {
                break;
            };
            if message.len() >= self.large {
                return self.fill_pieces(message);
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

    fn fill_pieces(&mut self, first: &'static [u8]) -> Reach<'_> {
        let mut len = HEADER_LEN + first.len();
        self.frames.push((header(first), first));
        while len < self.depth
            && let Some(message) = (self.next)()
        {
            len += HEADER_LEN + message.len();
            self.frames.push((header(message), message));
        }
        let copied = Some(IoSlice::new(&self.buffer)).filter(|copied| !copied.is_empty());
        let frames = self.frames.iter();
        let frames =
            frames.flat_map(|(header, message)| [IoSlice::new(header), IoSlice::new(message)]);
        Reach::Pieces(copied.into_iter().chain(frames).collect())
    }
}

const fn header(message: &[u8]) -> [u8; HEADER_LEN] {
    (message.len() as u64).to_le_bytes()
}
