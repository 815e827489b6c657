//! The bytes and the calls of `connect` 0.2.4, one by one.

use bytes::{Buf, Bytes};
use connect_proto::{
    Config, ConnectDatagram, DatagramRef, DecodeError, Decoded, Decoder, EncodeError, Encoder,
    HEADER_LEN, MAX_DATA_LEN, VERSION,
};

/// What 0.2.4 writes: size (of what follows it), version 1, recipient, data, all big-endian.
const GOLDEN: [(u16, &[u8], &[u8]); 4] = [
    (0, b"a", b"\x00\x00\x00\x05\x00\x01\x00\x00a"),
    (7, b"hello", b"\x00\x00\x00\x09\x00\x01\x00\x07hello"),
    (
        65535,
        b"Hello world!",
        b"\x00\x00\x00\x10\x00\x01\xFF\xFFHello world!",
    ),
    (0x1234, &[0; 252], &{
        let mut frame = [0; 260];
        frame[2] = 1;
        frame[5] = 1;
        frame[6] = 0x12;
        frame[7] = 0x34;
        frame
    }),
];

fn written(encoder: &mut Encoder) -> Bytes {
    let remaining = encoder.outbox().remaining();
    encoder.outbox().copy_to_bytes(remaining)
}

#[test]
fn the_bytes_are_those_of_the_predecessor() {
    for (recipient, data, frame) in GOLDEN {
        let datagram = ConnectDatagram::new(recipient, data).expect("valid");
        assert_eq!(datagram.encode().expect("valid"), frame);
        assert_eq!(datagram.size(), frame.len());
        assert_eq!(datagram.version(), 1);
        let mut encoder = Encoder::new(&Config::new());
        encoder.push(datagram.clone()).expect("valid");
        assert_eq!(written(&mut encoder), frame);
        encoder
            .push_ref(DatagramRef::new(recipient, data))
            .expect("valid");
        assert_eq!(written(&mut encoder), frame);

        // `decode` has always taken a frame without its size field.
        assert_eq!(ConnectDatagram::decode(&frame[4..]), Ok(datagram.clone()));
        assert_eq!(ConnectDatagram::decode_frame(frame), Ok(datagram.clone()));
        let mut decoder = Decoder::new(&Config::new());
        decoder.extend_from_slice(frame);
        assert_eq!(decoder.next_datagram(), Ok(Decoded::Datagram(datagram)));
    }
    assert_eq!((HEADER_LEN, VERSION, MAX_DATA_LEN), (8, 1, 100_000_000));
}

#[test]
fn decode_refuses_what_cannot_be_a_frame() {
    for short in [&[][..], &[0], &[0, 1], &[0, 1, 0], &[0, 1, 0, 7]] {
        let size = short.len() as u32;
        assert_eq!(
            ConnectDatagram::decode(short),
            Err(DecodeError::SizeTooSmall { size })
        );
    }
    for version in [0, 2, 256, 65535u16] {
        let mut contents = version.to_be_bytes().to_vec();
        contents.extend_from_slice(b"\x00\x07data");
        assert_eq!(
            ConnectDatagram::decode(contents),
            Err(DecodeError::UnsupportedVersion { version })
        );
    }
}

#[test]
fn decode_frame_takes_exactly_one_frame() {
    let frame = GOLDEN[1].2;
    for cut in 0..frame.len() {
        let missing = if cut < HEADER_LEN {
            HEADER_LEN - cut
        } else {
            frame.len() - cut
        };
        assert_eq!(
            ConnectDatagram::decode_frame(&frame[..cut]),
            Err(DecodeError::UnexpectedEof { missing })
        );
    }
    for extra in [1, 13] {
        let longer = [frame, &frame[..extra]].concat();
        assert_eq!(
            ConnectDatagram::decode_frame(longer),
            Err(DecodeError::TrailingBytes { extra })
        );
    }
    assert_eq!(
        ConnectDatagram::decode_frame(&b"\x00\x00\x00\x04"[..]),
        Err(DecodeError::SizeTooSmall { size: 4 })
    );
    assert_eq!(
        ConnectDatagram::decode_frame(&b"\x00\x00\x00\x09\x00\x02"[..]),
        Err(DecodeError::UnsupportedVersion { version: 2 })
    );
}

#[test]
fn the_largest_datagram_is_accepted_and_one_byte_more_is_not() {
    let data = Bytes::from(vec![0; MAX_DATA_LEN + 1]);
    let refused = ConnectDatagram::new(1, data.clone()).expect_err("too large");
    let (len, max) = (MAX_DATA_LEN + 1, MAX_DATA_LEN);
    assert_eq!(refused.reason(), EncodeError::DataTooLarge { len, max });
    assert_eq!(refused.into_inner().as_ptr(), data.as_ptr());
    let largest = ConnectDatagram::new(1, data.slice(1..)).expect("valid");
    assert_eq!(largest.size(), HEADER_LEN + MAX_DATA_LEN);
    assert_eq!(
        largest.data().as_ptr(),
        data[1..].as_ptr(),
        "taken over without a copy"
    );
}

#[test]
fn data_is_taken_once_and_what_is_left_cannot_be_sent() {
    let mut datagram = ConnectDatagram::new(7, "data").expect("valid");
    assert_eq!(datagram.take_data(), Some(b"data".to_vec()));
    assert_eq!(datagram.take_data(), None);
    assert_eq!((datagram.data().len(), datagram.size()), (0, HEADER_LEN));
    assert_eq!(datagram.encode(), Err(EncodeError::EmptyData));
    let mut encoder = Encoder::new(&Config::new());
    let refused = encoder.push(datagram).expect_err("empty");
    assert_eq!(refused.reason(), EncodeError::EmptyData);
    assert_eq!(refused.into_inner().recipient(), 7);
    assert_eq!(encoder.queued(), 0);
}

#[test]
fn secrets_are_not_printed() {
    let datagram = ConnectDatagram::new(7, "secret").expect("valid");
    let printed = format!("{datagram:?} {:?}", DatagramRef::from(&datagram));
    assert!(printed.contains("recipient: 7") && printed.contains("data_len: 6"));
    assert!(!printed.contains("secret") && !printed.contains("115"));
}
