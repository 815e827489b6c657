//! A toy byte stage: as little as it takes to look like TLS from the outside.
//!
//! ```text
//!  record:  [ length: u16, not 0 ][ bytes, each xor the key ][ sum of the plain bytes: u8 ]
//!  end:     [ 0: u16 ]
//! ```
//!
//! It has what a driver must get right: records that arrive in parts, records that are corrupted, an
//! end of its own without which the stream was cut, and a last word to be written on finish.

use bytes::Buf;
use connect_proto::stage::{InboundStage, OutboundStage};
use connect_proto::{Decoder, Outbox, StageError};

const KEY: u8 = 0x5A;
const LENGTH_LEN: usize = 2;
const SUM_LEN: usize = 1;

/// The receiving half.
#[derive(Debug)]
pub struct ToyInbound {
    space: Vec<u8>,
    received: Vec<u8>,
    ended: bool,
}

impl ToyInbound {
    /// At the beginning of a stream, with space for `space_len` bytes a read, at least one.
    #[must_use]
    pub fn new(space_len: usize) -> Self {
        Self {
            space: vec![0; space_len.max(1)],
            received: Vec::new(),
            ended: false,
        }
    }

    /// Passes on the record at the front, if it is complete. Says whether it was.
    fn open_record(&mut self, decoder: &mut Decoder) -> Result<bool, StageError> {
        let Some(length) = self.received.first_chunk() else {
            return Ok(false);
        };
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 {
            self.ended = true;
            decoder.finish();
            return Ok(false);
        }
        let record_len = LENGTH_LEN + length + SUM_LEN;
        if self.received.len() < record_len {
            return Ok(false);
        }
        let record: Vec<u8> = self.received.drain(..record_len).collect();
        let plain: Vec<u8> = record[LENGTH_LEN..record_len - SUM_LEN]
            .iter()
            .map(|byte| byte ^ KEY)
            .collect();
        if sum(&plain) != record[record_len - SUM_LEN] {
            return Err(StageError::new("bad record"));
        }
        decoder.extend_from_slice(&plain);
        Ok(true)
    }
}

impl InboundStage for ToyInbound {
    fn spare(&mut self) -> &mut [u8] {
        &mut self.space
    }

    fn commit(&mut self, received: usize, decoder: &mut Decoder) -> Result<(), StageError> {
        self.received.extend_from_slice(&self.space[..received]);
        while !self.ended && self.open_record(decoder)? {}
        Ok(())
    }

    fn finish(&mut self, _: &mut Decoder) -> Result<(), StageError> {
        if self.ended {
            Ok(())
        } else {
            Err(StageError::new("cut without an end record"))
        }
    }
}

/// The sending half.
#[derive(Debug)]
pub struct ToyOutbound {
    outbox: Outbox,
    record_len: usize,
}

impl ToyOutbound {
    /// At the beginning of a stream, with `record_len` plain bytes a record, 1 to 65535.
    #[must_use]
    pub fn new(record_len: u16) -> Self {
        Self {
            outbox: Outbox::new(),
            record_len: usize::from(record_len.max(1)),
        }
    }
}

impl OutboundStage for ToyOutbound {
    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        let length = plain.remaining().min(self.record_len);
        let mut bytes = plain.copy_to_bytes(length).to_vec();
        let sum = sum(&bytes);
        bytes.iter_mut().for_each(|byte| *byte ^= KEY);
        self.outbox
            .extend_from_slice(&(length as u16).to_be_bytes());
        self.outbox.push(bytes.into());
        self.outbox.extend_from_slice(&[sum]);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StageError> {
        self.outbox.extend_from_slice(&[0; LENGTH_LEN]);
        Ok(())
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    fn queued(&self) -> usize {
        self.outbox.remaining()
    }
}

fn sum(plain: &[u8]) -> u8 {
    plain.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}
