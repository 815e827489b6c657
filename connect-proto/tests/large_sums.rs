//! More than 4 GiB at once, out of clones of one block: what a `usize` of 32 bits cannot count.

use bytes::{Buf, Bytes};
use connect_proto::queue::{Next, SendQueue};
use connect_proto::{Config, ConnectDatagram, Encoder, HEADER_LEN, MAX_DATA_LEN, Outbound, Outbox};

/// So many of the longest datagrams exceed 32 bits.
const COUNT: usize = 50;
const FRAME_LEN: usize = HEADER_LEN + MAX_DATA_LEN;

fn longest() -> ConnectDatagram {
    ConnectDatagram::new(7, vec![0; MAX_DATA_LEN]).unwrap()
}

fn without_mark() -> Config {
    Config::new().with_high_water_mark(usize::MAX)
}

#[test]
fn an_encoder_without_a_mark_counts_all_that_it_is_ready_for() {
    for vectored in [false, true] {
        let datagram = longest();
        let mut encoder = Encoder::new(&without_mark());
        encoder.set_vectored(vectored);
        let mut pushed = 0;
        while encoder.is_ready() && pushed < COUNT {
            encoder.push(datagram.clone()).unwrap();
            pushed += 1;
        }
        assert!(pushed > COUNT / 3, "{pushed} datagrams are not much");
        assert_eq!(encoder.queued_messages(), pushed);
        let mut left = pushed as u64 * FRAME_LEN as u64;
        assert_eq!(encoder.queued() as u64, left);
        let outbox = encoder.outbox();
        while outbox.has_remaining() {
            let piece = outbox.chunk().len();
            outbox.advance(piece);
            left -= piece as u64;
        }
        assert_eq!(left, 0, "bytes are lost");
    }
}

#[test]
fn a_queue_without_a_mark_counts_all_that_it_accepts() {
    let datagram = longest();
    let mut outbound = Outbound::from(Encoder::new(&without_mark()));
    let mut queue = SendQueue::<()>::new(&outbound);
    let accepted = (0..COUNT)
        .take_while(|_| queue.try_send(datagram.clone()).is_ok())
        .count();
    assert!(accepted > COUNT / 3, "{accepted} datagrams are not much");
    let mut notify = Vec::new();
    let next = queue.next_goal(&mut outbound, SendQueue::<()>::FIRST_GOAL, &(), &mut notify);
    assert_eq!(next, Next::Goal(SendQueue::<()>::FIRST_GOAL));
    let stats = queue.stats();
    assert_eq!(stats.queued_messages, accepted);
    assert_eq!(
        stats.queued_bytes as u64,
        accepted as u64 * FRAME_LEN as u64
    );
}

#[test]
fn a_queue_without_a_mark_ends_after_the_last_of_its_permits() {
    let mut outbound = Outbound::from(Encoder::new(&without_mark()));
    let mut queue = SendQueue::<()>::new(&outbound);
    let permits = (0..COUNT)
        .take_while(|_| queue.try_reserve(MAX_DATA_LEN).unwrap())
        .count();
    assert!(permits > COUNT / 3, "{permits} permits are not much");
    queue.close();
    let mut notify = Vec::new();
    for left in (0..permits).rev() {
        queue.release(MAX_DATA_LEN, &mut notify);
        let next = queue.next_goal(&mut outbound, SendQueue::<()>::FIRST_GOAL, &(), &mut notify);
        assert_eq!(next == Next::Wait, left > 0, "{left} permits are left");
    }
}

/// Whoever does not ask whether the encoder is ready: better no bytes than wrong ones.
#[cfg(target_pointer_width = "32")]
#[test]
#[should_panic(expected = "more bytes wait than a usize can count")]
fn more_than_can_be_counted_is_not_queued() {
    let data = Bytes::from(vec![0; MAX_DATA_LEN]);
    let mut outbox = Outbox::new();
    for _ in 0..COUNT {
        outbox.push(data.clone());
    }
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn room_that_no_machine_has_is_not_given() {
    let mut outbox = Outbox::new();
    outbox.push(Bytes::from_static(b"one piece"));
    outbox.extend_from_slice(b"before");
    let _ = outbox.extend_with(usize::MAX, |_| Ok::<_, ()>(0));
}
