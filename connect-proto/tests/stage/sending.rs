//! What a stage adds for a sender: bytes of its own to wait for, and a last word.

use bytes::Buf;
use connect_proto::{DatagramRef, Goal, Step};

use crate::rig::{outbound, write_some};

#[test]
fn the_last_word_is_written_once_and_only_after_finish() {
    let mut outbound = outbound(100);
    outbound.push_ref(DatagramRef::new(1, b"x")).expect("open");
    let mut stream = Vec::new();
    while write_some(&mut outbound, 4, &mut stream) > 0 {}
    assert_eq!(stream.len(), 9 + 3);
    assert_eq!(outbound.next_step(Goal::Ready).expect("open"), Step::Done);
    outbound.finish();
    assert!(outbound.is_finished());
    while write_some(&mut outbound, 1, &mut stream) > 0 {}
    outbound.finish();
    while write_some(&mut outbound, 1, &mut stream) > 0 {}
    assert_eq!(stream[12..], [0, 0], "the end record, once");
    assert!(outbound.push_ref(DatagramRef::new(1, b"x")).is_err());
}

#[test]
fn bytes_behind_a_stage_make_a_sender_wait() {
    let mut outbound = outbound(100);
    outbound.push_ref(DatagramRef::new(1, b"x")).expect("open");
    let staged = outbound.outbox().expect("works").remaining();
    assert_eq!(
        (outbound.queued(), outbound.next_step(Goal::Ready).ok()),
        (staged, Some(Step::Write))
    );
    outbound.outbox().expect("works").advance(staged);
    assert_eq!(
        (outbound.queued(), outbound.next_step(Goal::Ready).ok()),
        (0, Some(Step::Done))
    );
}
