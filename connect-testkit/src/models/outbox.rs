//! An encoder and its outbox: a queue of bytes, whatever its pieces look like.

use std::io::IoSlice;

use bytes::Buf;
use connect_proto::{Config, ConnectDatagram, DatagramRef, EncodeError, Encoder, HEADER_LEN};

use crate::model_counts::ModelCounts;
use crate::{datagrams, naive};

/// What is done with an encoder and its outbox.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Pushes a datagram with so many bytes of data.
    Push(usize),
    /// The same, borrowed.
    PushRef(usize),
    /// Pushes so many bytes that are no datagram.
    PushBytes(usize),
    /// The same, copied.
    ExtendFromSlice(usize),
    /// The same, made in place in room that is longer by the second number.
    ExtendWith(usize, usize),
    /// Makes bytes in place and fails: nothing is appended.
    FailToExtend(usize),
    /// Takes up to so many bytes.
    Advance(usize),
    /// The same, as a copy.
    CopyOut(usize),
    /// Looks at up to so many pieces.
    LookAtPieces(usize),
    /// Says whether the transport takes several pieces at once.
    SetVectored(bool),
    /// Everything was flushed, if everything was taken.
    HandleFlushed,
    /// Lets go of the memory, if everything was taken.
    Release,
    /// Takes no more datagrams.
    Finish,
}

/// Applies `operations` to an encoder that chains data from `threshold` bytes on, and to a vector of bytes.
///
/// # Panics
///
/// If the two differ.
pub fn check(threshold: usize, operations: &[Operation]) -> ModelCounts {
    let config = Config::new().with_chain_threshold(threshold);
    let mut model = Model {
        encoder: Encoder::new(&config),
        waiting: Vec::new(),
        left: 0,
        vectored: false,
        joints: Vec::new(),
        pushed: 0,
        finished: false,
    };
    for operation in operations {
        model.apply(operation);
        model.check();
    }
    ModelCounts {
        cases: 1,
        operations: operations.len() as u64,
        datagrams: model.pushed as u64,
        bytes: (model.left + model.waiting.len()) as u64,
    }
}

/// An encoder beside a plain vector that says what it should contain.
struct Model {
    encoder: Encoder,
    waiting: Vec<u8>,
    /// Bytes that have left, to tell positions in the stream from positions in the outbox.
    left: usize,
    vectored: bool,
    /// Positions in the stream at which no piece may begin: between a header and its data.
    joints: Vec<usize>,
    pushed: usize,
    finished: bool,
}

impl Model {
    fn apply(&mut self, operation: &Operation) {
        match *operation {
            Operation::Push(len) => {
                let datagram = self.datagram(len);
                match self.encoder.push(datagram.clone()) {
                    Ok(()) => self.accept(&datagram),
                    Err(refused) => {
                        self.check_refusal(refused.reason());
                        assert_eq!(refused.into_inner(), datagram);
                    }
                }
            }
            Operation::PushRef(len) => {
                let datagram = self.datagram(len);
                match self.encoder.push_ref(DatagramRef::from(&datagram)) {
                    Ok(()) => self.accept(&datagram),
                    Err(reason) => self.check_refusal(reason),
                }
            }
            Operation::PushBytes(len) => {
                let bytes = datagrams::content(self.waiting.len(), len);
                self.waiting.extend_from_slice(&bytes);
                self.encoder.outbox().push(bytes.into());
            }
            Operation::ExtendFromSlice(len) => {
                let bytes = datagrams::content(self.waiting.len(), len);
                self.waiting.extend_from_slice(&bytes);
                self.encoder.outbox().extend_from_slice(&bytes);
            }
            Operation::ExtendWith(len, more) => {
                let bytes = datagrams::content(self.waiting.len(), len);
                let outbox = self.encoder.outbox();
                let made = outbox.extend_with(len + more, |room| {
                    assert!(room.len() == len + more);
                    room[..len].copy_from_slice(&bytes);
                    Ok::<_, ()>(len)
                });
                assert_eq!(made, Ok(()));
                self.waiting.extend_from_slice(&bytes);
            }
            Operation::FailToExtend(len) => {
                let made = self.encoder.outbox().extend_with(len, |room| {
                    room.fill(0xEE);
                    Err("as it was told")
                });
                assert_eq!(made, Err("as it was told"));
            }
            Operation::Advance(most) => {
                let count = most.min(self.waiting.len());
                self.encoder.outbox().advance(count);
                self.leave(count);
            }
            Operation::CopyOut(most) => {
                let count = most.min(self.waiting.len());
                let copied = self.encoder.outbox().copy_to_bytes(count);
                assert!(copied == self.waiting[..count]);
                self.leave(count);
            }
            Operation::LookAtPieces(most) => self.look_at_pieces(most),
            Operation::SetVectored(vectored) => {
                self.encoder.set_vectored(vectored);
                self.vectored = vectored;
            }
            Operation::HandleFlushed => self.encoder.handle_flushed(),
            Operation::Release => self.encoder.outbox().release(),
            Operation::Finish => {
                self.encoder.finish();
                self.finished = true;
            }
        }
    }

    /// The next one to push.
    fn datagram(&mut self, len: usize) -> ConnectDatagram {
        self.pushed += 1;
        datagrams::datagram(self.pushed, self.pushed as u16, len)
    }

    fn accept(&mut self, datagram: &ConnectDatagram) {
        assert!(!self.finished);
        if !self.vectored {
            self.joints
                .push(self.left + self.waiting.len() + HEADER_LEN);
        }
        let frame = naive::encode(std::slice::from_ref(datagram));
        self.waiting.extend_from_slice(&frame);
    }

    fn check_refusal(&self, reason: EncodeError) {
        assert!(self.finished);
        assert_eq!(reason, EncodeError::Finished);
    }

    fn leave(&mut self, count: usize) {
        self.waiting.drain(..count);
        self.left += count;
    }

    fn look_at_pieces(&mut self, most: usize) {
        let mut slices = vec![IoSlice::new(&[]); most];
        let outbox = self.encoder.outbox();
        let filled = outbox.chunks_vectored(&mut slices);
        let mut position = 0;
        for slice in &slices[..filled] {
            assert!(!slice.is_empty());
            assert!(self.waiting[position..].starts_with(slice));
            position += slice.len();
        }
        assert!(position == self.waiting.len() || filled == most);
    }

    fn check(&mut self) {
        assert_eq!(self.encoder.queued(), self.waiting.len());
        assert_eq!(self.encoder.is_finished(), self.finished);
        let outbox = self.encoder.outbox();
        assert_eq!(outbox.remaining(), self.waiting.len());
        assert_eq!(outbox.chunk().is_empty(), self.waiting.is_empty());
        assert!(self.waiting.starts_with(outbox.chunk()));
        let mut slices = vec![IoSlice::new(&[]); 2 * self.pushed + 100];
        let filled = outbox.chunks_vectored(&mut slices);
        let mut position = self.left;
        for slice in &slices[..filled] {
            let begins_at_joint = position > self.left && self.joints.contains(&position);
            assert!(!begins_at_joint, "a header was parted from its data");
            position += slice.len();
        }
        assert_eq!(position, self.left + self.waiting.len());
    }
}
