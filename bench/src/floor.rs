//! The floor: what a careful person writes by hand for these messages and nothing else.
//!
//! A frame is a header of eight bytes, which is as long as Connect's, and the message. Small messages are copied into
//! one buffer, large ones are written from where they are; what was read is parsed in place.

mod batch;
mod block;

use std::io::IoSlice;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub use batch::{Batch, Large, Reach};
pub use block::Block;

use crate::Failure;
use crate::receipt::{Receipt, Received};

/// As long as Connect's; the length of the message is all that a header says.
pub const HEADER_LEN: usize = 8;

/// Writes what `next` hands out until there is nothing left, `depth` bytes at a time; those that are `large` from where
/// they are.
pub async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    depth: usize,
    large: Large,
    next: impl FnMut() -> Option<&'static [u8]>,
) -> Result<(), Failure> {
    let mut batch = Batch::new(depth, large, next);
    loop {
        match batch.fill() {
            Reach::Nothing => return Ok(()),
            Reach::Copied(bytes) => stream.write_all(bytes).await?,
            Reach::Pieces(mut pieces) => write_pieces(stream, &mut pieces).await?,
        }
    }
}

/// Writes all of them, with as few system calls as the stream needs.
pub async fn write_pieces(
    stream: &mut (impl AsyncWrite + Unpin),
    mut pieces: &mut [IoSlice<'_>],
) -> Result<(), Failure> {
    while !pieces.is_empty() {
        let written = stream.write_vectored(pieces).await?;
        if written == 0 {
            return Err("the stream takes nothing".into());
        }
        IoSlice::advance_slices(&mut pieces, written);
    }
    Ok(())
}

/// Reads up to `depth` bytes at a time until the stream ends.
pub async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    depth: usize,
    mut receipt: Receipt,
) -> Result<Received, Failure> {
    let mut block = Block::new(depth);
    loop {
        match stream.read(block.spare()).await? {
            0 => break,
            received => block.received(received, |message| receipt.message(message))?,
        }
    }
    block.finish()?;
    receipt.finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::messages::Messages;
    use crate::runtime::{Threads, run};

    const DEPTH: usize = 64 * 1024;

    /// Whether all that is sent arrives, through a pipe that takes and gives odd lengths.
    fn arrives(size: usize, large: Large) -> Result<(), Failure> {
        run(Threads::One, async move {
            let messages = Messages::new(1, size, false);
            let mut feed = messages.feed(Duration::from_millis(20));
            let (mut here, mut there) = tokio::io::duplex(10_007);
            let sending = tokio::spawn(async move {
                send(&mut here, DEPTH, large, || feed.next_slice()).await?;
                Ok::<_, Failure>(feed.sent())
            });
            let received =
                receive(&mut there, DEPTH, Receipt::new(messages, Duration::ZERO)).await?;
            assert_eq!(received.counts, [sending.await??]);
            Ok(())
        })
    }

    #[test]
    fn messages_of_every_length_arrive_copied_and_not() {
        let from = |from| [true, false].map(|whole| Large { from, whole });
        for size in [8, 9, 57, 4096, 16_384, 65_528, 65_536, 300_000] {
            for large in [from(0), from(8 * 1024), from(usize::MAX)].concat() {
                let result = arrives(size, large);
                assert!(result.is_ok(), "{size} bytes, {large:?}: {result:?}");
            }
        }
    }
}
