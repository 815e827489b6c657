//! The faults of `connect` 0.2.4 that a sans-IO core can have, each as a test. The others are tested where
//! they could come back:
//!
//! | fault | test |
//! | --- | --- |
//! | A3: flushes before it writes, never after | `connect-testkit`, `the_transport_is_flushed_after_the_last_write` |
//! | A6: an I/O error looks like an end | `connect-testkit`, `a_read_failure_comes_after_the_datagrams_and_stays` |
//! | A10: an accept error stops the listener | `tests/accept_errors.rs` of the adapters |
//! | A11: one silent client stops all accepts | `tests/listeners.rs`, `a_bad_client_ends_alone`; its TLS form comes with TLS |
//! | A12: the peer's address given for the own | `tests/listeners.rs`, `both_ends_know_both_addresses` |
//! | A14: ten log lines a frame | `connect-tokio/tests/events.rs` |

use bytes::Buf;
use connect_proto::{Config, ConnectDatagram, DecodeError, Decoded, Decoder, Encoder, HEADER_LEN};
use connect_testkit::{datagrams, naive};

fn header(size: u32, version: u16) -> [u8; 8] {
    let mut header = [0; 8];
    header[..4].copy_from_slice(&size.to_be_bytes());
    header[4..6].copy_from_slice(&version.to_be_bytes());
    header
}

fn encoder_with(sent: &[ConnectDatagram]) -> Encoder {
    let mut encoder = Encoder::new(&Config::new());
    for datagram in sent {
        encoder.push(datagram.clone()).expect("valid");
    }
    encoder
}

/// Writes at most `most` bytes at a time, and asks twice before each write, as after a `Pending`.
fn write_all(encoder: &mut Encoder, most: usize) -> Vec<u8> {
    let mut transport = Vec::new();
    while encoder.outbox().has_remaining() {
        let pending = encoder.outbox().chunk().to_vec();
        let outbox = encoder.outbox();
        assert_eq!(outbox.chunk(), pending, "asking must not take");
        let taken = outbox.chunk().len().min(most);
        transport.extend_from_slice(&outbox.chunk()[..taken]);
        outbox.advance(taken);
    }
    transport
}

/// A1: when a write had to wait, every queued message was dropped.
#[test]
fn a1_a_write_that_has_to_wait_loses_nothing() {
    let sent = datagrams::of_lengths(&[5, 5000, 1, 70_000]);
    let mut encoder = encoder_with(&sent);
    for _ in 0..3 {
        // Ready with nothing taken is what a wait looks like from here.
        encoder.outbox().advance(0);
        assert!(!encoder.outbox().chunk().is_empty());
    }
    let transport = write_all(&mut encoder, usize::MAX);
    assert!(transport == naive::encode(&sent));
}

/// A2: the number of bytes that a write took was ignored, so a short write dropped the rest.
#[test]
fn a2_every_short_write_of_a_batch_is_continued_where_it_ended() {
    let sent = datagrams::of_lengths(&[3, 4100, 40]);
    let expected = naive::encode(&sent);
    for most in 1..=expected.len() {
        assert!(
            write_all(&mut encoder_with(&sent), most) == expected,
            "writes of {most}"
        );
    }
}

/// A4: four bytes from the network made the receiver panic.
#[test]
fn a4_sizes_that_cannot_be_are_errors_and_no_panic() {
    for size in 0..=4u32 {
        for len in 4..=8 {
            let mut decoder = Decoder::new(&Config::new());
            decoder.extend_from_slice(&header(size, 1)[..len]);
            let error = DecodeError::SizeTooSmall { size };
            assert_eq!(decoder.next_datagram(), Err(error));
            assert_eq!(decoder.next_datagram_ref(), Err(error));
        }
    }
}

/// A5: the peer decided how much was buffered, up to 4 GiB.
#[test]
fn a5_the_receiver_decides_how_much_it_holds() {
    let limit = 1000;
    let config = Config::new().with_max_receive_len(limit);
    let mut decoder = Decoder::new(&config);
    decoder.extend_from_slice(&header(u32::MAX, 1));
    let (len, max) = (u32::MAX - 4, limit as u32);
    assert_eq!(
        decoder.next_datagram(),
        Err(DecodeError::DataTooLarge { len, max })
    );
    for _ in 0..1000 {
        decoder.extend_from_slice(&[0; 1000]);
        assert_eq!((decoder.buffered(), decoder.allocated()), (0, 0));
    }
}

/// A6: a stream that was cut looked like one that had ended.
#[test]
fn a6_a_cut_stream_is_not_an_ended_one() {
    let sent = datagrams::of_lengths(&[6, 10]);
    let stream = naive::encode(&sent);
    let frame_ends = datagrams::frame_ends(&sent);
    for end in 0..=stream.len() {
        let mut decoder = Decoder::new(&Config::new());
        decoder.extend_from_slice(&stream[..end]);
        decoder.finish();
        while matches!(decoder.next_datagram_ref(), Ok(Decoded::Datagram(_))) {}
        let is_boundary = end == 0 || frame_ends.contains(&end);
        assert_eq!(
            decoder.next_datagram() == Ok(Decoded::End),
            is_boundary,
            "cut at {end}"
        );
    }
}

/// A7: the version was read and never looked at.
#[test]
fn a7_only_version_one_is_understood() {
    for version in [0, 2, 0x0100, u16::MAX] {
        let mut decoder = Decoder::new(&Config::new());
        decoder.extend_from_slice(&header(5, version));
        let error = DecodeError::UnsupportedVersion { version };
        assert_eq!(decoder.next_datagram(), Err(error));
    }
}

/// A8: every byte was copied three times on its way in.
#[test]
fn a8_a_large_datagram_stays_where_it_was_read_to() {
    let frame = naive::encode(&datagrams::of_lengths(&[60_000]));
    let mut decoder = Decoder::new(&Config::new());
    decoder.extend_from_slice(&frame[..5000]);
    assert_eq!(decoder.next_datagram(), Ok(Decoded::NeedInput));
    // Now that it is busy, its block is long enough for the frame.
    let spare = decoder.spare();
    let missing = frame.len() - 5000;
    spare[..missing].copy_from_slice(&frame[5000..]);
    let read_to = spare.as_ptr();
    decoder.commit(missing);
    let datagram = decoder
        .next_datagram()
        .expect("valid")
        .datagram()
        .expect("whole");
    assert_eq!(datagram.data()[5000 - HEADER_LEN..].as_ptr(), read_to);
}

/// A9: the size field was written as if it had two bytes.
#[test]
fn a9_all_four_bytes_of_the_size_are_written() {
    for len in [0x01, 0x0102, 0x0001_0203, 0x0102_0304] {
        let datagram = ConnectDatagram::new(1, vec![0; len]).expect("valid");
        let mut encoder = encoder_with(core::slice::from_ref(&datagram));
        let size = (len as u32 + 4).to_be_bytes();
        assert_eq!(encoder.outbox().chunk()[..4], size);
        assert_eq!(datagram.encode().expect("valid")[..4], size);
    }
}

/// A13: closing dropped what was queued.
#[test]
fn a13_what_is_queued_survives_the_finish() {
    let sent = datagrams::of_lengths(&[10, 10_000]);
    let mut encoder = encoder_with(&sent);
    encoder.finish();
    assert!(write_all(&mut encoder, 100) == naive::encode(&sent));
}
