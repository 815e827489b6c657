//! The format, read in the plainest way: what a reader has to make of the bytes that came.

use connect_tokio::DecodeError;

/// Bytes of a frame before its data.
pub const HEADER_LEN: usize = 8;

/// What a stream that ended says.
#[derive(Debug)]
pub struct Reading<'a> {
    /// Recipient and data of every whole frame before the end.
    pub messages: Vec<(u16, &'a [u8])>,
    /// `None` if it ended between two frames.
    pub error: Option<DecodeError>,
}

/// Reads all of a stream that ended, with a receive limit.
pub fn read(mut bytes: &[u8], limit: usize) -> Reading<'_> {
    let mut messages = Vec::new();
    let error = loop {
        if bytes.is_empty() {
            break None;
        }
        match read_frame(bytes, limit) {
            Ok((recipient, data, rest)) => {
                messages.push((recipient, data));
                bytes = rest;
            }
            Err(error) => break Some(error),
        }
    };
    Reading { messages, error }
}

fn read_frame(bytes: &[u8], limit: usize) -> Result<(u16, &[u8], &[u8]), DecodeError> {
    let cut = |needed: usize| DecodeError::UnexpectedEof {
        missing: needed - bytes.len(),
    };
    let Some(&[s0, s1, s2, s3]) = bytes.first_chunk() else {
        return Err(cut(HEADER_LEN));
    };
    let size = u32::from_be_bytes([s0, s1, s2, s3]);
    if size < 5 {
        return Err(DecodeError::SizeTooSmall { size });
    }
    let (len, max) = (size - 4, limit as u32);
    if len > max {
        return Err(DecodeError::DataTooLarge { len, max });
    }
    let Some(&[_, _, _, _, v0, v1]) = bytes.first_chunk() else {
        return Err(cut(HEADER_LEN));
    };
    let version = u16::from_be_bytes([v0, v1]);
    if version != 1 {
        return Err(DecodeError::UnsupportedVersion { version });
    }
    let Some(&[_, _, _, _, _, _, r0, r1]) = bytes.first_chunk() else {
        return Err(cut(HEADER_LEN));
    };
    let frame_len = HEADER_LEN + len as usize;
    if bytes.len() < frame_len {
        return Err(cut(frame_len));
    }
    let (frame, rest) = bytes.split_at(frame_len);
    Ok((u16::from_be_bytes([r0, r1]), &frame[HEADER_LEN..], rest))
}
