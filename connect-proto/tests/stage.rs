//! A byte stage between transport and codec, driven through `Inbound` and `Outbound`.

use std::io;

use bytes::Buf;
use connect_proto::stage::{InboundStage, OutboundStage};
use connect_proto::{
    Config, ConnectDatagram, DatagramRef, Decoded, Decoder, Encoder, Goal, Inbound, Outbound,
    Outbox, ReadError, StageError, Step, WriteErrorKind,
};
use connect_testkit::stage::{ToyInbound, ToyOutbound};
use connect_testkit::{Counts, Schedule, check_property, datagrams, naive};
use proptest::prelude::*;

const END_RECORD_LEN: usize = 2;

fn outbound(record_len: u16) -> Outbound {
    Outbound::with_stage(Encoder::new(&Config::new()), ToyOutbound::new(record_len))
}

fn inbound(space_len: usize) -> Inbound {
    Inbound::with_stage(Decoder::new(&Config::new()), ToyInbound::new(space_len))
}

/// What the stage makes of these datagrams, written in pieces as `schedule` says, with its last word.
fn seal(sent: &[ConnectDatagram], record_len: u16, schedule: &Schedule) -> Vec<u8> {
    let mut outbound = outbound(record_len);
    let mut cuts = schedule.cuts(usize::MAX, &[]);
    let mut stream = Vec::new();
    for datagram in sent {
        outbound.push(datagram.clone()).expect("open");
        write_some(
            &mut outbound,
            cuts.next().unwrap_or(usize::MAX),
            &mut stream,
        );
    }
    outbound.finish();
    while write_some(
        &mut outbound,
        cuts.next().unwrap_or(usize::MAX),
        &mut stream,
    ) > 0
    {}
    assert_eq!(outbound.queued(), 0);
    stream
}

/// Writes until `most` bytes are taken or nothing is left. Returns how many it took.
fn write_some(outbound: &mut Outbound, most: usize, stream: &mut Vec<u8>) -> usize {
    let mut written = 0;
    while written < most {
        let outbox = outbound.outbox().expect("no failure");
        if !outbox.has_remaining() {
            break;
        }
        let taken = outbox.chunk().len().min(most - written);
        stream.extend_from_slice(&outbox.chunk()[..taken]);
        outbox.advance(taken);
        written += taken;
    }
    written
}

/// Everything that can be handed out now, by both lanes in turn; the answer after it.
fn drain(
    inbound: &mut Inbound,
    received: &mut Vec<ConnectDatagram>,
) -> Result<Decoded<()>, ReadError> {
    loop {
        let answer = if received.len() % 2 == 0 {
            inbound.next_datagram()?
        } else {
            match inbound.next_datagram_ref()? {
                Decoded::Datagram(datagram) => {
                    Decoded::Datagram(datagram.to_datagram().expect("not empty"))
                }
                Decoded::NeedInput => Decoded::NeedInput,
                Decoded::End => Decoded::End,
            }
        };
        match answer {
            Decoded::Datagram(datagram) => received.push(datagram),
            Decoded::NeedInput => return Ok(Decoded::NeedInput),
            Decoded::End => return Ok(Decoded::End),
        }
    }
}

/// Reads `stream` in pieces as `schedule` says; what came out of it, and the answer after its end.
fn open(
    stream: &[u8],
    space_len: usize,
    schedule: &Schedule,
) -> (Vec<ConnectDatagram>, Result<Decoded<()>, ReadError>) {
    let mut inbound = inbound(space_len);
    let mut received = Vec::new();
    let mut rest = stream;
    for (turn, cut) in schedule.cuts(stream.len(), &[]).enumerate() {
        let (now, later) = rest.split_at(cut);
        rest = later;
        inbound.extend_from_slice(now);
        if turn % 3 == 0 {
            let _ = drain(&mut inbound, &mut received);
            inbound.handle_would_block();
        }
    }
    inbound.finish();
    inbound.finish();
    assert!(inbound.has_answer());
    let answer = drain(&mut inbound, &mut received);
    let again = drain(&mut inbound, &mut received);
    assert_eq!(format!("{answer:?}"), format!("{again:?}"), "repeated");
    (received, answer)
}

#[test]
fn datagrams_pass_a_stage_however_its_bytes_are_cut() {
    let record_len = prop_oneof![1..40u16, 1..=u16::MAX];
    let space_len = prop_oneof![1..40usize, Just(16_384)];
    let schedules = (Schedule::any(), Schedule::any());
    let strategy = (datagrams::any(), record_len, space_len, schedules);
    check_property(
        "through a stage",
        100,
        &strategy,
        |(sent, record_len, space_len, (output, input))| {
            let stream = seal(&sent, record_len, &output);
            let (received, answer) = open(&stream, space_len, &input);
            assert!(received == sent);
            assert!(matches!(answer, Ok(Decoded::End)), "{answer:?}");
            Counts {
                cases: 1,
                datagrams: sent.len() as u64,
                cuts: input.cuts(stream.len(), &[]).count() as u64,
                bytes: stream.len() as u64,
            }
        },
    );
}

#[test]
fn a_corrupted_record_is_an_error_after_everything_before_it() {
    let sent = datagrams::of_lengths(&[10, 20, 30, 40]);
    // One record a frame: the third record is the third datagram.
    let record_ends: Vec<usize> = datagrams::frame_ends(&sent)
        .iter()
        .enumerate()
        .map(|(index, end)| end + 3 * (index + 1))
        .collect();
    let stream = seal(&sent, u16::MAX, &Schedule::AtOnce);
    assert_eq!(record_ends[3] + END_RECORD_LEN, stream.len());
    for position in record_ends[1] + 2..record_ends[2] {
        let mut corrupted = stream.clone();
        corrupted[position] ^= 0x10;
        for schedule in [Schedule::AtOnce, Schedule::Each(1), Schedule::Each(13)] {
            let (received, answer) = open(&corrupted, 64, &schedule);
            assert!(received == sent[..2]);
            let error = answer.expect_err("a corrupted record");
            assert!(matches!(error, ReadError::Stage(_)), "{error:?}");
            assert_eq!(error.to_string(), "bad record");
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidData);
        }
    }
}

#[test]
fn a_stage_without_its_end_was_cut() {
    let sent = datagrams::of_lengths(&[10, 20]);
    let stream = seal(&sent, u16::MAX, &Schedule::AtOnce);
    for end in 0..stream.len() {
        let (received, answer) = open(&stream[..end], 64, &Schedule::Each(5));
        assert!(sent.starts_with(&received));
        let error = answer.expect_err("a cut stream");
        assert_eq!(error.to_string(), "cut without an end record");
    }
    let (received, answer) = open(&stream, 64, &Schedule::Each(5));
    assert!(received == sent && matches!(answer, Ok(Decoded::End)));
}

/// The stage's end inside a frame is as much of a cut as the transport's.
#[test]
fn the_end_of_a_stage_inside_a_frame_is_an_error() {
    let frames = naive::encode(&datagrams::of_lengths(&[10, 20]));
    let mut plain = Outbox::new();
    plain.extend_from_slice(&frames[..frames.len() - 1]);
    let mut stage = ToyOutbound::new(1000);
    stage.process(&mut plain).expect("works");
    stage.finish().expect("works");
    let outbox = stage.outbox();
    let stream = outbox.copy_to_bytes(outbox.remaining());
    let (received, answer) = open(&stream, 64, &Schedule::AtOnce);
    assert_eq!(received.len(), 1);
    let error = io::Error::from(answer.expect_err("a cut frame"));
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

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

/// Both with and without a stage: what a driver still delivers after a failure is not received.
#[test]
fn nothing_is_received_after_a_failure() {
    let sent = datagrams::of_lengths(&[10, 20, 30]);
    let plain = naive::encode(&sent);
    let sealed = seal(&sent, u16::MAX, &Schedule::AtOnce);
    let unstaged = Inbound::from(Decoder::new(&Config::new()));
    for (mut inbound, stream) in [(unstaged, plain), (inbound(1000), sealed)] {
        inbound.extend_from_slice(&stream[..30]);
        inbound.fail(io::ErrorKind::ConnectionReset.into());
        let rest = &stream[30..];
        inbound.spare()[..rest.len()].copy_from_slice(rest);
        inbound.commit(rest.len());
        inbound.extend_from_slice(rest);
        inbound.finish();
        let mut received = Vec::new();
        assert!(inbound.has_answer());
        let error = drain(&mut inbound, &mut received).expect_err("failed");
        assert!(matches!(error, ReadError::Io(_)), "{error:?}");
        assert!(received == sent[..1]);
    }
}

#[test]
fn a_failed_transport_is_reported_after_what_had_arrived_and_again() {
    let sent = datagrams::of_lengths(&[10, 20]);
    let stream = seal(&sent, u16::MAX, &Schedule::AtOnce);
    let mut inbound = inbound(64);
    inbound.extend_from_slice(&stream[..stream.len() - END_RECORD_LEN]);
    inbound.fail(io::ErrorKind::ConnectionReset.into());
    inbound.fail(io::ErrorKind::TimedOut.into());
    inbound.extend_from_slice(&stream);
    inbound.finish();
    let mut received = Vec::new();
    for _ in 0..3 {
        let error = drain(&mut inbound, &mut received).expect_err("failed");
        assert_eq!(
            io::Error::from(error).kind(),
            io::ErrorKind::ConnectionReset
        );
    }
    assert!(received == sent);

    let mut outbound = outbound(100);
    outbound.push(sent[0].clone()).expect("open");
    outbound.fail(io::ErrorKind::ConnectionReset.into());
    for _ in 0..2 {
        assert!(outbound.outbox().is_err());
        assert!(outbound.next_step(Goal::Ready).is_err());
        let error = outbound.push(sent[1].clone()).expect_err("failed");
        assert!(matches!(error.kind(), WriteErrorKind::Io(_)));
        assert_eq!(error.into_datagram().as_ref(), Some(&sent[1]));
    }
}

/// A stage that cannot go on, and has something to say about it, as TLS has its alert.
struct Broken(Outbox);

impl OutboundStage for Broken {
    fn process(&mut self, _: &mut Outbox) -> Result<(), StageError> {
        self.0.extend_from_slice(b"alert");
        Err(StageError::new("broken"))
    }

    fn finish(&mut self) -> Result<(), StageError> {
        panic!("not asked again after a failure");
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.0
    }

    fn queued(&self) -> usize {
        self.0.remaining()
    }
}

#[test]
fn what_a_failed_stage_has_to_say_is_written_before_its_failure_is_reported() {
    let encoder = Encoder::new(&Config::new());
    let mut outbound = Outbound::with_stage(encoder, Broken(Outbox::new()));
    let datagram = datagrams::datagram(0, 1, 5);
    outbound.push(datagram.clone()).expect("open");
    let mut stream = Vec::new();
    for _ in 0..2 {
        let outbox = outbound.outbox().expect("the alert comes first");
        stream.push(outbox.chunk()[0]);
        outbox.advance(1);
    }
    let refused = outbound.push(datagram.clone()).expect_err("failed");
    assert!(matches!(refused.kind(), WriteErrorKind::Stage(_)));
    assert_eq!(refused.into_datagram(), Some(datagram));
    while let Ok(outbox) = outbound.outbox() {
        stream.push(outbox.chunk()[0]);
        outbox.advance(1);
    }
    assert_eq!(stream, b"alert");
    outbound.finish();
    for _ in 0..2 {
        let error = outbound.outbox().expect_err("failed");
        assert_eq!(
            error.to_string(),
            "broken; accepted but not sent: 1 message (13 bytes)"
        );
    }
}

/// A transport that fails cannot carry last words either.
#[test]
fn a_failed_transport_hides_what_a_stage_has_to_say() {
    let encoder = Encoder::new(&Config::new());
    let mut outbound = Outbound::with_stage(encoder, Broken(Outbox::new()));
    outbound.push_ref(DatagramRef::new(1, b"x")).expect("open");
    assert!(outbound.outbox().is_ok());
    outbound.fail(io::ErrorKind::BrokenPipe.into());
    // The alert is not offered again, and the reason for it is what is reported.
    let error = outbound.outbox().expect_err("failed");
    assert_eq!(
        error.to_string(),
        "broken; accepted but not sent: 1 message (9 bytes)"
    );
    assert!(outbound.next_step(Goal::Closed).is_err());
}

/// A stage that changes nothing and has no end of its own.
struct PassThrough([u8; 16]);

impl InboundStage for PassThrough {
    fn spare(&mut self) -> &mut [u8] {
        &mut self.0
    }

    fn commit(&mut self, received: usize, decoder: &mut Decoder) -> Result<(), StageError> {
        decoder.extend_from_slice(&self.0[..received]);
        Ok(())
    }

    fn finish(&mut self, _: &mut Decoder) -> Result<(), StageError> {
        Ok(())
    }
}

/// Regression: such a stage left the decoder open for ever, and a driver reading the end again and again.
#[test]
fn the_end_of_the_transport_is_the_end_of_the_stream() {
    let datagram = datagrams::datagram(0, 1, 5);
    let decoder = Decoder::new(&Config::new());
    let mut inbound = Inbound::with_stage(decoder, PassThrough([0; 16]));
    inbound.extend_from_slice(&naive::encode(std::slice::from_ref(&datagram)));
    inbound.finish();
    assert_eq!(
        inbound.next_datagram().expect("valid").datagram(),
        Some(datagram)
    );
    for _ in 0..2 {
        assert_eq!(inbound.next_datagram().expect("clean"), Decoded::End);
    }
}

/// A stage that takes nothing would be asked for ever.
struct Stuck(Outbox);

impl OutboundStage for Stuck {
    fn process(&mut self, _: &mut Outbox) -> Result<(), StageError> {
        Ok(())
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

#[test]
fn a_stage_that_takes_nothing_is_an_error() {
    let mut outbound = Outbound::with_stage(Encoder::new(&Config::new()), Stuck(Outbox::new()));
    outbound.push(datagrams::datagram(0, 1, 5)).expect("open");
    for _ in 0..2 {
        let error = outbound.outbox().expect_err("stuck");
        assert!(matches!(error.kind(), WriteErrorKind::Stage(_)));
    }
}

/// The first report of a failure is the transport's own error, with whatever it carries.
#[test]
fn the_original_error_of_a_transport_can_be_inspected() {
    #[derive(Debug, PartialEq)]
    struct Reason(u8);

    impl std::fmt::Display for Reason {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "reason {}", self.0)
        }
    }

    impl std::error::Error for Reason {}

    let mut inbound = Inbound::from(Decoder::new(&Config::new()));
    inbound.fail(io::Error::new(io::ErrorKind::InvalidData, Reason(7)));
    let first = io::Error::from(inbound.next_datagram().expect_err("failed"));
    let inner = first.get_ref().and_then(|inner| inner.downcast_ref());
    assert_eq!(inner, Some(&Reason(7)));
    let again = io::Error::from(inbound.next_datagram().expect_err("failed"));
    assert_eq!(
        (again.kind(), again.to_string()),
        (first.kind(), first.to_string())
    );
}

/// A stage without space for what comes.
struct NoSpace;

impl InboundStage for NoSpace {
    fn spare(&mut self) -> &mut [u8] {
        &mut []
    }

    fn commit(&mut self, _: usize, _: &mut Decoder) -> Result<(), StageError> {
        Ok(())
    }

    fn finish(&mut self, _: &mut Decoder) -> Result<(), StageError> {
        Ok(())
    }
}

/// Regression: bytes that were copied in waited for ever for space.
#[test]
fn a_stage_without_space_is_an_error() {
    for copied in [true, false] {
        let mut inbound = Inbound::with_stage(Decoder::new(&Config::new()), NoSpace);
        if copied {
            inbound.extend_from_slice(b"some");
        } else {
            inbound.handle_read(0, Ok(0));
        }
        for _ in 0..2 {
            let error = inbound.next_datagram().expect_err("no space");
            assert!(matches!(error, ReadError::Stage(_)));
        }
    }
}
