//! The decoder, the encoder and the reference codec, by the test vectors of the wire format: what a stranger's
//! implementation is tried with (`interop/vectors/README.md`).

mod file;

use bytes::Buf;
use connect_proto::{
    Config, ConnectDatagram, DecodeError, Decoded, Decoder, EncodeError, Encoder, MAX_DATA_LEN,
};
use connect_testkit::naive;

use file::{Message, Stream, Vectors, Verdict};

/// How bytes get into a decoder.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Spare,
    Slice,
}

#[test]
fn frames_are_written_and_read() {
    let vectors = Vectors::load();
    for frame in &vectors.frames {
        let name = &frame.name;
        let data = frame.data.bytes();
        let expected = [frame.header.bytes(), data.clone()].concat();
        let datagram = ConnectDatagram::new(frame.recipient, data).expect(name);

        let mut encoder = Encoder::new(&Config::new());
        encoder.push(datagram.clone()).expect(name);
        let written = encoder.outbox().copy_to_bytes(expected.len());
        assert!(written == expected, "{name}: the encoder");
        assert!(!encoder.outbox().has_remaining(), "{name}: more is written");
        let encoded = datagram.encode().expect(name);
        assert!(encoded == expected, "{name}: encode");
        let decoded = ConnectDatagram::decode_frame(encoded).expect(name);
        assert!(decoded == datagram, "{name}: decode_frame");
        let written = naive::encode(&[datagram]);
        assert!(written == expected, "{name}: the reference encoder");
    }
}

#[test]
fn what_no_frame_can_carry_is_refused() {
    let vectors = Vectors::load();
    for message in &vectors.unsendable {
        let refused = ConnectDatagram::new(7, message.data.bytes()).expect_err(&message.name);
        let verdict = match refused.reason() {
            EncodeError::EmptyData => Verdict::EmptyData {},
            EncodeError::DataTooLarge { len, max } => Verdict::DataTooLarge {
                length: len as u64,
                limit: max as u64,
            },
            other => panic!("{}: {other}", message.name),
        };
        assert_eq!(verdict, message.verdict, "{}", message.name);
    }
}

#[test]
fn streams_mean_what_the_vectors_say_however_they_are_cut() {
    let vectors = Vectors::load();
    let mut readings = 0;
    for stream in &vectors.streams {
        let bytes = stream.stream.bytes();
        let messages: Vec<naive::Message> = stream.messages.iter().map(Message::expanded).collect();
        check_reference(stream, &bytes, &messages);
        for cuts in vectors.cuts(stream, bytes.len()) {
            for entry in [Entry::Spare, Entry::Slice] {
                check_decoder(stream, &bytes, &messages, &cuts, entry);
                readings += 1;
            }
        }
    }
    println!(
        "wire vectors: {} frames, {} streams, {readings} readings",
        vectors.frames.len(),
        vectors.streams.len()
    );
}

/// Of each kind there is at least one, or the tests above show nothing.
#[test]
fn the_vectors_leave_nothing_out() {
    let vectors = Vectors::load();
    let has = |is_kind: fn(&Verdict) -> bool| {
        vectors
            .streams
            .iter()
            .any(|stream| is_kind(&stream.verdict))
    };
    assert!(has(|verdict| matches!(verdict, Verdict::CleanEnd {})));
    assert!(has(|verdict| matches!(verdict, Verdict::Truncated { .. })));
    assert!(has(|verdict| *verdict == Verdict::SizeTooSmall { size: 4 }));
    assert!(has(
        |verdict| matches!(verdict, Verdict::DataTooLarge { limit, .. } if *limit == MAX_DATA_LEN as u64)
    ));
    assert!(has(
        |verdict| matches!(verdict, Verdict::DataTooLarge { limit, .. } if *limit < MAX_DATA_LEN as u64)
    ));
    assert!(has(|verdict| matches!(
        verdict,
        Verdict::UnsupportedVersion { .. }
    )));
    assert!(vectors.frames.len() >= 10 && vectors.unsendable.len() >= 2);
    for stream in &vectors.streams {
        let is_of_a_header = matches!(
            stream.verdict,
            Verdict::SizeTooSmall { .. }
                | Verdict::DataTooLarge { .. }
                | Verdict::UnsupportedVersion { .. }
        );
        assert_eq!(
            stream.decided_after.is_some(),
            is_of_a_header,
            "{}",
            stream.name
        );
    }
}

fn check_reference(stream: &Stream, bytes: &[u8], messages: &[naive::Message]) {
    let parsed = naive::parse(bytes, stream.limit);
    let verdict = verdict_of(parsed.verdict);
    assert_eq!(verdict, stream.verdict, "{}", stream.name);
    assert!(parsed.messages == messages, "{}: messages", stream.name);
}

fn check_decoder(
    stream: &Stream,
    bytes: &[u8],
    messages: &[naive::Message],
    cuts: &[usize],
    entry: Entry,
) {
    let name = &stream.name;
    let mut decoder = Decoder::new(&Config::new().with_max_receive_len(stream.limit));
    let mut expected = messages.iter();
    let mut rest = bytes;
    let mut refused = false;
    for cut in cuts {
        let (piece, behind) = rest.split_at(*cut);
        rest = behind;
        give(&mut decoder, piece, entry);
        let given = bytes.len() - rest.len();
        let left = expected.len();
        match drain(&mut decoder, name, &mut expected) {
            Ok(Decoded::NeedInput) => assert!(
                stream.decided_after.is_none_or(|at| given < at),
                "{name}: no verdict after {given} bytes"
            ),
            Err(error) => {
                assert!(
                    stream.decided_after.is_some_and(|at| at <= given),
                    "{name}: {error} after {given} bytes"
                );
                assert_eq!(verdict_of(Err(error)), stream.verdict, "{name}");
                assert!(!refused || expected.len() == left, "{name}: not final");
                refused = true;
            }
            Ok(_) => panic!("{name}: an end after {given} bytes, which nobody has told"),
        }
    }
    assert!(rest.is_empty(), "{name}: the cuts are those of the stream");
    decoder.finish();
    let verdict = match drain(&mut decoder, name, &mut expected) {
        Ok(Decoded::End) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => panic!("{name}: waits for more behind the end"),
    };
    assert_eq!(verdict_of(verdict), stream.verdict, "{name}: {cuts:?}");
    assert_eq!(expected.len(), 0, "{name}: a message is missing");
}

fn give(decoder: &mut Decoder, mut piece: &[u8], entry: Entry) {
    match entry {
        Entry::Slice => decoder.extend_from_slice(piece),
        Entry::Spare => {
            while !piece.is_empty() {
                let spare = decoder.spare();
                let taken = spare.len().min(piece.len());
                spare[..taken].copy_from_slice(&piece[..taken]);
                decoder.commit(taken);
                piece = &piece[taken..];
            }
        }
    }
}

/// Takes all messages that are there, and returns what comes behind them.
fn drain<'a>(
    decoder: &mut Decoder,
    name: &str,
    expected: &mut impl Iterator<Item = &'a naive::Message>,
) -> Result<Decoded<()>, DecodeError> {
    loop {
        match decoder.next_datagram()? {
            Decoded::Datagram(datagram) => {
                let is_expected = expected.next().is_some_and(|message| {
                    message.recipient == datagram.recipient() && message.data == *datagram.data()
                });
                assert!(is_expected, "{name}: {datagram:?} was not sent");
            }
            Decoded::NeedInput => return Ok(Decoded::NeedInput),
            Decoded::End => return Ok(Decoded::End),
        }
    }
}

fn verdict_of(result: Result<(), DecodeError>) -> Verdict {
    match result {
        Ok(()) => Verdict::CleanEnd {},
        Err(DecodeError::SizeTooSmall { size }) => Verdict::SizeTooSmall { size },
        Err(DecodeError::DataTooLarge { len, max }) => Verdict::DataTooLarge {
            length: len.into(),
            limit: max.into(),
        },
        Err(DecodeError::UnsupportedVersion { version }) => Verdict::UnsupportedVersion { version },
        Err(DecodeError::UnexpectedEof { missing }) => Verdict::Truncated {
            missing: missing as u64,
        },
        Err(other) => panic!("{other}: not a verdict on a stream"),
    }
}
