//! What was read, parsed in place.

use super::HEADER_LEN;
use crate::Failure;

/// One buffer for all reads, which grows to the longest frame: what is left of a long one is read to where it belongs.
pub struct Block {
    buffer: Vec<u8>,
    filled: usize,
}

impl Block {
    pub fn new(len: usize) -> Self {
        Self {
            buffer: vec![0; len],
            filled: 0,
        }
    }

    /// Where to read to; never empty.
    pub fn spare(&mut self) -> &mut [u8] {
        &mut self.buffer[self.filled..]
    }

    /// Hands out the messages that are complete with what was read.
    pub fn received(
        &mut self,
        len: usize,
        mut each: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.filled += len;
        let mut rest = &self.buffer[..self.filled];
        let mut frame_len = HEADER_LEN;
        while let Some((header, behind)) = rest.split_first_chunk::<HEADER_LEN>() {
            let len = usize::try_from(u64::from_le_bytes(*header))?;
            let Some((message, behind)) = behind.split_at_checked(len) else {
                frame_len += len;
                break;
            };
            each(message)?;
            rest = behind;
        }
        let left = rest.len();
        if left < self.filled && left > 0 {
            self.buffer.copy_within(self.filled - left..self.filled, 0);
        }
        self.filled = left;
        if frame_len > self.buffer.len() {
            self.buffer.resize(frame_len, 0);
        }
        Ok(())
    }

    /// The stream has ended.
    pub fn finish(self) -> Result<(), Failure> {
        if self.filled > 0 {
            return Err("the stream ends within a frame".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two frames, cut after `cut` bytes.
    fn parse(cut: usize) -> Vec<Vec<u8>> {
        let mut bytes = Vec::new();
        for message in [&b"first"[..], b"the second"] {
            bytes.extend((message.len() as u64).to_le_bytes());
            bytes.extend(message);
        }
        let mut block = Block::new(9);
        let mut messages = Vec::new();
        for mut part in [&bytes[..cut], &bytes[cut..]] {
            while !part.is_empty() {
                let spare = block.spare();
                let len = spare.len().min(part.len());
                spare[..len].copy_from_slice(&part[..len]);
                part = &part[len..];
                let keep = |message: &[u8]| {
                    messages.push(message.to_vec());
                    Ok(())
                };
                block.received(len, keep).unwrap();
            }
        }
        block.finish().unwrap();
        messages
    }

    #[test]
    fn frames_are_found_wherever_they_are_cut() {
        for cut in 0..=31 {
            assert_eq!(parse(cut), [&b"first"[..], b"the second"]);
        }
    }

    #[test]
    fn half_a_frame_at_the_end_is_an_error() {
        let mut block = Block::new(16);
        block.spare()[0] = 3;
        block.received(9, |_| Ok(())).unwrap();
        assert!(block.finish().is_err());
    }
}
