//! Messages that stand in lines of JSON.

use crate::json::JsonMessage;

/// The most bytes of a line for data of `limit` bytes: each may be escaped as `\u0000`, and other fields need room.
pub(super) const fn line_limit(limit: usize) -> usize {
    limit.saturating_mul(6).saturating_add(4096)
}

/// The tag, if it is named, and the data of the message in a line.
pub(super) fn parse(line: &[u8]) -> Result<(Option<u16>, Vec<u8>), String> {
    let message: JsonMessage<'_> =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    Ok((message.recipient, message.into_data()?))
}
