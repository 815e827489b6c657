//! Every way for bytes to come in, one after the other and one within the other, in any order.

use bytes::{BufMut, BytesMut};
use connect_proto::{Config, ConnectDatagram, Decoded, Decoder};
use connect_testkit::{SplitMix64, datagrams, naive};

/// What nobody has sent: it is appended, or lies in lent space, and is not committed.
const NOT_SENT: u8 = 0xEE;

struct Mixing {
    decoder: Decoder,
    random: SplitMix64,
    /// What is still to be received.
    stream: Vec<u8>,
    fed: usize,
    /// Buffers that are away, the rest of blocks that may have changed since.
    away: Vec<BytesMut>,
    received: Vec<ConnectDatagram>,
}

impl Mixing {
    /// Up to `most` bytes that come next, often all that fit.
    fn next_bytes(&mut self, most: usize) -> Vec<u8> {
        let most = most.min(self.stream.len() - self.fed);
        let len = match self.random.below(3) {
            0 => most,
            _ => self.random.below(most + 1),
        };
        let bytes = self.stream[self.fed..][..len].to_vec();
        self.fed += len;
        bytes
    }

    fn step(&mut self) {
        match self.random.below(9) {
            0 => {
                let room = self.decoder.spare().len();
                let bytes = self.next_bytes(room);
                let spare = self.decoder.spare();
                spare.fill(NOT_SENT);
                spare[..bytes.len()].copy_from_slice(&bytes);
                self.decoder.commit(bytes.len());
            }
            1 | 2 => self.append(),
            3 => {
                let most = 1 + self.random.below(100_000);
                let bytes = self.next_bytes(most);
                self.decoder.extend_from_slice(&bytes);
            }
            4 => {
                let mut buffer = self.decoder.take_spare();
                buffer.fill(NOT_SENT);
                self.away.push(buffer);
            }
            5 | 6 if !self.away.is_empty() => {
                let index = self.random.below(self.away.len());
                let mut buffer = self.away.swap_remove(index);
                let bytes = self.next_bytes(buffer.len());
                buffer[..bytes.len()].copy_from_slice(&bytes);
                self.decoder.put_back(buffer, bytes.len());
            }
            7 if self.random.one_in(4) => self.decoder.handle_would_block(),
            _ => self.take(),
        }
    }

    fn append(&mut self) {
        let mut spare = self.decoder.spare_buf();
        let room = spare.remaining_mut();
        assert!(room > 0);
        if self.random.one_in(4) {
            spare.put_bytes(NOT_SENT, 1 + self.random.below(room));
            return;
        }
        drop(spare);
        let before = self.decoder.allocated();
        let bytes = self.next_bytes(room);
        let surplus = self.random.below(room - bytes.len() + 1);
        let mut spare = self.decoder.spare_buf();
        spare.put_slice(&bytes);
        spare.put_bytes(NOT_SENT, surplus);
        drop(spare);
        assert_eq!(self.decoder.allocated(), before, "the block was left");
        self.decoder.commit(bytes.len());
    }

    /// Some datagrams, or all.
    fn take(&mut self) {
        let most = [1, 2, usize::MAX][self.random.below(3)];
        for _ in 0..most {
            let answer = if self.random.one_in(2) {
                self.decoder.next_datagram().expect("valid")
            } else {
                match self.decoder.next_datagram_ref().expect("valid") {
                    Decoded::Datagram(datagram) => {
                        Decoded::Datagram(datagram.to_datagram().expect("valid"))
                    }
                    Decoded::NeedInput => Decoded::NeedInput,
                    Decoded::End => Decoded::End,
                }
            };
            match answer {
                Decoded::Datagram(datagram) => self.received.push(datagram),
                _ => break,
            }
        }
    }
}

#[test]
fn whatever_way_bytes_come_in_by_none_is_lost_and_none_is_made_up() {
    for seed in 0..100 {
        let mut random = SplitMix64::new(seed);
        let lengths: Vec<usize> = (0..40)
            .map(|_| {
                let longest = [30, 700, 5000, 60_000][random.below(4)];
                1 + random.below(longest)
            })
            .collect();
        let sent = datagrams::of_lengths(&lengths);
        let block = [512, 4096, 64 * 1024][random.below(3)];
        let mut mixing = Mixing {
            decoder: Decoder::new(&Config::new().with_read_block_len(block)),
            random,
            stream: naive::encode(&sent),
            fed: 0,
            away: Vec::new(),
            received: Vec::new(),
        };
        while mixing.fed < mixing.stream.len() {
            mixing.step();
        }
        for _ in &sent {
            mixing.take();
        }
        assert!(mixing.received == sent, "seed {seed}");
        assert_eq!(mixing.decoder.buffered(), 0);
    }
}

/// What is lent is the same, whichever way: room for one read, and for the rest of a frame that takes more.
#[test]
fn as_much_can_be_appended_as_can_be_filled() {
    let config = Config::new().with_read_block_len(4096);
    let large = naive::encode(&datagrams::of_lengths(&[1_000_000]));
    let mut decoder = Decoder::new(&config);
    let mut longest = 0;
    for piece in large.chunks(10_000) {
        decoder.extend_from_slice(piece);
        if decoder.buffered() < large.len() {
            longest = longest.max(decoder.spare().len());
        }
        let room = decoder.spare().len();
        assert_eq!(decoder.spare_buf().remaining_mut(), room);
    }
    assert!(
        longest > 100_000,
        "{longest} bytes of a large frame at once"
    );
    let taken = decoder.next_datagram_ref().expect("valid").datagram();
    assert_eq!(taken.map(|datagram| datagram.data().len()), Some(1_000_000));
    // The long block is here still, and no more is asked for at once than usually.
    assert!(decoder.allocated() > 1_000_000);
    let block = decoder.read_block_len();
    assert_eq!(decoder.spare_buf().remaining_mut(), block);
    assert_eq!(decoder.spare().len(), block);
}

/// Appended bytes are not there before they are committed.
#[test]
#[should_panic(expected = "commit(9) exceeds the 8 bytes of spare space")]
fn more_cannot_be_committed_than_was_appended() {
    let mut decoder = Decoder::new(&Config::new());
    decoder.spare_buf().put_slice(&[0; 8]);
    decoder.commit(9);
}
