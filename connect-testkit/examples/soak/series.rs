//! Numbered messages that can be checked: what the tenth one of a series is, both sides know.

use connect_testkit::{SplitMix64, datagrams};

/// A series of messages of random lengths and random content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    key: u64,
}

/// Series on one connection in one direction. The upper two bits of a recipient say which series a message
/// belongs to, so a router can take them apart; what is left over belongs to nobody.
pub(crate) const LANES: usize = 3;

/// The other bits of a recipient are the last ones of the message's number.
pub(crate) const TAGS: u64 = 1 << TAG_BITS;

/// The longest message.
pub(crate) const LONGEST: usize = 1 << 20;

const TAG_BITS: u32 = 14;

impl Series {
    pub(crate) const fn new(key: u64) -> Self {
        Self { key }
    }

    pub(crate) fn content(self, number: u64) -> Vec<u8> {
        let mut random = SplitMix64::new(self.key.rotate_left(32) ^ number);
        let index = random.next() as usize;
        datagrams::content(index, length(&mut random))
    }

    pub(crate) const fn tag(number: u64) -> u16 {
        (number % TAGS) as u16
    }
}

/// The recipient of a message of a lane.
pub(crate) const fn recipient(lane: usize, number: u64) -> u16 {
    (lane << TAG_BITS) as u16 | Series::tag(number)
}

/// Lane and tag of a recipient.
pub(crate) const fn lane_and_tag(recipient: u16) -> (usize, u16) {
    let lane = recipient >> TAG_BITS;
    (lane as usize, recipient & (TAGS as u16 - 1))
}

/// 1 byte to 1 MiB, mostly small.
fn length(random: &mut SplitMix64) -> usize {
    let most = match random.below(1000) {
        0..900 => 256,
        900..980 => 8 * 1024,
        980..998 => 64 * 1024,
        _ => LONGEST,
    };
    1 + random.below(most)
}
