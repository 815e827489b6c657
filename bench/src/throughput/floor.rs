//! The floor, on tokio and on async-std.

use std::io::IoSlice;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use connect_bench::Failure;
use connect_bench::floor::{self, HEADER_LEN, Large};
use connect_bench::receipt::Received;

use crate::contender::Run;
use crate::end::{Stream, close};
use crate::ground::Ground;
use crate::trips::{Times, Trips};

/// How much is written and read at once unless a name says otherwise.
const DEPTH: usize = 64 * 1024;

pub fn one_way<const DEPTH: usize>(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let large = large(ground);
    ground.on_tokio(
        move |end| async move { send(end.stream().await?, DEPTH, large, run).await },
        move |end| async move {
            floor::receive(&mut end.stream().await?, DEPTH, run.receipt()).await
        },
    )
}

pub fn one_way_async_std(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    ground.on_async_std(
        async move |end| send(end.async_std_stream()?, DEPTH, Large::PLAIN, run).await,
        async move |end| floor::receive(&mut end.async_std_stream()?, DEPTH, run.receipt()).await,
    )
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    let large = large(ground);
    let frame_len = HEADER_LEN + run.messages.size;
    ground.on_tokio(
        move |end| async move {
            let stream = end.stream().await?;
            there_and_back(stream, frame_len, large, run.trips()).await
        },
        move |end| async move { echo(end.stream().await?, frame_len).await },
    )
}

pub fn round_trip_async_std(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    let frame_len = HEADER_LEN + run.messages.size;
    ground.on_async_std(
        async move |end| {
            let stream = end.async_std_stream()?;
            there_and_back(stream, frame_len, Large::PLAIN, run.trips()).await
        },
        async move |end| echo(end.async_std_stream()?, frame_len).await,
    )
}

const fn large(ground: &Ground) -> Large {
    match ground.transport.has_tls() {
        true => Large::TLS,
        false => Large::PLAIN,
    }
}

async fn send(mut stream: Stream, depth: usize, large: Large, run: Run) -> Result<u64, Failure> {
    let mut feed = run.feed();
    floor::send(&mut stream, depth, large, || feed.next_slice()).await?;
    close(&mut stream).await?;
    Ok(feed.sent())
}

async fn there_and_back(
    mut stream: Stream,
    frame_len: usize,
    large: Large,
    mut trips: Trips,
) -> Result<Times, Failure> {
    let mut frame = vec![0; frame_len];
    while let Some(message) = trips.next() {
        write(&mut stream, &mut frame, message, large).await?;
        stream.read_exact(&mut frame).await?;
        trips.back(&frame[HEADER_LEN..])?;
    }
    close(&mut stream).await?;
    trips.finish()
}

async fn echo(mut stream: Stream, frame_len: usize) -> Result<(), Failure> {
    let mut frame = vec![0; frame_len];
    // Ends with the stream; a frame that is cut is noticed by who waits for it.
    while stream.read_exact(&mut frame).await.is_ok() {
        stream.write_all(&frame).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// With the room for a frame that a reply is read into afterwards.
async fn write(
    stream: &mut Stream,
    frame: &mut [u8],
    message: &'static [u8],
    large: Large,
) -> Result<(), Failure> {
    let (header, copy) = frame.split_at_mut(HEADER_LEN);
    header.copy_from_slice(&(message.len() as u64).to_le_bytes());
    if message.len() < large.from {
        copy.copy_from_slice(message);
        stream.write_all(frame).await?;
    } else {
        let mut pieces = [IoSlice::new(header), IoSlice::new(message)];
        floor::write_pieces(stream, &mut pieces).await?;
    }
    Ok(stream.flush().await?)
}
