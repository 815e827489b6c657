//! A message as a line of JSON, the same for what is shown and for what is sent.

use std::borrow::Cow;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// A message as a JSON object. Data is `text` if it is UTF-8, and `base64` (RFC 4648, with padding) otherwise.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JsonMessage<'a> {
    /// Who has sent it. Not looked at in what is to be sent, like `length`, so that what was shown can be sent on.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) recipient: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) length: Option<usize>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) base64: Option<Cow<'a, str>>,
}

impl<'a> JsonMessage<'a> {
    pub(crate) fn new(peer: &'a str, recipient: u16, data: &'a [u8]) -> Self {
        let (text, base64) = match std::str::from_utf8(data) {
            Ok(text) => (Some(text.into()), None),
            Err(_) => (None, Some(BASE64.encode(data).into())),
        };
        Self {
            peer: Some(peer.into()),
            recipient: Some(recipient),
            length: Some(data.len()),
            text,
            base64,
        }
    }

    /// The data of a message that is to be sent; or what is wrong with it.
    pub(crate) fn into_data(self) -> Result<Vec<u8>, String> {
        match (self.text, self.base64) {
            (Some(text), None) => Ok(text.into_owned().into_bytes()),
            (None, Some(base64)) => BASE64
                .decode(base64.as_bytes())
                .map_err(|error| format!("base64: {error}")),
            (None, None) => Err("neither `text` nor `base64`".to_owned()),
            (Some(_), Some(_)) => Err("both `text` and `base64`".to_owned()),
        }
    }
}
