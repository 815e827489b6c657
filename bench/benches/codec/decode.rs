//! Bytes in, datagrams out.

use std::fmt;
use std::hint::black_box;

use asynchronous_codec::{Decoder as _, LengthCodec};
use bytes::{Bytes, BytesMut};
use connect_bench::units::bytes;
use connect_proto::{Config, Decoded, Decoder};
use divan::Bencher;
use divan::counter::ItemsCount;
use tokio_util::codec::Decoder as _;

use crate::{
    BLOCK_LEN, PAYLOAD_LENS, STREAM_LEN, header_bytes, length_delimited_codec, parse_header,
    plain_header_bytes,
};

pub(crate) const CHUNK_LENS: [usize; 2] = [8 * 1024, 64 * 1024];

/// What all contenders are given: a stream of messages of one length, arriving in chunks.
pub(crate) struct Case {
    pub(crate) payload_len: usize,
    pub(crate) chunk_len: usize,
    pub(crate) count: usize,
    stream: Vec<u8>,
    /// The same payloads behind headers as long, which are a length alone.
    plain_stream: Vec<u8>,
}

impl Case {
    pub(crate) fn new(payload_len: usize, chunk_len: usize) -> Self {
        let count = STREAM_LEN / (8 + payload_len);
        let mut stream = Vec::with_capacity(STREAM_LEN);
        let mut plain_stream = Vec::with_capacity(STREAM_LEN);
        for index in 0..count {
            let payload = (0..payload_len).map(|offset| payload_byte(index, offset));
            stream.extend(header_bytes(payload_len, index as u16));
            stream.extend(payload.clone());
            plain_stream.extend(plain_header_bytes(payload_len));
            plain_stream.extend(payload);
        }
        Self {
            payload_len,
            chunk_len,
            count,
            stream,
            plain_stream,
        }
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        PAYLOAD_LENS
            .into_iter()
            .flat_map(|payload_len| CHUNK_LENS.map(|chunk_len| Self::new(payload_len, chunk_len)))
    }

    /// Panics unless the contender finds every message with its recipient and content.
    pub(crate) fn check<C: Contender>(&self) {
        let mut check = Check {
            payload_len: self.payload_len,
            seen: 0,
        };
        C::run(self, &mut check);
        assert_eq!(check.seen, self.count, "{}: messages", C::NAME);
    }

    fn socket(&self) -> Socket<'_> {
        Socket::new(&self.stream, self.chunk_len)
    }

    fn plain_socket(&self) -> Socket<'_> {
        Socket::new(&self.plain_stream, self.chunk_len)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (payload, chunk) = (bytes(self.payload_len as u64), bytes(self.chunk_len as u64));
        write!(f, "{payload} in chunks of {chunk}")
    }
}

/// Differs from message to message, so that a stale or shifted slice cannot pass for the right one.
fn payload_byte(index: usize, offset: usize) -> u8 {
    (index.wrapping_mul(31) + offset.wrapping_mul(7) + (offset >> 8)) as u8
}

/// A transport that has one chunk ready at a time.
struct Socket<'a> {
    chunk: &'a [u8],
    chunks: std::slice::Chunks<'a, u8>,
}

impl<'a> Socket<'a> {
    fn new(stream: &'a [u8], chunk_len: usize) -> Self {
        Self {
            chunk: &[],
            chunks: stream.chunks(chunk_len),
        }
    }

    /// Copies as much of the present chunk as there is room for; 0 at the end.
    fn read(&mut self, room: &mut [u8]) -> usize {
        if self.chunk.is_empty() {
            self.chunk = self.chunks.next().unwrap_or_default();
        }
        let (now, later) = self.chunk.split_at(self.chunk.len().min(room.len()));
        room[..now.len()].copy_from_slice(now);
        self.chunk = later;
        now.len()
    }

    /// The next whole chunk, for contenders that append it themselves; empty at the end.
    fn next_chunk(&mut self) -> &'a [u8] {
        self.chunks.next().unwrap_or_default()
    }
}

/// What becomes of the messages.
pub(crate) trait Visitor {
    fn borrowed(&mut self, recipient: u16, data: &[u8]);
    /// `frame` ends with the data, and is dropped at once.
    fn owned<F: AsRef<[u8]>>(&mut self, recipient: u16, frame: F, data_at: usize);
    /// Of a format that has no recipients.
    fn plain<D: AsRef<[u8]>>(&mut self, data: D);
}

/// Keeps the compiler from leaving anything out, and does nothing else.
pub(crate) struct Discard;

impl Visitor for Discard {
    #[inline]
    fn borrowed(&mut self, recipient: u16, data: &[u8]) {
        black_box((recipient, data));
    }

    #[inline]
    fn owned<F: AsRef<[u8]>>(&mut self, recipient: u16, frame: F, _data_at: usize) {
        // By value, because to give it away is what an owned message is for.
        black_box(recipient);
        drop(black_box(frame));
    }

    #[inline]
    fn plain<D: AsRef<[u8]>>(&mut self, data: D) {
        drop(black_box(data));
    }
}

struct Check {
    payload_len: usize,
    seen: usize,
}

impl Visitor for Check {
    fn borrowed(&mut self, recipient: u16, data: &[u8]) {
        assert_eq!(recipient, self.seen as u16, "recipient");
        self.plain(data);
    }

    fn owned<F: AsRef<[u8]>>(&mut self, recipient: u16, frame: F, data_at: usize) {
        self.borrowed(recipient, &frame.as_ref()[data_at..]);
    }

    fn plain<D: AsRef<[u8]>>(&mut self, data: D) {
        let (index, data) = (self.seen, data.as_ref());
        assert_eq!(data.len(), self.payload_len, "length of message {index}");
        assert!(
            data.iter()
                .enumerate()
                .all(|(offset, byte)| *byte == payload_byte(index, offset)),
            "content of message {index}"
        );
        self.seen += 1;
    }
}

/// One way to decode.
pub(crate) trait Contender {
    const NAME: &'static str;
    fn run<V: Visitor>(case: &Case, visitor: &mut V);
}

/// A hand-written loop over slices of one reused buffer.
pub(crate) struct FloorBorrow;

impl Contender for FloorBorrow {
    const NAME: &'static str = "floor borrowed";

    fn run<V: Visitor>(case: &Case, visitor: &mut V) {
        let mut socket = case.socket();
        let mut buffer = vec![0; BLOCK_LEN + 8 + case.payload_len];
        let mut filled = 0;
        loop {
            let received = socket.read(&mut buffer[filled..]);
            if received == 0 {
                break;
            }
            filled += received;
            let mut rest = &buffer[..filled];
            while let Some((header, behind)) = rest.split_first_chunk() {
                let (data_len, recipient) = parse_header(*header);
                let Some((data, behind)) = behind.split_at_checked(data_len) else {
                    break;
                };
                visitor.borrowed(recipient, data);
                rest = behind;
            }
            let tail = filled - rest.len();
            buffer.copy_within(tail..filled, 0);
            filled -= tail;
        }
    }
}

/// A hand-written loop that freezes each block once and hands out slices of it.
pub(crate) struct FloorOwned;

impl Contender for FloorOwned {
    const NAME: &'static str = "floor owned";

    fn run<V: Visitor>(case: &Case, visitor: &mut V) {
        let mut socket = case.socket();
        let mut block = BytesMut::with_capacity(case.chunk_len);
        loop {
            let chunk = socket.next_chunk();
            if chunk.is_empty() {
                break;
            }
            block.extend_from_slice(chunk);
            let Some(header) = block.first_chunk() else {
                continue;
            };
            let first_frame_len = 8 + parse_header(*header).0;
            if block.len() < first_frame_len {
                block.reserve(first_frame_len - block.len());
                continue;
            }
            let frozen = block.freeze();
            let mut at = 0;
            while let Some((header, behind)) = frozen[at..].split_first_chunk() {
                let (data_len, recipient) = parse_header(*header);
                if behind.len() < data_len {
                    break;
                }
                let end = at + 8 + data_len;
                visitor.owned(recipient, frozen.slice(at + 8..end), 0);
                at = end;
            }
            let tail = &frozen[at..];
            block = BytesMut::with_capacity(tail.len() + case.chunk_len);
            block.extend_from_slice(tail);
        }
    }
}

/// This crate, borrowing.
pub(crate) struct ConnectBorrow;

impl Contender for ConnectBorrow {
    const NAME: &'static str = "connect borrowed";

    fn run<V: Visitor>(case: &Case, visitor: &mut V) {
        let mut socket = case.socket();
        let mut decoder = Decoder::new(&Config::new());
        loop {
            match decoder.next_datagram_ref().expect("the stream is valid") {
                Decoded::Datagram(datagram) => {
                    visitor.borrowed(datagram.recipient(), datagram.data());
                }
                Decoded::NeedInput => match socket.read(decoder.spare()) {
                    0 => decoder.finish(),
                    received => decoder.commit(received),
                },
                Decoded::End => break,
            }
        }
    }
}

/// This crate, borrowing all that one read has brought.
pub(crate) struct ConnectBatch;

impl Contender for ConnectBatch {
    const NAME: &'static str = "connect batch";

    fn run<V: Visitor>(case: &Case, visitor: &mut V) {
        let mut socket = case.socket();
        let mut decoder = Decoder::new(&Config::new());
        loop {
            let received = socket.read(decoder.spare());
            if received == 0 {
                break;
            }
            decoder.commit(received);
            for datagram in decoder.datagrams() {
                visitor.borrowed(datagram.recipient(), datagram.data());
            }
        }
        decoder.finish();
        assert_eq!(decoder.next_datagram_ref(), Ok(Decoded::End));
    }
}

/// This crate, handing out what the caller may keep.
pub(crate) struct ConnectOwned;

impl Contender for ConnectOwned {
    const NAME: &'static str = "connect owned";

    fn run<V: Visitor>(case: &Case, visitor: &mut V) {
        let mut socket = case.socket();
        let mut decoder = Decoder::new(&Config::new());
        loop {
            while let Some(datagram) = decoder.take_datagram() {
                let recipient = datagram.recipient();
                visitor.owned::<Bytes>(recipient, datagram.into_data(), 0);
            }
            match decoder.next_datagram().expect("the stream is valid") {
                Decoded::Datagram(_) => unreachable!("it was not taken"),
                Decoded::NeedInput => match socket.read(decoder.spare()) {
                    0 => decoder.finish(),
                    received => decoder.commit(received),
                },
                Decoded::End => break,
            }
        }
    }
}

/// A peer. Reads the recipient where it lies, which is less work than to split it off.
pub(crate) struct LengthDelimited;

impl Contender for LengthDelimited {
    const NAME: &'static str = "length-delimited";

    fn run<V: Visitor>(case: &Case, visitor: &mut V) {
        let mut socket = case.socket();
        let mut codec = length_delimited_codec();
        let mut buffer = BytesMut::with_capacity(case.chunk_len);
        loop {
            while let Some(frame) = codec.decode(&mut buffer).expect("the stream is valid") {
                let recipient = u16::from_be_bytes([frame[2], frame[3]]);
                visitor.owned(recipient, frame, 4);
            }
            let chunk = socket.next_chunk();
            if chunk.is_empty() {
                break;
            }
            buffer.extend_from_slice(chunk);
        }
    }
}

/// The other peer. Its format has a length of eight bytes and no recipient, so it is given a stream of its own, which is
/// as long.
pub(crate) struct AsynchronousCodec;

impl Contender for AsynchronousCodec {
    const NAME: &'static str = "asynchronous-codec";

    fn run<V: Visitor>(case: &Case, visitor: &mut V) {
        let mut socket = case.plain_socket();
        let mut codec = LengthCodec;
        let mut buffer = BytesMut::with_capacity(case.chunk_len);
        loop {
            while let Some(data) = codec.decode(&mut buffer).expect("the stream is valid") {
                visitor.plain(data);
            }
            let chunk = socket.next_chunk();
            if chunk.is_empty() {
                break;
            }
            buffer.extend_from_slice(chunk);
        }
    }
}

#[divan::bench(
    types = [
        FloorBorrow, FloorOwned, ConnectBatch, ConnectBorrow, ConnectOwned, LengthDelimited, AsynchronousCodec,
    ],
    args = Case::all(),
)]
fn decode<C: Contender>(bencher: Bencher<'_, '_>, case: &Case) {
    case.check::<C>();
    bencher
        .counter(ItemsCount::new(case.count))
        .bench_local(|| C::run(case, &mut Discard));
}
