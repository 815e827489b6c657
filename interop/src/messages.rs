//! Numbered messages whose recipient and content follow from number and length, so that a message that
//! is lost, repeated, misplaced, cut or damaged is noticed by whoever receives it.

use std::fmt;

/// A run of messages, numbered from 0.
#[derive(Clone, Copy, Debug)]
pub struct Messages {
    /// How many.
    pub count: u64,
    /// Length in bytes of the few largest.
    pub largest: usize,
}

impl Messages {
    /// The recipient tag of a message. Neighbours differ.
    pub fn recipient(number: u64) -> u16 {
        (mix(number) >> 48) as u16
    }

    /// The content of a message.
    pub fn data(self, number: u64) -> Vec<u8> {
        content(number, self.len(number))
    }

    /// Mostly up to a few hundred bytes, some up to 4 KiB, one in 1000 of 64 KiB, one in 25,000 of
    /// the largest length.
    fn len(self, number: u64) -> usize {
        let random = mix(!number);
        let up_to = |most: u64| 1 + (random >> 8) % most;
        let len = match (number % 25_000, number % 1000, random % 16) {
            (12_345, _, _) => return self.largest,
            (_, 500, _) => 64 * 1024,
            (_, _, 0..=9) => up_to(64),
            (_, _, 10..=14) => up_to(1024),
            _ => up_to(4096),
        };
        len as usize
    }

    /// Checks the messages of this run in order.
    pub fn check(self) -> Check {
        Check {
            messages: self,
            totals: Totals::default(),
        }
    }
}

/// Expects the messages of a run one after the other.
#[derive(Debug)]
pub struct Check {
    messages: Messages,
    totals: Totals,
}

impl Check {
    /// The next message has come.
    ///
    /// # Panics
    ///
    /// If it is not the one that is due.
    pub fn receive(&mut self, recipient: u16, data: &[u8]) {
        let number = self.totals.messages;
        assert!(
            number < self.messages.count,
            "{} bytes for {recipient} came after the last message",
            data.len()
        );
        let expected = self.messages.data(number);
        assert_eq!(
            data.len(),
            expected.len(),
            "message {number} has a wrong length"
        );
        assert_eq!(
            recipient,
            Messages::recipient(number),
            "message {number} of {} bytes has a wrong recipient",
            data.len()
        );
        if data != expected {
            let wrong = data.iter().zip(&expected).position(|(is, due)| is != due);
            panic!(
                "message {number} of {} bytes is wrong from byte {wrong:?} on",
                data.len()
            );
        }
        self.totals.add(data.len());
    }

    /// Whether all have come.
    pub fn is_complete(&self) -> bool {
        self.totals.messages == self.messages.count
    }

    /// What came, which has to be everything.
    ///
    /// # Panics
    ///
    /// If messages are missing.
    pub fn finish(self) -> Totals {
        assert_eq!(
            self.totals.messages, self.messages.count,
            "messages are missing at the end"
        );
        self.totals
    }
}

/// How much came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages.
    pub messages: u64,
    /// Bytes of data in them.
    pub bytes: u64,
}

impl Totals {
    /// One message more.
    pub fn add(&mut self, len: usize) {
        self.messages += 1;
        self.bytes += len as u64;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages, {} bytes", self.messages, self.bytes)
    }
}

/// `len` bytes that no other number and no other length has.
pub fn content(number: u64, len: usize) -> Vec<u8> {
    let mut state = mix(number) ^ mix(len as u64).rotate_left(17);
    let mut data = vec![0; len];
    for piece in data.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        piece.copy_from_slice(&mix(state).to_be_bytes()[..piece.len()]);
    }
    data
}

/// The finishing step of SplitMix64.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    const MESSAGES: Messages = Messages {
        count: 100,
        largest: 10,
    };

    fn receive_all(sent: &[(u16, Vec<u8>)]) -> Totals {
        let mut check = MESSAGES.check();
        for (recipient, data) in sent {
            check.receive(*recipient, data);
        }
        check.finish()
    }

    #[test]
    fn every_single_fault_is_noticed() {
        let sent: Vec<_> = (0..MESSAGES.count)
            .map(|number| (Messages::recipient(number), MESSAGES.data(number)))
            .collect();
        let bytes = sent.iter().map(|(_, data)| data.len() as u64).sum();
        let messages = MESSAGES.count;
        assert_eq!(receive_all(&sent), Totals { messages, bytes });

        type Fault = fn(&mut Vec<(u16, Vec<u8>)>);
        let faults: [(&str, Fault); 8] = [
            ("lost", |sent| drop(sent.remove(50))),
            ("lost at the end", |sent| sent.truncate(99)),
            ("repeated", |sent| sent.insert(50, sent[50].clone())),
            ("one too many", |sent| sent.push(sent[99].clone())),
            ("swapped", |sent| sent.swap(50, 51)),
            ("recipient", |sent| sent[50].0 ^= 1),
            ("last byte", |sent| *sent[50].1.last_mut().unwrap() ^= 1),
            ("cut", |sent| {
                sent[50].1.pop();
            }),
        ];
        for (name, fault) in faults {
            let mut received = sent.clone();
            fault(&mut received);
            let result = catch_unwind(AssertUnwindSafe(|| receive_all(&received)));
            assert!(result.is_err(), "not noticed: {name}");
        }
    }
}
