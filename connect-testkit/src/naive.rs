//! A reference codec: the shortest one that is obviously right, over whole byte strings.

use connect_proto::{ConnectDatagram, DecodeError, MAX_DATA_LEN};

/// What a datagram says, without anything of the crate under test in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The recipient tag.
    pub recipient: u16,
    /// The data.
    pub data: Vec<u8>,
}

/// What a whole byte string means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Everything that is whole, in order.
    pub messages: Vec<Message>,
    /// Where each of them ends.
    pub frame_ends: Vec<usize>,
    /// `Ok` if the string ends where a frame ends.
    pub verdict: Result<(), DecodeError>,
}

/// The bytes of a stream of these datagrams, written field by field.
#[must_use]
pub fn encode(datagrams: &[ConnectDatagram]) -> Vec<u8> {
    let mut stream = Vec::new();
    for datagram in datagrams {
        let data: &[u8] = datagram.data();
        stream.extend_from_slice(&(data.len() as u32 + 4).to_be_bytes());
        stream.extend_from_slice(&1u16.to_be_bytes());
        stream.extend_from_slice(&datagram.recipient().to_be_bytes());
        stream.extend_from_slice(data);
    }
    stream
}

/// What `stream` means to a receiver that accepts up to `limit` bytes of data.
#[must_use]
pub fn parse(stream: &[u8], limit: usize) -> Parsed {
    let mut parsed = Parsed {
        messages: Vec::new(),
        frame_ends: Vec::new(),
        verdict: Ok(()),
    };
    let mut at = 0;
    while at < stream.len() {
        let rest = &stream[at..];
        match first_frame(rest, limit.min(MAX_DATA_LEN)) {
            Ok(length) => {
                parsed.messages.push(Message {
                    recipient: u16::from_be_bytes([rest[6], rest[7]]),
                    data: rest[8..length].to_vec(),
                });
                at += length;
                parsed.frame_ends.push(at);
            }
            Err(error) => {
                parsed.verdict = Err(error);
                break;
            }
        }
    }
    parsed
}

/// The length of the frame that `rest` begins with.
fn first_frame(rest: &[u8], limit: usize) -> Result<usize, DecodeError> {
    let ends_after = |length: usize| DecodeError::UnexpectedEof {
        missing: length - rest.len(),
    };
    if rest.len() < 4 {
        return Err(ends_after(8));
    }
    let size = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]);
    if size < 5 {
        return Err(DecodeError::SizeTooSmall { size });
    }
    if size as usize - 4 > limit {
        let (len, max) = (size - 4, limit as u32);
        return Err(DecodeError::DataTooLarge { len, max });
    }
    if rest.len() < 6 {
        return Err(ends_after(8));
    }
    let version = u16::from_be_bytes([rest[4], rest[5]]);
    if version != 1 {
        return Err(DecodeError::UnsupportedVersion { version });
    }
    if rest.len() < 8 {
        return Err(ends_after(8));
    }
    let length = 4 + size as usize;
    if rest.len() < length {
        return Err(ends_after(length));
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datagrams;

    #[test]
    fn what_is_encoded_is_parsed() {
        for lengths in datagrams::interesting_lengths() {
            let datagrams = datagrams::of_lengths(&lengths);
            let parsed = parse(&encode(&datagrams), MAX_DATA_LEN);
            assert_eq!(parsed.verdict, Ok(()));
            assert_eq!(parsed.frame_ends, datagrams::frame_ends(&datagrams));
            assert_eq!(parsed.messages.len(), datagrams.len());
            for (message, datagram) in parsed.messages.iter().zip(&datagrams) {
                assert_eq!(message.recipient, datagram.recipient());
                assert!(message.data == *datagram.data());
            }
        }
    }
}
