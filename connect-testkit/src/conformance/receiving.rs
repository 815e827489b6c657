//! Receiving: the same datagrams however the stream was cut, and a typed end.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::io;

use connect_proto::{Config, ConnectDatagram, DecodeError, ReadError, ReceiveStats};

use super::{Adapter, Reader, complete, next_item, reader};
use crate::datagrams::{frame_ends, of_lengths};
use crate::hostile::{ReadStep, ScriptedRead};
use crate::naive;
use crate::schedule::Schedule;

/// Lengths around everything that is special: nothing but a header, the probe, the read block.
const LENGTHS: &[usize] = &[
    1, 5, 4087, 1, 16_384, 2, 16_385, 70_000, 3, 65_536, 200_000, 2,
];

pub fn any_cut_gives_the_same_datagrams<A: Adapter>() {
    let sent = of_lengths(LENGTHS);
    let stream = naive::encode(&sent);
    for schedule in Schedule::interesting() {
        let cuts = schedule.cuts(stream.len(), &frame_ends(&sent));
        let read = ScriptedRead::in_pieces(&stream, cuts);
        let mut reader = reader::<A>(read, Config::new());
        for expected in &sent {
            assert_eq!(
                complete(reader.next()).unwrap().as_ref(),
                Some(expected),
                "{schedule:?}"
            );
        }
        for _ in 0..3 {
            assert_eq!(complete(reader.next()).unwrap(), None);
        }
    }
}

pub fn no_more_is_read_ahead_than_a_block<A: Adapter>() {
    let config = Config::new().with_read_block_len(512);
    let sent = of_lengths(&[1; 3000]);
    let stream = naive::encode(&sent);
    let read = ScriptedRead::in_pieces(&stream, [stream.len()]);
    let mut reader = reader::<A>(read, config);
    // TLS reads as much for itself.
    let most = if A::OVERHEAD == 0 { 520 } else { 64 * 1024 };
    for expected in &sent {
        assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(expected));
        let ahead = reader.stats().buffered_bytes;
        assert!(ahead <= most, "{ahead} bytes read ahead");
    }
}

pub fn a_batch_holds_what_is_here_and_no_more<A: Adapter>() {
    let sent = of_lengths(&[10; 100]);
    let stream = naive::encode(&sent);
    let here = 40 * 18 + 5;
    let read = ScriptedRead::in_pieces(&stream, [here]);
    let mut reader = reader::<A>(read, Config::new());
    let mut received = Vec::new();
    assert_eq!(complete(reader.next_many(&mut received, 0)).unwrap(), 0);
    assert_eq!(complete(reader.next_many(&mut received, 7)).unwrap(), 7);
    assert_eq!(complete(reader.next_many(&mut received, 1000)).unwrap(), 33);
    assert_eq!(complete(reader.next_many(&mut received, 1000)).unwrap(), 60);
    assert_eq!(complete(reader.next_many(&mut received, 1000)).unwrap(), 0);
    assert_eq!(received, sent);
}

pub fn borrowed_datagrams_are_the_same<A: Adapter>() {
    let sent = of_lengths(LENGTHS);
    let stream = naive::encode(&sent);
    for length in [1000, 4096, 65_536] {
        let pieces = vec![length; stream.len() / length + 1];
        let mut reader = reader::<A>(ScriptedRead::in_pieces(&stream, pieces), Config::new());
        for (index, expected) in sent.iter().enumerate() {
            // Both lanes in turn.
            let received = if index % 3 == 2 {
                complete(reader.next()).unwrap()
            } else {
                let borrowed = complete(reader.next_ref()).unwrap();
                borrowed.map(|datagram| datagram.to_datagram().unwrap())
            };
            assert_eq!(received.as_ref(), Some(expected));
        }
        assert_eq!(complete(reader.next_ref()).unwrap(), None);
    }
}

pub fn a_borrowed_batch_holds_what_is_here_and_no_more<A: Adapter>() {
    let sent = of_lengths(&[10; 100]);
    let mut stream = naive::encode(&sent);
    stream.extend([0; 4]);
    let read = ScriptedRead::in_pieces(&stream, [40 * 18 + 5]);
    let mut reader = reader::<A>(read, Config::new());
    let mut received = Vec::new();
    for expected in [7, 33, 60] {
        let batch = complete(reader.next_batch()).unwrap().unwrap();
        // The first batch is left early.
        let batch = batch.take(if expected == 7 { 7 } else { usize::MAX });
        received.extend(batch.map(|datagram| datagram.to_datagram().unwrap()));
    }
    assert_eq!(received, sent);
    for _ in 0..2 {
        assert!(complete(reader.next_batch()).is_err());
    }

    let mut clean = reader_at_its_end::<A>();
    for _ in 0..2 {
        assert!(complete(clean.next_batch()).unwrap().is_none());
    }
}

fn reader_at_its_end<A: Adapter>() -> A::Reader {
    reader::<A>(ScriptedRead::new([]), Config::new())
}

pub fn the_end_is_clean_only_between_frames<A: Adapter>() {
    let sent = of_lengths(&[3, 20, 1]);
    let stream = naive::encode(&sent);
    let ends = frame_ends(&sent);
    for end in 0..=stream.len() {
        let mut reader = reader::<A>(
            ScriptedRead::in_pieces(&stream[..end], [end]),
            Config::new(),
        );
        let whole = ends.iter().filter(|&&frame_end| frame_end <= end).count();
        for expected in &sent[..whole] {
            assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(expected));
        }
        for _ in 0..2 {
            let outcome = complete(reader.next());
            if end == 0 || ends.contains(&end) {
                assert_eq!(outcome.unwrap(), None, "end at {end}");
            } else {
                let error = outcome.unwrap_err();
                assert!(
                    matches!(
                        error,
                        ReadError::Protocol(DecodeError::UnexpectedEof { .. })
                    ),
                    "end at {end}: {error}"
                );
                assert_eq!(io::Error::from(error).kind(), io::ErrorKind::UnexpectedEof);
            }
        }
    }
}

pub fn what_is_received_is_counted<A: Adapter>() {
    let sent = of_lengths(&[10; 10]);
    let stream = naive::encode(&sent);
    let read = ScriptedRead::in_pieces(&stream, [18, 100]);
    let mut reader = reader::<A>(read, Config::new());
    assert_eq!(reader.stats(), ReceiveStats::default());
    complete(reader.next()).unwrap();
    complete(reader.next()).unwrap();
    let stats = reader.stats();
    assert_eq!((stats.messages, stats.bytes), (2, 118));
    assert_eq!(stats.buffered_bytes, 118 - 2 * 18);
    while complete(reader.next_ref()).unwrap().is_some() {}
    let stats = reader.stats();
    assert_eq!((stats.messages, stats.bytes), (10, 180));
    assert_eq!(stats.buffered_bytes, 0);
}

/// Broken headers, and what they are refused as.
fn broken_headers() -> Vec<(Vec<u8>, DecodeError)> {
    let mut cases: Vec<_> = (0..5)
        .map(|size: u32| {
            (
                size.to_be_bytes().to_vec(),
                DecodeError::SizeTooSmall { size },
            )
        })
        .collect();
    for size in [1005, 100_000_005, u32::MAX] {
        let (len, max) = (size - 4, 1000);
        cases.push((
            size.to_be_bytes().to_vec(),
            DecodeError::DataTooLarge { len, max },
        ));
    }
    for version in [0, 2, u16::MAX] {
        let mut bytes = vec![0, 0, 0, 5];
        bytes.extend(version.to_be_bytes());
        cases.push((bytes, DecodeError::UnsupportedVersion { version }));
    }
    cases
}

pub fn a_broken_header_is_a_lasting_error<A: Adapter>() {
    for (header, expected) in broken_headers() {
        let good = of_lengths(&[100]);
        let mut stream = naive::encode(&good);
        stream.extend(header);
        // The peer stays connected and silent: the verdict must not wait for more.
        let read = ScriptedRead::in_pieces(&stream, [50, 60]).staying_open();
        let mut reader = reader::<A>(read, Config::new().with_max_receive_len(1000));
        assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(&good[0]));
        for _ in 0..3 {
            match complete(reader.next()) {
                Err(ReadError::Protocol(error)) => assert_eq!(error, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
}

pub fn the_stream_ends_after_its_error<A: Adapter>() {
    let good = of_lengths(&[100]);
    let mut stream = naive::encode(&good);
    stream.extend([0; 4]);
    let mut broken = reader::<A>(ScriptedRead::in_pieces(&stream, [1]), Config::new());
    let first: Option<ConnectDatagram> = next_item(&mut broken).transpose().unwrap();
    assert_eq!(first.as_ref(), Some(&good[0]));
    assert!(next_item(&mut broken).unwrap().is_err());
    assert!(next_item(&mut broken).is_none());
    assert!(next_item(&mut broken).is_none());

    let mut clean = reader_at_its_end::<A>();
    assert!(next_item(&mut clean).is_none());
    assert!(next_item(&mut clean).is_none());
}

pub fn a_read_may_be_interrupted<A: Adapter>() {
    let sent = of_lengths(&[10]);
    let read = ScriptedRead::new([
        ReadStep::Fail(io::ErrorKind::Interrupted),
        ReadStep::Bytes(naive::encode(&sent)),
    ]);
    let mut reader = reader::<A>(read, Config::new());
    assert_eq!(complete(reader.next()).unwrap().as_ref(), Some(&sent[0]));
}
