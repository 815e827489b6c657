//! More than 4 GiB at once, out of clones of one block: what a `usize` of 32 bits cannot count.

use bytes::Buf;
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

/// Whoever does not ask whether the encoder is ready is told before anything changes.
#[cfg(target_pointer_width = "32")]
#[test]
fn a_datagram_that_cannot_be_counted_is_refused_whole() {
    use connect_proto::{DatagramRef, EncodeError};

    for vectored in [false, true] {
        let datagram = longest();
        let mut encoder = Encoder::new(&Config::new());
        encoder.set_vectored(vectored);
        let pushed = (0..COUNT)
            .take_while(|_| encoder.push(datagram.clone()).is_ok())
            .count();
        let queued = pushed * FRAME_LEN;
        assert_eq!(encoder.queued(), queued);
        assert!(queued > usize::MAX - FRAME_LEN, "one more could be counted");

        let reason = EncodeError::TooMuchQueued { queued };
        let refused = encoder.push(datagram.clone()).unwrap_err();
        assert_eq!(refused.reason(), reason);
        assert_eq!(refused.into_inner(), datagram);
        let borrowed = DatagramRef::from(&datagram);
        assert_eq!(encoder.push_ref(borrowed), Err(reason));

        let of_len = |len| ConnectDatagram::new(7, datagram.data().slice(..len)).unwrap();
        let last_len = usize::MAX - queued - HEADER_LEN;
        encoder.push(of_len(last_len + 1)).unwrap_err();
        encoder.push(of_len(last_len)).unwrap();
        assert_eq!(encoder.queued(), usize::MAX);

        let outbox = encoder.outbox();
        let mut lengths = vec![FRAME_LEN; pushed];
        lengths.push(HEADER_LEN + last_len);
        for length in lengths {
            let size = outbox.get_u32() as usize;
            assert_eq!(size, length - 4, "a frame is cut");
            outbox.advance(size);
        }
        assert!(!outbox.has_remaining());
    }
}

/// Whoever fills an outbox of its own: better no bytes than wrong ones.
#[cfg(target_pointer_width = "32")]
#[test]
#[should_panic(expected = "more bytes wait than a usize can count")]
fn more_than_can_be_counted_is_not_appended() {
    let data = bytes::Bytes::from(vec![0; MAX_DATA_LEN]);
    let mut outbox = Outbox::new();
    for _ in 0..COUNT {
        outbox.push(data.clone());
    }
}

#[test]
#[should_panic(expected = "more bytes wait than a usize can count")]
fn room_that_cannot_be_counted_is_not_given() {
    let mut outbox = Outbox::new();
    outbox.extend_from_slice(b"before");
    let _ = outbox.extend_with(usize::MAX, |_| Ok::<_, ()>(0));
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn room_that_no_machine_has_is_not_given() {
    let mut outbox = Outbox::new();
    outbox.extend_from_slice(b"before");
    outbox.advance(3);
    let _ = outbox.extend_with(usize::MAX - 3, |_| Ok::<_, ()>(0));
}
