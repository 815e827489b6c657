//! The receiving half of the oracle.

use bytes::{BufMut, BytesMut};
use connect_proto::{ConnectDatagram, DecodeError, Decoded, Decoder, HEADER_LEN};

use crate::counts::Counts;
use crate::memory_bound::MemoryBound;
use crate::naive::Parsed;
use crate::plan::{Entry, Keeping, Lane, Plan, Reading};
use crate::random::SplitMix64;

/// Feeds `stream` to a decoder as `plan` says and compares it with `parsed`.
pub(crate) fn check(stream: &[u8], parsed: &Parsed, plan: &Plan) -> Counts {
    let decoder = Decoder::new(&plan.config);
    let mut receiver = Receiver {
        memory: MemoryBound::new(decoder.read_block_len()),
        decoder,
        parsed,
        plan,
        random: SplitMix64::new(plan.seed),
        received: 0,
        taken: 0,
        taken_bytes: 0,
        held: Vec::new(),
        failed: false,
        cuts: 0,
    };
    let mut rest = stream;
    for cut in plan.input.cuts(stream.len(), &parsed.frame_ends) {
        let (now, later) = rest.split_at(cut);
        rest = later;
        receiver.receive(now);
    }
    receiver.end();
    Counts {
        cases: 1,
        datagrams: receiver.taken as u64,
        cuts: receiver.cuts,
        bytes: stream.len() as u64,
    }
}

struct Receiver<'a> {
    decoder: Decoder,
    parsed: &'a Parsed,
    plan: &'a Plan,
    random: SplitMix64,
    received: usize,
    taken: usize,
    taken_bytes: usize,
    held: Vec<(usize, ConnectDatagram)>,
    failed: bool,
    memory: MemoryBound,
    cuts: u64,
}

/// What one question for a datagram was answered with.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Datagram,
    NeedInput,
    End,
    Error(DecodeError),
}

impl Receiver<'_> {
    /// The bytes of one cut arrive, in one read or, if the space is short, in several.
    fn receive(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let len = self.read(bytes);
            bytes = &bytes[len..];
            self.received += len;
            self.cuts += 1;
            self.check_books();
            self.ask_some();
            if self.random.one_in(8) {
                self.would_block();
            }
        }
    }

    /// One read. Returns how many bytes it took.
    fn read(&mut self, bytes: &[u8]) -> usize {
        let entry = match self.plan.entry {
            Entry::Mixed => match self.random.below(5) {
                0 => Entry::Spare,
                4 => Entry::SpareBuf,
                1 => Entry::Slice,
                2 => Entry::Driver,
                _ => Entry::Taken,
            },
            entry => entry,
        };
        match entry {
            Entry::Slice => {
                self.decoder.extend_from_slice(bytes);
                bytes.len()
            }
            Entry::Driver if self.decoder.is_quiet() => {
                let short = &bytes[..bytes.len().min(300)];
                self.decoder.extend_from_slice(short);
                short.len()
            }
            Entry::Taken => self.read_into_taken(bytes),
            Entry::SpareBuf => {
                let mut spare = self.decoder.spare_buf();
                let len = bytes.len().min(spare.remaining_mut());
                spare.put_slice(&bytes[..len]);
                drop(spare);
                self.decoder.commit(len);
                len
            }
            Entry::Spare | Entry::Driver | Entry::Mixed => {
                let spare = self.decoder.spare();
                let len = fill(spare, bytes);
                self.decoder.commit(len);
                len
            }
        }
    }

    fn read_into_taken(&mut self, bytes: &[u8]) -> usize {
        let mut buffer = if self.random.one_in(4) {
            let len = 1 + self.random.below(bytes.len() + 20);
            self.memory.add_foreign(len);
            BytesMut::zeroed(len)
        } else {
            self.decoder.take_spare()
        };
        match self.random.below(6) {
            0 => drop(std::mem::replace(&mut buffer, self.decoder.take_spare())),
            1 => self.ask_some(),
            2 => {
                // The buffer may be the rest of such a block, all of which it keeps.
                let longest = self.memory.longest_block();
                self.would_block();
                self.memory.add_foreign(longest);
            }
            3 => {
                // Something else comes in while the buffer is away.
                self.decoder.extend_from_slice(&bytes[..1]);
                self.memory.add_foreign(buffer.capacity());
                drop(buffer);
                return 1;
            }
            _ => {}
        }
        let len = fill(&mut buffer, bytes);
        self.memory.add_foreign(buffer.capacity());
        self.decoder.put_back(buffer, len);
        len
    }

    /// Asks until input is needed, or, if reading may go on at any time, perhaps less often.
    fn ask_some(&mut self) {
        let mut questions = match self.plan.reading {
            Reading::WhenNeeded => usize::MAX,
            Reading::AnyTime => [0, 1, 2, usize::MAX][self.random.below(4)],
        };
        while questions > 0 {
            questions -= 1;
            if self.plan.lane != Lane::Owned && self.random.one_in(4) {
                self.take_batch();
            }
            match self.ask() {
                Answer::Datagram => {}
                Answer::NeedInput => return self.check_needed(),
                Answer::End => panic!("the end was told before it came"),
                Answer::Error(error) => return self.check_error(error),
            }
        }
    }

    /// All that is here at once, or the first few of it.
    fn take_batch(&mut self) {
        let most = [1, 2, usize::MAX][self.random.below(3)];
        for datagram in self.decoder.datagrams().take(most) {
            let (recipient, data) = (datagram.recipient(), datagram.data());
            expect(self.parsed, self.taken, recipient, data);
            self.taken_bytes += HEADER_LEN + data.len();
            self.taken += 1;
        }
        assert!(most < usize::MAX || !self.decoder.has_datagram());
        self.check_books();
    }

    fn ask(&mut self) -> Answer {
        let header = self.decoder.next_header();
        let foretold = self.random.one_in(4).then(|| self.decoder.has_answer());
        let borrowed = match self.plan.lane {
            Lane::Owned => false,
            Lane::Borrowed => true,
            Lane::Mixed => self.random.one_in(2),
        };
        let answer = if borrowed {
            match self.decoder.next_datagram_ref() {
                Ok(Decoded::Datagram(datagram)) => {
                    expect(
                        self.parsed,
                        self.taken,
                        datagram.recipient(),
                        datagram.data(),
                    );
                    Answer::Datagram
                }
                Ok(Decoded::NeedInput) => Answer::NeedInput,
                Ok(Decoded::End) => Answer::End,
                Err(error) => Answer::Error(error),
            }
        } else {
            match self.decoder.next_datagram() {
                Ok(Decoded::Datagram(datagram)) => {
                    expect(
                        self.parsed,
                        self.taken,
                        datagram.recipient(),
                        datagram.data(),
                    );
                    self.keep(datagram);
                    Answer::Datagram
                }
                Ok(Decoded::NeedInput) => Answer::NeedInput,
                Ok(Decoded::End) => Answer::End,
                Err(error) => Answer::Error(error),
            }
        };
        if let Some(foretold) = foretold {
            assert_eq!(
                foretold,
                answer != Answer::NeedInput,
                "has_answer was wrong"
            );
        }
        let announced = self.parsed.messages.get(self.taken);
        let announced = announced.filter(|_| answer == Answer::Datagram);
        assert_eq!(
            header.map(|header| (header.recipient(), header.data_len())),
            announced.map(|message| (message.recipient, message.data.len())),
            "next_header was wrong"
        );
        if answer == Answer::Datagram {
            self.taken_bytes += HEADER_LEN + self.parsed.messages[self.taken].data.len();
            self.taken += 1;
        }
        self.check_books();
        answer
    }

    fn keep(&mut self, datagram: ConnectDatagram) {
        let keep = match self.plan.keeping {
            Keeping::Nothing => false,
            Keeping::Everything => true,
            Keeping::Some => self.random.one_in(2),
        };
        if keep {
            self.held.push((self.taken, datagram));
        } else if self.held.len() > 4 && self.random.one_in(4) {
            let chosen = self.random.below(self.held.len());
            if self.plan.keeping == Keeping::Some {
                self.check_held(chosen);
                self.held.swap_remove(chosen);
            }
        }
    }

    fn would_block(&mut self) {
        self.decoder.handle_would_block();
        if self.decoder.buffered() == 0 {
            assert_eq!(
                self.decoder.allocated(),
                0,
                "memory was kept between two frames"
            );
            assert!(self.decoder.is_quiet());
            self.memory.reset();
        }
    }

    /// Input is needed only where the reference finds no further whole frame in what was received.
    fn check_needed(&self) {
        let whole = self
            .parsed
            .frame_ends
            .partition_point(|end| *end <= self.received);
        assert_eq!(self.taken, whole, "a whole datagram was held back");
    }

    fn check_error(&mut self, error: DecodeError) {
        assert_eq!(
            self.taken,
            self.parsed.messages.len(),
            "error before a datagram"
        );
        assert_eq!(Err(error), self.parsed.verdict);
        if !self.failed {
            assert_eq!(
                self.decoder.allocated(),
                0,
                "memory was kept after an error"
            );
        }
        self.failed = true;
    }

    fn check_books(&mut self) {
        if self.failed {
            return;
        }
        let buffered = self.decoder.buffered();
        // An error that was found while looking for an answer has emptied the decoder already.
        let found_error = buffered == 0 && self.parsed.verdict.is_err();
        if !found_error {
            assert_eq!(
                buffered,
                self.received - self.taken_bytes,
                "bytes were lost or doubled"
            );
        }
        let stats = self.decoder.stats();
        assert_eq!(stats.messages, self.taken as u64);
        assert_eq!(stats.bytes, self.received as u64);
        assert_eq!(stats.buffered_bytes, buffered);
        assert!(!self.decoder.is_quiet() || buffered == 0);
        self.memory.check(buffered, self.decoder.allocated());
    }

    fn check_held(&self, position: usize) {
        let (index, datagram) = &self.held[position];
        expect(self.parsed, *index, datagram.recipient(), datagram.data());
    }

    /// The stream ends, and what was said about it stays said.
    fn end(&mut self) {
        self.decoder.finish();
        if self.random.one_in(2) {
            self.decoder.finish();
        }
        let verdict = loop {
            match self.ask() {
                Answer::Datagram => {}
                Answer::NeedInput => panic!("no input can follow the end"),
                Answer::End => break Ok(()),
                Answer::Error(error) => break Err(error),
            }
        };
        assert_eq!(verdict, self.parsed.verdict);
        assert_eq!(
            self.taken,
            self.parsed.messages.len(),
            "datagrams were lost"
        );
        self.insist(verdict);
        for position in 0..self.held.len() {
            self.check_held(position);
        }
    }

    /// Nothing that can still be done changes the answer.
    fn insist(&mut self, verdict: Result<(), DecodeError>) {
        let late = [0, 0, 0, 5, 0, 1, 0, 0, b'x'];
        for attempt in 0..6 {
            match attempt {
                0 => self.decoder.extend_from_slice(&late),
                1 => {
                    let len = fill(self.decoder.spare(), &late);
                    self.decoder.commit(len);
                }
                2 => {
                    let mut buffer = self.decoder.take_spare();
                    let len = fill(&mut buffer, &late);
                    self.decoder.put_back(buffer, len);
                }
                3 => self.decoder.put_back(BytesMut::from(&late[..]), late.len()),
                4 => self.decoder.finish(),
                _ => self.decoder.handle_would_block(),
            }
            assert!(self.decoder.has_answer());
            let owned = self.decoder.next_datagram();
            assert_eq!(answer(owned), verdict, "owned lane, attempt {attempt}");
            let borrowed = self.decoder.next_datagram_ref();
            assert_eq!(
                answer(borrowed),
                verdict,
                "borrowed lane, attempt {attempt}"
            );
            assert_eq!(self.decoder.buffered(), 0);
        }
        assert_eq!(self.decoder.allocated(), 0);
    }
}

fn answer<D>(decoded: Result<Decoded<D>, DecodeError>) -> Result<(), DecodeError> {
    match decoded? {
        Decoded::End => Ok(()),
        Decoded::Datagram(_) => panic!("a datagram after the end"),
        Decoded::NeedInput => panic!("no input can follow the end"),
    }
}

/// Copies as much as fits, and a bit of noise behind it, which must not matter.
fn fill(space: &mut [u8], bytes: &[u8]) -> usize {
    assert!(!space.is_empty(), "space is never empty");
    let len = space.len().min(bytes.len());
    space[..len].copy_from_slice(&bytes[..len]);
    let noise = (len + 16).min(space.len());
    space[len..noise].fill(0xEE);
    len
}

fn expect(parsed: &Parsed, index: usize, recipient: u16, data: &[u8]) {
    let Some(message) = parsed.messages.get(index) else {
        panic!("datagram {index} was never sent");
    };
    assert_eq!(
        recipient, message.recipient,
        "recipient of datagram {index}"
    );
    assert_eq!(data.len(), message.data.len(), "length of datagram {index}");
    let intact = data == message.data;
    assert!(intact, "the data of datagram {index} is not what was sent");
}
