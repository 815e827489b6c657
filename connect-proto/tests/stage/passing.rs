//! What passes a stage, and how its stream ends or breaks.

use std::io;

use bytes::Buf;
use connect_proto::stage::{InboundStage, OutboundStage};
use connect_proto::{Config, Decoded, Decoder, Inbound, Outbox, ReadError, StageError};
use connect_testkit::stage::ToyOutbound;
use connect_testkit::{Counts, Schedule, check_property, datagrams, naive};
use proptest::prelude::*;

use crate::rig::{END_RECORD_LEN, open, seal};

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
