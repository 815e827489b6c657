//! Any bytes as a stream.

use super::choices::Choices;
use super::plan::plan;
use crate::oracle;

/// A plan, and behind it any bytes that a peer might send: the decoder hands out what the reference parser finds,
/// gives its verdict and stays with it, and never holds more memory than agreed.
///
/// # Panics
///
/// On a finding.
pub fn decode(input: &[u8]) {
    let mut choices = Choices::new(input);
    let plan = plan(&mut choices, input.len());
    oracle::check_bytes(choices.rest(), &plan);
}
