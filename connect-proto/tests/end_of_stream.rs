//! Every end of stream, at every byte offset.

use connect_proto::{Config, DecodeError, Decoded, Decoder, HEADER_LEN};
use connect_testkit::{datagrams, naive};

const LENGTHS: [usize; 7] = [1, 5, 8, 1, 300, 5000, 2];

/// All that `decoder` hands out, and its last word.
fn drain(decoder: &mut Decoder, borrowed: bool) -> (usize, Result<(), DecodeError>) {
    let mut count = 0;
    loop {
        let step = if borrowed {
            decoder
                .next_datagram_ref()
                .map(|answer| answer_of(answer).map(|()| count += 1))
        } else {
            decoder
                .next_datagram()
                .map(|answer| answer_of(answer).map(|()| count += 1))
        };
        match step {
            Ok(Some(())) => {}
            Ok(None) => return (count, Ok(())),
            Err(error) => return (count, Err(error)),
        }
    }
}

/// `None` at the end.
fn answer_of<D>(decoded: Decoded<D>) -> Option<()> {
    match decoded {
        Decoded::Datagram(_) => Some(()),
        Decoded::End => None,
        Decoded::NeedInput => panic!("no input can follow the end"),
    }
}

#[test]
fn the_end_is_clean_only_between_two_frames() {
    let case = datagrams::of_lengths(&LENGTHS);
    let stream = naive::encode(&case);
    let frame_ends = datagrams::frame_ends(&case);
    let mut clean = 0;
    for end in 0..=stream.len() {
        let whole = frame_ends.partition_point(|frame_end| *frame_end <= end);
        let begun_at = whole.checked_sub(1).map_or(0, |last| frame_ends[last]);
        let begun = end - begun_at;
        let expected = if begun == 0 {
            clean += 1;
            Ok(())
        } else if begun < HEADER_LEN {
            Err(DecodeError::UnexpectedEof {
                missing: HEADER_LEN - begun,
            })
        } else {
            Err(DecodeError::UnexpectedEof {
                missing: frame_ends[whole] - end,
            })
        };
        for borrowed in [false, true] {
            let mut decoder = Decoder::new(&Config::new());
            decoder.extend_from_slice(&stream[..end]);
            decoder.finish();
            assert_eq!(
                drain(&mut decoder, borrowed),
                (whole, expected),
                "end at {end}"
            );
            assert_eq!(drain(&mut decoder, !borrowed), (0, expected), "repeated");
        }
    }
    assert_eq!(clean, LENGTHS.len() + 1);
    println!("end of stream: {} offsets, two lanes", stream.len() + 1);
}

#[test]
fn the_end_may_be_told_before_the_datagrams_are_taken_or_after() {
    let case = datagrams::of_lengths(&LENGTHS);
    let stream = naive::encode(&case);
    for taken_before in 0..=case.len() {
        let mut decoder = Decoder::new(&Config::new());
        decoder.extend_from_slice(&stream);
        for datagram in &case[..taken_before] {
            let answer = decoder.next_datagram().expect("a valid stream");
            assert_eq!(answer, Decoded::Datagram(datagram.clone()));
        }
        decoder.finish();
        assert_eq!(
            drain(&mut decoder, false),
            (case.len() - taken_before, Ok(()))
        );
    }
}

#[test]
fn a_broken_header_is_reported_as_such_although_the_stream_ends_in_it() {
    for (bytes, error) in [
        (&[0, 0, 0, 4][..], DecodeError::SizeTooSmall { size: 4 }),
        (
            &[0, 0, 0, 5, 0, 2],
            DecodeError::UnsupportedVersion { version: 2 },
        ),
    ] {
        let mut decoder = Decoder::new(&Config::new());
        decoder.extend_from_slice(bytes);
        decoder.finish();
        assert_eq!(drain(&mut decoder, false), (0, Err(error)));
        assert_eq!(drain(&mut decoder, true), (0, Err(error)));
    }
}
