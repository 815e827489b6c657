//! The floor on tokio.

use std::io::IoSlice;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use connect_bench::Failure;
use connect_bench::floor::{self, HEADER_LEN, LARGE};
use connect_bench::receipt::Received;

use crate::contender::Run;
use crate::end::{Stream, close};
use crate::ground::Ground;
use crate::trips::Times;

/// From which length on messages are not copied: over TLS never, where they are copied to be encrypted anyway, and full
/// records are worth more.
const fn large(ground: &Ground) -> usize {
    if ground.transport.has_tls() {
        usize::MAX
    } else {
        LARGE
    }
}

pub fn one_way<const DEPTH: usize>(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let large = large(ground);
    ground.on_tokio(
        move |end| async move {
            let mut stream = end.stream().await?;
            let mut feed = run.feed();
            floor::send(&mut stream, DEPTH, large, || feed.next_slice()).await?;
            close(&mut stream).await?;
            Ok(feed.sent())
        },
        move |end| async move {
            floor::receive(&mut end.stream().await?, DEPTH, run.receipt()).await
        },
    )
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    let large = large(ground);
    let frame_len = HEADER_LEN + run.messages.size;
    ground.on_tokio(
        move |end| async move {
            let mut stream = end.stream().await?;
            let mut frame = vec![0; frame_len];
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                write(&mut stream, &mut frame, message, large).await?;
                stream.read_exact(&mut frame).await?;
                trips.back(&frame[HEADER_LEN..])?;
            }
            close(&mut stream).await?;
            trips.finish()
        },
        move |end| async move {
            let mut stream = end.stream().await?;
            let mut frame = vec![0; frame_len];
            // Ends with the stream; a frame that is cut is noticed by who waits for it.
            while stream.read_exact(&mut frame).await.is_ok() {
                stream.write_all(&frame).await?;
                stream.flush().await?;
            }
            Ok(())
        },
    )
}

/// With the room for a frame that a reply is read into afterwards.
async fn write(
    stream: &mut Stream,
    frame: &mut [u8],
    message: &'static [u8],
    large: usize,
) -> Result<(), Failure> {
    let (header, copy) = frame.split_at_mut(HEADER_LEN);
    header.copy_from_slice(&(message.len() as u64).to_le_bytes());
    if message.len() < large {
        copy.copy_from_slice(message);
        stream.write_all(frame).await?;
    } else {
        let mut pieces = [IoSlice::new(header), IoSlice::new(message)];
        floor::write_pieces(stream, &mut pieces).await?;
    }
    Ok(stream.flush().await?)
}
