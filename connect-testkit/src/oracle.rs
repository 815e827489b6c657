//! The chunking oracle: however a stream is cut, driven and taken, it means the same.

use connect_proto::ConnectDatagram;

use crate::counts::Counts;
use crate::naive;
use crate::plan::Plan;
use crate::{receiving, sending};

/// Sends `datagrams` through encoder and decoder as `plan` says.
///
/// The encoder must write what the reference encoder writes, the decoder must hand out what was
/// pushed and then say that the stream ended, and both must tell the truth about what they hold.
///
/// # Panics
///
/// If any of that does not hold.
pub fn check_datagrams(datagrams: &[ConnectDatagram], plan: &Plan) -> Counts {
    let stream = naive::encode(datagrams);
    let parsed = naive::parse(&stream, plan.config.max_receive_len());
    assert_eq!(parsed.verdict, Ok(()), "the case itself must be valid");
    assert_eq!(parsed.messages.len(), datagrams.len());
    let mut counts = sending::check(datagrams, &stream, &parsed.frame_ends, plan);
    counts += receiving::check(&stream, &parsed, plan);
    counts
}

/// Feeds any bytes to a decoder as `plan` says.
///
/// It must hand out the datagrams that the reference parser finds, give its verdict, and stay with it.
///
/// # Panics
///
/// If any of that does not hold.
pub fn check_bytes(stream: &[u8], plan: &Plan) -> Counts {
    let parsed = naive::parse(stream, plan.config.max_receive_len());
    receiving::check(stream, &parsed, plan)
}
