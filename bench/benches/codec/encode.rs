//! Datagrams in, bytes out.

use std::fmt;
use std::hint::black_box;
use std::io::IoSlice;

use asynchronous_codec::{Encoder as _, LengthCodec};
use bytes::{Buf, Bytes, BytesMut};
use connect_bench::units::bytes;
use connect_proto::{Config, ConnectDatagram, DatagramRef, Encoder};
use divan::Bencher;
use divan::counter::ItemsCount;
use tokio_util::codec::Encoder as _;

use crate::{
    BLOCK_LEN, PAYLOAD_LENS, STREAM_LEN, header_bytes, length_delimited_codec, plain_header_bytes,
};

const RECIPIENT: u16 = 0x1234;

/// What all contenders are given: one message, to be encoded `count` times.
pub(crate) struct Case {
    pub(crate) payload_len: usize,
    pub(crate) count: usize,
    payload: &'static [u8],
    /// The payload behind version and recipient, which is what LengthDelimitedCodec takes.
    contents: &'static [u8],
}

impl Case {
    pub(crate) fn new(payload_len: usize) -> Self {
        // Static, so that a clone costs every contender as little as it can.
        let mut contents = header_bytes(payload_len, RECIPIENT)[4..].to_vec();
        contents.extend((0..payload_len).map(|offset| (offset ^ (offset >> 8)) as u8));
        let contents = &*contents.leak();
        Self {
            payload_len,
            count: STREAM_LEN / (8 + payload_len),
            payload: &contents[4..],
            contents,
        }
    }

    fn datagram(&self) -> ConnectDatagram {
        ConnectDatagram::new(RECIPIENT, Bytes::from_static(self.payload))
            .expect("the payload is valid")
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        PAYLOAD_LENS.into_iter().map(Self::new)
    }

    /// Panics unless the contender writes every message as its format wants it.
    pub(crate) fn check<C: Contender>(&self) {
        let mut written = Collect(Vec::with_capacity(STREAM_LEN));
        C::run(self, &mut written);
        let mut frame = C::header(self.payload_len).to_vec();
        frame.extend(self.payload);
        let frames = written.0.chunks(frame.len());
        assert_eq!(frames.len(), self.count, "{}: messages", C::NAME);
        assert!(frames.into_iter().all(|it| it == frame), "{}", C::NAME);
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&bytes(self.payload_len as u64))
    }
}

/// What becomes of the bytes.
pub(crate) trait Transport {
    fn write(&mut self, bytes: &[u8]);
}

/// Keeps the compiler from leaving anything out, and does nothing else.
pub(crate) struct Discard;

impl Transport for Discard {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        black_box(bytes);
    }
}

struct Collect(Vec<u8>);

impl Transport for Collect {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// One way to encode.
pub(crate) trait Contender {
    const NAME: &'static str;
    fn run<T: Transport>(case: &Case, transport: &mut T);

    /// What is in front of a payload.
    fn header(payload_len: usize) -> [u8; 8] {
        header_bytes(payload_len, RECIPIENT)
    }
}

/// Copies into one block that is allocated once.
pub(crate) struct FloorCopy;

impl Contender for FloorCopy {
    const NAME: &'static str = "floor";

    fn run<T: Transport>(case: &Case, transport: &mut T) {
        let frame_len = 8 + case.payload_len;
        let mut block = Vec::with_capacity(BLOCK_LEN.max(frame_len));
        for _ in 0..case.count {
            let payload = black_box(case.payload);
            if block.len() + 8 + payload.len() > block.capacity() {
                transport.write(&block);
                block.clear();
            }
            block.extend_from_slice(&header_bytes(payload.len(), black_box(RECIPIENT)));
            block.extend_from_slice(payload);
        }
        transport.write(&block);
    }
}

/// The same for a datagram that is handed over: what a clone and its end cost is not the codec's.
pub(crate) struct FloorOwned;

impl Contender for FloorOwned {
    const NAME: &'static str = "floor owned";

    fn run<T: Transport>(case: &Case, transport: &mut T) {
        let frame_len = 8 + case.payload_len;
        let mut block = Vec::with_capacity(BLOCK_LEN.max(frame_len));
        let datagram = case.datagram();
        for _ in 0..case.count {
            let datagram = black_box(&datagram).clone();
            let data = datagram.data();
            if block.len() + 8 + data.len() > block.capacity() {
                transport.write(&block);
                block.clear();
            }
            block.extend_from_slice(&header_bytes(data.len(), datagram.recipient()));
            block.extend_from_slice(data);
        }
        transport.write(&block);
    }
}

/// This crate, copying from a slice.
pub(crate) struct ConnectRef;

impl Contender for ConnectRef {
    const NAME: &'static str = "connect ref";

    fn run<T: Transport>(case: &Case, transport: &mut T) {
        let mut encoder = Encoder::new(&Config::new().with_high_water_mark(BLOCK_LEN));
        for _ in 0..case.count {
            let datagram = DatagramRef::new(black_box(RECIPIENT), black_box(case.payload));
            encoder.push_ref(datagram).expect("the payload is valid");
            if !encoder.is_ready() {
                drain(&mut encoder, transport);
            }
        }
        drain(&mut encoder, transport);
    }
}

/// The same, as many at once as there is room for.
pub(crate) struct ConnectRefBatch;

impl Contender for ConnectRefBatch {
    const NAME: &'static str = "connect ref batch";

    fn run<T: Transport>(case: &Case, transport: &mut T) {
        let mut encoder = Encoder::new(&Config::new().with_high_water_mark(BLOCK_LEN));
        let mut datagrams = (0..case.count)
            .map(|_| DatagramRef::new(black_box(RECIPIENT), black_box(case.payload)));
        while !encoder
            .push_while_ready(&mut datagrams)
            .expect("the payload is valid")
        {
            drain(&mut encoder, transport);
        }
        drain(&mut encoder, transport);
    }
}

fn drain<T: Transport>(encoder: &mut Encoder, transport: &mut T) {
    let outbox = encoder.outbox();
    while outbox.has_remaining() {
        let chunk = outbox.chunk();
        transport.write(chunk);
        let written = chunk.len();
        outbox.advance(written);
    }
}

/// This crate, with a datagram that is handed over, and a transport with vectored writes.
pub(crate) struct ConnectOwned;

impl Contender for ConnectOwned {
    const NAME: &'static str = "connect owned";

    fn run<T: Transport>(case: &Case, transport: &mut T) {
        let mut encoder = Encoder::new(&Config::new().with_high_water_mark(BLOCK_LEN));
        encoder.set_vectored(true);
        let datagram = case.datagram();
        for _ in 0..case.count {
            let datagram = black_box(&datagram).clone();
            encoder.push(datagram).expect("the payload is valid");
            if !encoder.is_ready() {
                drain_vectored(&mut encoder, transport);
            }
        }
        drain_vectored(&mut encoder, transport);
    }
}

fn drain_vectored<T: Transport>(encoder: &mut Encoder, transport: &mut T) {
    let outbox = encoder.outbox();
    while outbox.has_remaining() {
        let mut slices = [IoSlice::new(&[]); 64];
        let filled = outbox.chunks_vectored(&mut slices);
        let mut written = 0;
        for slice in &slices[..filled] {
            transport.write(slice);
            written += slice.len();
        }
        outbox.advance(written);
    }
}

/// A peer.
pub(crate) struct LengthDelimited;

impl Contender for LengthDelimited {
    const NAME: &'static str = "length-delimited";

    fn run<T: Transport>(case: &Case, transport: &mut T) {
        let mut codec = length_delimited_codec();
        let mut block = BytesMut::with_capacity(BLOCK_LEN.max(4 + case.contents.len()));
        let contents = Bytes::from_static(case.contents);
        for _ in 0..case.count {
            let contents = black_box(&contents).clone();
            codec
                .encode(contents, &mut block)
                .expect("the payload is valid");
            if block.len() >= BLOCK_LEN {
                transport.write(&block);
                block.clear();
            }
        }
        transport.write(&block);
    }
}

/// The other peer, whose format has a length of eight bytes and no recipient.
pub(crate) struct AsynchronousCodec;

impl Contender for AsynchronousCodec {
    const NAME: &'static str = "asynchronous-codec";

    fn run<T: Transport>(case: &Case, transport: &mut T) {
        let mut codec = LengthCodec;
        let mut block = BytesMut::with_capacity(BLOCK_LEN.max(8 + case.payload.len()));
        let payload = Bytes::from_static(case.payload);
        for _ in 0..case.count {
            let payload = black_box(&payload).clone();
            codec
                .encode(payload, &mut block)
                .expect("any payload is valid");
            if block.len() >= BLOCK_LEN {
                transport.write(&block);
                block.clear();
            }
        }
        transport.write(&block);
    }

    fn header(payload_len: usize) -> [u8; 8] {
        plain_header_bytes(payload_len)
    }
}

#[divan::bench(
    types = [FloorCopy, FloorOwned, ConnectRef, ConnectRefBatch, ConnectOwned, LengthDelimited, AsynchronousCodec],
    args = Case::all(),
)]
fn encode<C: Contender>(bencher: Bencher<'_, '_>, case: &Case) {
    case.check::<C>();
    bencher
        .counter(ItemsCount::new(case.count))
        .bench_local(|| C::run(case, &mut Discard));
}
