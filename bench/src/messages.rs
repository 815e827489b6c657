//! What the tasks send: prepared messages, until the time is up.

use std::future::Future;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::Failure;

/// The task in the upper half, the place in the task's ring in the lower.
pub const STAMP_LEN: usize = 8;

/// Between two looks at the clock, as a mask of a count: 64 messages, fewer if they are large, so that large ones do
/// not overrun their time.
pub(crate) const fn look_mask(size: usize) -> u64 {
    match 1024 * 1024 / size {
        0 => 0,
        fit if fit >= 64 => 63,
        fit => (1 << fit.ilog2()) - 1,
    }
}

/// The messages of all tasks: each task goes round a ring of its own, in which every message differs.
///
/// They are made beforehand, so that no contender pays for it.
#[derive(Clone, Copy)]
pub struct Messages {
    pub tasks: usize,
    pub size: usize,
    /// Messages in a ring.
    pub places: usize,
    /// Whoever wants to own a message has to allocate it.
    pub fresh: bool,
    block: &'static [u8],
}

impl Messages {
    pub fn new(tasks: usize, size: usize, fresh: bool) -> Self {
        const MOST_BYTES: usize = 16 * 1024 * 1024;
        // Primes: no buffer holds a multiple, so whole buffers that change places do not fit the ring.
        let places = [251, 61, 13]
            .into_iter()
            .find(|places| places * tasks * size <= MOST_BYTES)
            .unwrap_or(3);
        let mut block = vec![0; places * tasks * size];
        for (number, message) in block.chunks_exact_mut(size).enumerate() {
            message.fill(number as u8);
            let stamp = stamp(number / places, number % places);
            message[..STAMP_LEN].copy_from_slice(&stamp.to_le_bytes());
        }
        Self {
            tasks,
            size,
            places,
            fresh,
            // One a setting. A `Bytes` of static data is cloned without counting.
            block: Vec::leak(block),
        }
    }

    pub fn message(&self, task: usize, place: usize) -> &'static [u8] {
        let begin = (task * self.places + place) * self.size;
        &self.block[begin..begin + self.size]
    }

    /// Of the only task; as [`feeds`](Self::feeds).
    ///
    /// # Panics
    ///
    /// If there are several tasks.
    pub fn feed(&self, time: Duration) -> Feed {
        assert_eq!(self.tasks, 1, "each task has a feed of its own");
        self.feeds(time).remove(0)
    }

    /// One for each task, which ends after `time` from now.
    pub fn feeds(&self, time: Duration) -> Vec<Feed> {
        let until = Instant::now() + time;
        self.block
            .chunks_exact(self.places * self.size)
            .map(|ring| Feed {
                ring,
                size: self.size,
                fresh: self.fresh,
                look_mask: look_mask(self.size),
                at: 0,
                sent: 0,
                until,
            })
            .collect()
    }

    /// All of [`feeds`](Self::feeds) in one loop, where they take turns.
    pub fn turns(&self, time: Duration) -> Turns {
        Turns {
            feeds: self.feeds(time),
            next: 0,
        }
    }
}

const fn stamp(task: usize, place: usize) -> u64 {
    (task as u64) << 32 | place as u64
}

/// Task and place in the stamp of a message.
pub fn read_stamp(message: &[u8]) -> Option<(usize, usize)> {
    let stamp = u64::from_le_bytes(*message.first_chunk()?);
    Some(((stamp >> 32) as usize, stamp as u32 as usize))
}

/// The messages of one task.
pub struct Feed {
    ring: &'static [u8],
    size: usize,
    fresh: bool,
    look_mask: u64,
    at: usize,
    sent: u64,
    until: Instant,
}

impl Feed {
    pub fn next_slice(&mut self) -> Option<&'static [u8]> {
        if self.sent & self.look_mask == 0 && Instant::now() >= self.until {
            return None;
        }
        let end = self.at + self.size;
        let message = &self.ring[self.at..end];
        self.at = if end == self.ring.len() { 0 } else { end };
        self.sent += 1;
        Some(message)
    }

    pub fn next_bytes(&mut self) -> Option<Bytes> {
        let message = self.next_slice()?;
        Some(owned(message, self.fresh))
    }

    /// How many there were.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}

pub struct Turns {
    feeds: Vec<Feed>,
    next: usize,
}

impl Turns {
    pub fn next_slice(&mut self) -> Option<&'static [u8]> {
        let message = self.feeds[self.next].next_slice()?;
        self.next += 1;
        if self.next == self.feeds.len() {
            self.next = 0;
        }
        Some(message)
    }

    pub fn next_bytes(&mut self) -> Option<Bytes> {
        let message = self.next_slice()?;
        Some(owned(message, self.feeds[0].fresh))
    }

    /// How many there were of each task.
    pub fn sent(&self) -> Vec<u64> {
        self.feeds.iter().map(Feed::sent).collect()
    }
}

fn owned(message: &'static [u8], fresh: bool) -> Bytes {
    if fresh {
        Bytes::copy_from_slice(message)
    } else {
        Bytes::from_static(message)
    }
}

/// Spawns a task for each feed; returns how many messages each has sent.
pub async fn spawn_each<F>(
    feeds: Vec<Feed>,
    mut send_all: impl FnMut(Feed) -> F,
) -> Result<Vec<u64>, Failure>
where
    F: Future<Output = Result<u64, Failure>> + Send + 'static,
{
    let tasks: Vec<_> = feeds
        .into_iter()
        .map(|feed| tokio::spawn(send_all(feed)))
        .collect();
    let mut sent = Vec::new();
    for task in tasks {
        sent.push(task.await??);
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_looked_at_every_mebibyte() {
        let masks = [16, 16 * 1024, 20_000, 512 * 1024, 1024 * 1024, 4_000_000].map(look_mask);
        assert_eq!(masks, [63, 63, 31, 1, 0, 0]);
    }

    #[test]
    fn the_largest_messages_have_a_ring_of_three_places() {
        let messages = Messages::new(1, 6_000_000, false);
        assert_eq!(messages.places, 3);
        let mut feed = messages.feed(Duration::from_secs(60));
        let stamps: Vec<_> = std::iter::from_fn(|| feed.next_slice())
            .take(4)
            .map(read_stamp)
            .collect();
        assert_eq!(stamps, [(0, 0), (0, 1), (0, 2), (0, 0)].map(Some));
    }
}
