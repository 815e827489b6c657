//! Any datagrams, from one end to the other.

use connect_proto::ConnectDatagram;

use super::choices::Choices;
use super::plan::plan;
use crate::{datagrams, oracle};

/// As much as one input may send: more than the longest block.
const MOST_BYTES: usize = 100_000;
const MOST_DATAGRAMS: usize = 200;

/// A plan, and behind it the recipients and lengths of datagrams: what the encoder writes is what the reference
/// writes, and what the decoder hands out is what was pushed.
///
/// # Panics
///
/// On a finding.
pub fn round_trip(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mut plan = plan(&mut choices, MOST_BYTES);
    plan.config = plan.config.with_max_receive_len(usize::MAX);
    let mut left = MOST_BYTES;
    let case: Vec<ConnectDatagram> = choices
        .list(MOST_DATAGRAMS, |choices| (choices.byte(), choices.len()))
        .into_iter()
        .enumerate()
        .map_while(|(index, (recipient, len))| {
            left = left.checked_sub(len)?;
            // Both bytes of the tag matter.
            let recipient = u16::from_be_bytes([recipient, !recipient]);
            Some(datagrams::datagram(index, recipient, len))
        })
        .collect();
    oracle::check_datagrams(&case, &plan);
}
