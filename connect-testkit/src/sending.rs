//! The sending half of the oracle.

use std::io::IoSlice;

use bytes::Buf;
use connect_proto::{ConnectDatagram, DatagramRef, EncodeError, Encoder};

use crate::counts::Counts;
use crate::plan::Plan;
use crate::random::SplitMix64;

/// Pushes `datagrams` through an encoder and takes its output as `plan` says; it must be `expected`, and
/// every number that encoder and outbox tell on the way must be right.
pub(crate) fn check(
    datagrams: &[ConnectDatagram],
    expected: &[u8],
    frame_ends: &[usize],
    plan: &Plan,
) -> Counts {
    let mut encoder = Encoder::new(&plan.config);
    encoder.set_vectored(plan.vectored);
    let mut sender = Sender {
        encoder,
        expected,
        pushed: 0,
        written: 0,
        plan,
        random: SplitMix64::new(plan.seed ^ 0x5EED),
        cuts: 0,
    };
    let mut output = plan.output.cuts(expected.len(), frame_ends);
    let mut owed = 0;
    for datagram in datagrams {
        sender.push(datagram);
        while owed > 0 || sender.random.one_in(2) {
            if owed == 0 {
                owed = output.next().unwrap_or_default();
            }
            owed -= sender.write(owed);
            if sender.encoder.queued() == 0 {
                break;
            }
        }
    }
    sender.finish();
    while sender.encoder.queued() > 0 {
        if owed == 0 {
            owed = output.next().expect("the cuts cover the stream");
        }
        owed -= sender.write(owed);
    }
    sender.check_empty();
    Counts {
        cuts: sender.cuts,
        ..Counts::default()
    }
}

struct Sender<'a> {
    encoder: Encoder,
    expected: &'a [u8],
    pushed: usize,
    written: usize,
    plan: &'a Plan,
    random: SplitMix64,
    cuts: u64,
}

impl Sender<'_> {
    fn push(&mut self, datagram: &ConnectDatagram) {
        if self.random.one_in(2) {
            self.encoder
                .push(datagram.clone())
                .expect("a valid datagram");
        } else {
            self.encoder
                .push_ref(DatagramRef::from(datagram))
                .expect("a valid datagram");
        }
        self.pushed += datagram.size();
        self.check_lengths();
    }

    /// Writes up to `most` bytes, as a transport would that takes no more. Returns how many.
    fn write(&mut self, most: usize) -> usize {
        let taken = if self.plan.vectored && !self.random.one_in(4) {
            self.look_at_pieces(most)
        } else {
            self.look_at_chunk(most)
        };
        self.encoder.outbox().advance(taken);
        self.written += taken;
        self.cuts += 1;
        self.check_lengths();
        taken
    }

    fn look_at_chunk(&mut self, most: usize) -> usize {
        let outbox = self.encoder.outbox();
        let chunk = outbox.chunk();
        let taken = most.min(chunk.len());
        assert_eq!(
            chunk.is_empty(),
            self.pushed == self.written,
            "the chunk is empty if and only if the outbox is"
        );
        expect(self.expected, self.written, &chunk[..taken]);
        taken
    }

    fn look_at_pieces(&mut self, most: usize) -> usize {
        let width = 1 + self.random.below(16);
        let mut pieces = [IoSlice::new(&[]); 16];
        let outbox = self.encoder.outbox();
        let filled = outbox.chunks_vectored(&mut pieces[..width]);
        let mut offered = 0;
        for piece in &pieces[..filled] {
            assert!(!piece.is_empty(), "an empty piece wastes a place");
            // Long pieces are compared only as far as they are taken, or every cut would cost all.
            let looked_at = piece.len().min(most.saturating_sub(offered).max(16));
            expect(self.expected, self.written + offered, &piece[..looked_at]);
            offered += piece.len();
        }
        let queued = self.pushed - self.written;
        assert!(offered <= queued, "more was offered than is queued");
        assert!(
            filled == width || offered == queued,
            "places stayed empty although more was queued"
        );
        most.min(offered)
    }

    fn check_lengths(&mut self) {
        let queued = self.pushed - self.written;
        let mark = self.plan.config.high_water_mark();
        assert_eq!(self.encoder.queued(), queued);
        assert_eq!(self.encoder.is_ready(), queued == 0 || queued < mark);
        assert_eq!(self.encoder.outbox().remaining(), queued);
    }

    fn finish(&mut self) {
        self.encoder.finish();
        let late = crate::datagrams::datagram(0, 9, 5);
        let refused = self.encoder.push(late.clone()).expect_err("finished");
        assert_eq!(refused.reason(), EncodeError::Finished);
        assert_eq!(refused.into_inner(), late);
        self.check_lengths();
    }

    fn check_empty(&mut self) {
        assert_eq!(self.written, self.expected.len());
        assert!(self.encoder.outbox().chunk().is_empty());
        let mut pieces = [IoSlice::new(&[]); 2];
        let outbox = self.encoder.outbox();
        assert_eq!(outbox.chunks_vectored(&mut pieces), 0);
    }
}

/// The output has `bytes` at `position`.
fn expect(expected: &[u8], position: usize, bytes: &[u8]) {
    let matches = expected.get(position..position + bytes.len()) == Some(bytes);
    assert!(
        matches,
        "the output differs from the reference in the {} bytes at {position}",
        bytes.len()
    );
}
