//! What was sent and what was not: frames that leave in parts, and the numbers of an `Outbound`.

use std::io::ErrorKind;

use bytes::Buf;
use connect_proto::stage::OutboundStage;
use connect_proto::{
    Config, DatagramRef, Encoder, Goal, Outbound, Outbox, SendStats, StageError, Step, Unsent,
    WriteError,
};
use connect_testkit::stage::ToyOutbound;
use connect_testkit::{SplitMix64, datagrams, naive};

/// Lengths of data on both sides of the length from which it is chained, which is 100.
const LENS: [usize; 9] = [1, 250, 7, 99, 100, 101, 1, 300, 8];

/// The same frames, held in every way that there is: copied, with long data chained to a header of its own or to
/// a copied head.
fn encoders() -> Vec<Encoder> {
    let config = Config::new().with_chain_threshold(100);
    let datagrams = datagrams::of_lengths(&LENS);
    let mut encoders = Vec::new();
    for (vectored, copied) in [(false, false), (true, false), (false, true)] {
        let mut encoder = Encoder::new(&config);
        encoder.set_vectored(vectored);
        for datagram in &datagrams {
            if copied {
                encoder.push_ref(datagram.into()).expect("valid");
            } else {
                encoder.push(datagram.clone()).expect("valid");
            }
        }
        encoders.push(encoder);
    }
    encoders
}

/// How many frames end beyond `position`.
fn frames_behind(position: usize) -> usize {
    let ends = datagrams::frame_ends(&datagrams::of_lengths(&LENS));
    ends.into_iter().filter(|end| *end > position).count()
}

#[test]
fn a_frame_is_queued_until_its_last_byte_has_left() {
    for mut encoder in encoders() {
        assert_eq!(encoder.queued_messages(), LENS.len());
        let len = encoder.queued();
        for position in 1..=len {
            encoder.outbox().advance(1);
            let expected = frames_behind(position);
            assert_eq!(encoder.queued_messages(), expected, "after {position}");
        }
    }
}

/// Wherever one step ends, and wherever the next one does.
#[test]
fn frames_are_counted_however_they_leave() {
    let len = encoders()[0].queued();
    for first in 0..=len {
        for mut encoder in encoders() {
            encoder.outbox().advance(first);
            assert_eq!(encoder.queued_messages(), frames_behind(first));
            encoder.outbox().advance((len - first) / 2);
            let position = first + (len - first) / 2;
            assert_eq!(encoder.queued_messages(), frames_behind(position));
        }
    }
    let mut random = SplitMix64::new(1);
    for _ in 0..300 {
        for mut encoder in encoders() {
            let mut position = 0;
            while position < len {
                let step = (1 + random.below(200)).min(len - position);
                encoder.outbox().advance(step);
                position += step;
                assert_eq!(encoder.queued_messages(), frames_behind(position));
            }
        }
    }
}

/// Between two advances, into the same block and behind chained data.
#[test]
fn frames_that_follow_one_that_left_in_part_are_counted() {
    for vectored in [false, true] {
        let mut encoder = Encoder::new(&Config::new().with_chain_threshold(100));
        encoder.set_vectored(vectored);
        for (index, len) in [50, 200].into_iter().enumerate() {
            let datagram = datagrams::datagram(index, 1, len);
            encoder.push(datagram).expect("valid");
            encoder.outbox().advance(30);
            encoder
                .push_ref(DatagramRef::new(1, b"short"))
                .expect("valid");
            assert_eq!(encoder.queued_messages(), 2);
            encoder.outbox().advance(len + 8 - 30 - 1);
            assert_eq!(encoder.queued_messages(), 2);
            encoder.outbox().advance(1);
            assert_eq!(encoder.queued_messages(), 1);
            encoder.outbox().advance(12);
            assert_eq!(encoder.queued_messages(), 1);
            encoder.outbox().advance(1);
            assert_eq!(encoder.queued_messages(), 0);
        }
    }
}

#[test]
fn what_is_refused_is_not_counted() {
    let mut outbound = Outbound::from(Encoder::new(&Config::new().with_max_send_len(10)));
    assert!(outbound.push(datagrams::datagram(0, 1, 11)).is_err());
    outbound.finish();
    assert!(outbound.push_ref(DatagramRef::new(1, b"late")).is_err());
    assert_eq!(outbound.stats(), SendStats::default());
}

fn unsent(messages: usize, bytes: usize) -> Unsent {
    let mut unsent = Unsent::default();
    (unsent.messages, unsent.bytes) = (messages, bytes);
    unsent
}

#[test]
fn an_outbound_counts_what_was_sent_and_what_was_not() {
    let mut outbound = Outbound::from(Encoder::new(&Config::new()));
    for len in [12, 22] {
        outbound.push(datagrams::datagram(0, 1, len)).expect("open");
    }
    assert_eq!(outbound.unsent(), unsent(2, 50));
    let mut expected = SendStats::default();
    expected.queued_messages = 2;
    expected.queued_bytes = 50;
    expected.most_queued_bytes = 50;
    assert_eq!(outbound.stats(), expected);

    outbound.handle_write(50, Ok(19)).expect("works");
    expected.bytes = 19;
    expected.queued_bytes = 31;
    expected.writes = 1;
    assert_eq!(outbound.stats(), expected);
    outbound.handle_write(31, Ok(1)).expect("works");
    expected.messages = 1;
    expected.bytes = 20;
    expected.queued_messages = 1;
    expected.queued_bytes = 30;
    expected.writes = 2;
    assert_eq!(outbound.stats(), expected);
    assert_eq!(outbound.unsent(), unsent(1, 30));

    outbound.handle_write(30, Ok(30)).expect("works");
    outbound
        .handle_write(0, Ok(0))
        .expect("nothing was offered");
    outbound.handle_flush(Ok(())).expect("works");
    expected.messages = 2;
    expected.bytes = 50;
    expected.queued_messages = 0;
    expected.queued_bytes = 0;
    expected.writes = 3;
    expected.flushes = 1;
    assert_eq!(outbound.stats(), expected);
    assert_eq!(outbound.unsent(), Unsent::default());

    outbound.push(datagrams::datagram(0, 1, 5)).expect("open");
    assert_eq!(outbound.stats().most_queued_bytes, 50);
    outbound.push(datagrams::datagram(0, 1, 50)).expect("open");
    assert_eq!(outbound.stats().most_queued_bytes, 71);
    outbound.handle_write(71, Ok(71)).expect("works");
    assert_eq!(outbound.stats().most_queued_bytes, 71);
}

/// Everything that stands in a record counts until the whole record is written.
#[test]
fn an_outbound_with_a_stage_counts_frames_without_what_the_stage_adds() {
    let encoder = Encoder::new(&Config::new());
    let mut outbound = Outbound::with_stage(encoder, ToyOutbound::new(30));
    for len in [12, 22] {
        outbound.push(datagrams::datagram(0, 1, len)).expect("open");
    }
    for (taken, sent) in [(2, 0), (30, 0), (1, 30), (2, 30), (20, 30), (1, 50)] {
        let step = outbound.next_step(Goal::Written).expect("works");
        assert_eq!(step, Step::Write);
        let offered = outbound.outbox().expect("works").chunk().len();
        outbound.handle_write(offered, Ok(taken)).expect("works");
        let stats = outbound.stats();
        assert_eq!(
            (stats.bytes, stats.queued_bytes),
            (sent, 50 - sent as usize)
        );
        let whole = [20, 50].into_iter().filter(|end| *end <= sent).count();
        assert_eq!(
            (stats.messages, stats.queued_messages),
            (whole as u64, 2 - whole)
        );
        assert_eq!(outbound.unsent(), unsent(2 - whole, 50 - sent as usize));
    }
    assert_eq!(outbound.next_step(Goal::Written).ok(), Some(Step::Done));
    // The last word of the stage is none of ours.
    outbound.finish();
    assert_eq!(outbound.next_step(Goal::Written).ok(), Some(Step::Write));
    outbound.handle_write(2, Ok(2)).expect("works");
    assert_eq!((outbound.stats().bytes, outbound.stats().messages), (50, 2));
}

/// Regression: to a driver that takes bytes without a word about them, as the owner of both halves does, nothing
/// counted as sent before everything was.
#[test]
fn what_a_stage_has_given_away_is_sent_whoever_took_it() {
    let encoder = Encoder::new(&Config::new());
    let mut outbound = Outbound::with_stage(encoder, ToyOutbound::new(30));
    for len in [12, 22] {
        outbound.push(datagrams::datagram(0, 1, len)).expect("open");
    }
    for expected in [unsent(2, 50), unsent(1, 20)] {
        let left = outbound.outbox().expect("works").remaining();
        assert_eq!(outbound.unsent(), expected);
        outbound.outbox().expect("works").advance(left);
    }
    assert_eq!(outbound.unsent(), Unsent::default());
    let error = outbound.handle_flush(Err(ErrorKind::BrokenPipe.into()));
    let error = error.expect_err("it failed");
    assert_eq!(error.unsent(), Some(Unsent::default()));
    assert_eq!(outbound.unsent(), Unsent::default());
}

#[test]
fn the_error_of_a_lost_connection_says_what_was_not_sent() {
    let mut outbound = Outbound::from(Encoder::new(&Config::new()));
    for len in [12, 22] {
        outbound.push(datagrams::datagram(0, 1, len)).expect("open");
    }
    outbound.handle_write(50, Ok(20)).expect("works");
    let told = outbound.handle_write(30, Err(ErrorKind::BrokenPipe.into()));
    let late = datagrams::datagram(0, 2, 5);
    let refused = outbound.push(late.clone()).expect_err("failed");
    assert_eq!(refused.datagram(), Some(&late));
    for error in [
        told.expect_err("failed"),
        refused,
        outbound.push_ref((&late).into()).expect_err("failed"),
        outbound.next_step(Goal::Flushed).expect_err("failed"),
        outbound.fail(ErrorKind::TimedOut.into()),
    ] {
        assert_eq!(error.unsent(), Some(unsent(1, 30)));
        let words = "could not write: broken pipe; accepted but not sent: 1 message (30 bytes)";
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn an_error_that_nothing_can_have_been_lost_by_says_nothing_of_it() {
    let mut outbound = Outbound::from(Encoder::new(&Config::new()));
    outbound.finish();
    let refused: WriteError = outbound
        .push(datagrams::datagram(0, 2, 5))
        .expect_err("finished");
    assert_eq!(refused.unsent(), None);
    let error = outbound.fail(ErrorKind::BrokenPipe.into());
    assert_eq!(error.unsent(), Some(Unsent::default()));
    assert_eq!(error.to_string(), "could not write: broken pipe");
}

/// A stage that fails with what it has taken, and has a last word.
struct Greedy(Outbox);

impl OutboundStage for Greedy {
    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        plain.advance(30);
        self.0.extend_from_slice(b"alert");
        Err(StageError::new("broken"))
    }

    fn finish(&mut self) -> Result<(), StageError> {
        Ok(())
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.0
    }

    fn queued(&self) -> usize {
        self.0.remaining()
    }
}

/// Its last word is written, and what it took before is not.
#[test]
fn what_a_stage_took_before_it_failed_is_not_sent() {
    let encoder = Encoder::new(&Config::new());
    let mut outbound = Outbound::with_stage(encoder, Greedy(Outbox::new()));
    for len in [12, 22] {
        outbound.push(datagrams::datagram(0, 1, len)).expect("open");
    }
    assert_eq!(outbound.next_step(Goal::Written).ok(), Some(Step::Write));
    outbound.handle_write(5, Ok(5)).expect("the last word");
    assert_eq!(outbound.next_step(Goal::Written).ok(), Some(Step::Flush));
    outbound.handle_flush(Ok(())).expect("works");
    let error = outbound.next_step(Goal::Written).expect_err("failed");
    assert_eq!(error.unsent(), Some(unsent(2, 50)));
    assert_eq!((outbound.stats().messages, outbound.stats().bytes), (0, 0));
}

/// Takes a few bytes at a time, and makes the same ones of them.
#[derive(Default)]
struct Sipping(Outbox);

impl OutboundStage for Sipping {
    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        let len = plain.chunk().len().min(250);
        self.0.extend_from_slice(&plain.chunk()[..len]);
        plain.advance(len);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StageError> {
        Ok(())
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.0
    }

    fn handle_flushed(&mut self) {}

    fn queued(&self) -> usize {
        self.0.remaining()
    }
}

/// Regression: what a stage had taken was subtracted below zero, where bytes that the encoder does not know as frames
/// make the number of queued messages grow while they leave.
#[test]
fn foreign_bytes_in_the_outbox_make_numbers_wrong_and_nothing_else() {
    let mut encoder = Encoder::new(&Config::new());
    encoder.set_vectored(true);
    let foreign = naive::encode(&datagrams::of_lengths(&[92; 3]));
    encoder.outbox().extend_from_slice(&foreign);
    let own = datagrams::of_lengths(&[5000]);
    encoder.push(own[0].clone()).expect("valid");
    let mut outbound = Outbound::with_stage(encoder, Sipping::default());
    let mut written = Vec::new();
    while let Step::Write = outbound.next_step(Goal::Written).expect("well") {
        let chunk = outbound.outbox().expect("well").chunk().to_vec();
        written.extend_from_slice(&chunk);
        outbound
            .handle_write(chunk.len(), Ok(chunk.len()))
            .expect("well");
    }
    assert_eq!(written, [foreign, naive::encode(&own)].concat());
    assert_eq!(outbound.unsent(), Unsent::default());
}
