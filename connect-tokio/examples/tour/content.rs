//! What is in the messages, and whether a reply is the same.

use bytes::Bytes;
use connect_tokio::ConnectDatagram;

use crate::Result;

/// Messages are windows into one long pseudo-random text, each at a place of its own.
#[derive(Clone)]
pub(crate) struct Content(Bytes);

/// Prime, so that windows do not repeat soon.
const PLACES: u64 = 65_521;

impl Content {
    pub(crate) fn new(longest: usize) -> Self {
        let mut state = 1_u32;
        let text = (0..longest + PLACES as usize).map(|_| {
            // Numerical Recipes, 2nd edition, section 7.1: a quick generator; any would do.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        Self(text.collect::<Vec<_>>().into())
    }

    fn window(&self, index: u64, size: usize) -> Bytes {
        let place = (index * 7919 % PLACES) as usize;
        self.0.slice(place..place + size)
    }

    pub(crate) fn message(&self, index: u64, size: usize) -> Result<ConnectDatagram> {
        self.message_to(index as u16, index, size)
    }

    pub(crate) fn message_to(
        &self,
        recipient: u16,
        index: u64,
        size: usize,
    ) -> Result<ConnectDatagram> {
        Ok(ConnectDatagram::new(recipient, self.window(index, size))?)
    }

    pub(crate) fn check(&self, reply: &ConnectDatagram, index: u64, size: usize) -> Result<()> {
        self.check_from(index as u16, reply, index, size)
    }

    pub(crate) fn check_from(
        &self,
        recipient: u16,
        reply: &ConnectDatagram,
        index: u64,
        size: usize,
    ) -> Result<()> {
        if reply.recipient() != recipient || *reply.data() != self.window(index, size) {
            return Err(format!("reply {index} is wrong: {reply:?}").into());
        }
        Ok(())
    }
}
