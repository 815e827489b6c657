//! The floor and Connect on async-std, over TCP.

use std::io::IoSlice;
use std::net::Shutdown;

use async_std::net::TcpStream;
use bytes::Bytes;
use connect_async_std::{Config, ConnectDatagram, Connection};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};

use connect_bench::Failure;
use connect_bench::floor::{Batch, Block, HEADER_LEN, LARGE, Reach};
use connect_bench::receipt::{Receipt, Received};

use crate::contender::Run;
use crate::ground::Ground;
use crate::trips::Times;

const DEPTH: usize = 64 * 1024;

/// Who gets all messages.
const RECIPIENT: u16 = 1;

pub fn one_way_floor(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    ground.on_async_std(
        async move |end| {
            let mut stream = end.async_std()?;
            let mut feed = run.feed();
            send(&mut stream, || feed.next_slice()).await?;
            close(&mut stream).await?;
            Ok(feed.sent())
        },
        async move |end| receive(&mut end.async_std()?, run.receipt()).await,
    )
}

/// As [`connect_bench::floor::send`].
async fn send(
    stream: &mut TcpStream,
    next: impl FnMut() -> Option<&'static [u8]>,
) -> Result<(), Failure> {
    let mut batch = Batch::new(DEPTH, LARGE, next);
    loop {
        match batch.fill() {
            Reach::Nothing => return Ok(()),
            Reach::Copied(bytes) => stream.write_all(bytes).await?,
            Reach::Pieces(mut pieces) => write_pieces(stream, &mut pieces).await?,
        }
    }
}

/// As [`connect_bench::floor::write_pieces`].
async fn write_pieces(
    stream: &mut TcpStream,
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

/// As [`connect_bench::floor::receive`].
async fn receive(stream: &mut TcpStream, mut receipt: Receipt) -> Result<Received, Failure> {
    let mut block = Block::new(DEPTH);
    loop {
        match stream.read(block.spare()).await? {
            0 => break,
            received => block.received(received, |message| receipt.message(message))?,
        }
    }
    block.finish()?;
    receipt.finish()
}

/// Ends the direction, and waits until the peer is gone.
async fn close(stream: &mut TcpStream) -> Result<(), Failure> {
    stream.shutdown(Shutdown::Write)?;
    while matches!(stream.read(&mut [0; 64]).await, Ok(1..)) {}
    Ok(())
}

pub fn round_trip_floor(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    let frame_len = HEADER_LEN + run.messages.size;
    ground.on_async_std(
        async move |end| {
            let mut stream = end.async_std()?;
            let mut frame = vec![0; frame_len];
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                let (header, copy) = frame.split_at_mut(HEADER_LEN);
                header.copy_from_slice(&(message.len() as u64).to_le_bytes());
                if message.len() < LARGE {
                    copy.copy_from_slice(message);
                    stream.write_all(&frame).await?;
                } else {
                    let mut pieces = [IoSlice::new(header), IoSlice::new(message)];
                    write_pieces(&mut stream, &mut pieces).await?;
                }
                stream.read_exact(&mut frame).await?;
                trips.back(&frame[HEADER_LEN..])?;
            }
            close(&mut stream).await?;
            trips.finish()
        },
        async move |end| {
            let mut stream = end.async_std()?;
            let mut frame = vec![0; frame_len];
            // Ends with the stream; a frame that is cut is noticed by who waits for it.
            while stream.read_exact(&mut frame).await.is_ok() {
                stream.write_all(&frame).await?;
            }
            Ok(())
        },
    )
}

pub fn one_way_ours(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    ground.on_async_std(
        async move |end| {
            let mut connection = Connection::from_tcp(end.async_std()?, Config::new())?;
            let mut feed = run.feed();
            while let Some(message) = feed.next_bytes() {
                let datagram = ConnectDatagram::new(RECIPIENT, message)?;
                connection.writer().feed(datagram).await?;
            }
            connection.close().await?;
            Ok(feed.sent())
        },
        async move |end| {
            let mut connection = Connection::from_tcp(end.async_std()?, Config::new())?;
            let mut receipt = run.receipt();
            while let Some(datagram) = connection.reader().next().await? {
                receipt.message(datagram.data())?;
            }
            receipt.finish()
        },
    )
}

pub fn round_trip_ours(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    ground.on_async_std(
        async move |end| {
            let mut connection = Connection::from_tcp(end.async_std()?, Config::new())?;
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                let message = Bytes::from_static(message);
                let datagram = ConnectDatagram::new(RECIPIENT, message)?;
                connection.writer().send(datagram).await?;
                let reply = connection.reader().next().await?;
                trips.back(reply.ok_or("the peer has closed")?.data())?;
            }
            connection.writer().close().await?;
            if connection.reader().next().await?.is_some() {
                return Err("a message too many came back".into());
            }
            trips.finish()
        },
        async move |end| {
            let mut connection = Connection::from_tcp(end.async_std()?, Config::new())?;
            while let Some(datagram) = connection.reader().next().await? {
                connection.writer().send(datagram).await?;
            }
            Ok(connection.close().await?)
        },
    )
}
