//! What is built by hand for want of a queue: a channel, and a task that writes what comes out of it with
//! LengthDelimitedCodec.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use crate::contender::{Receiving, Sending, accept};
use connect_bench::Failure;
use connect_bench::messages::spawn_each;
use connect_bench::receipt::{Receipt, Received};

/// Messages in the channel. In one four times as long, half of 64 tasks hardly get to send.
const QUEUE_LEN: usize = 1024;

/// Capacity and boundary of the tuned one.
const DEPTH: usize = 256 * 1024;

type Writer = FramedWrite<TcpStream, LengthDelimitedCodec>;

pub async fn send(sending: Sending) -> Result<Vec<u64>, Failure> {
    let stream = sending.connect().await?;
    let writer = FramedWrite::new(stream, LengthDelimitedCodec::new());
    send_through(writer, sending).await
}

pub async fn send_tuned(sending: Sending) -> Result<Vec<u64>, Failure> {
    let stream = sending.connect().await?;
    // The capacity is the boundary as well.
    let writer = FramedWrite::with_capacity(stream, LengthDelimitedCodec::new(), DEPTH);
    send_through(writer, sending).await
}

async fn send_through(mut writer: Writer, sending: Sending) -> Result<Vec<u64>, Failure> {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(QUEUE_LEN);
    let writer = tokio::spawn(async move {
        let mut batch = Vec::with_capacity(QUEUE_LEN);
        while receiver.recv_many(&mut batch, QUEUE_LEN).await > 0 {
            for message in batch.drain(..) {
                writer.feed(message).await?;
            }
            // What more waits by now goes with it.
            if receiver.is_empty() {
                SinkExt::<Bytes>::flush(&mut writer).await?;
            }
        }
        SinkExt::<Bytes>::close(&mut writer).await
    });
    let sent = spawn_each(sending.messages.feeds(sending.time), |mut feed| {
        let sender = sender.clone();
        async move {
            while let Some(message) = feed.next_bytes() {
                sender.send(message).await?;
            }
            Ok(feed.sent())
        }
    })
    .await?;
    drop(sender);
    writer.await??;
    Ok(sent)
}

pub async fn receive(receiving: Receiving) -> Result<Received, Failure> {
    let stream = accept(receiving.address).await?;
    let reader = FramedRead::new(stream, LengthDelimitedCodec::new());
    receive_all(reader, receiving.receipt).await
}

pub async fn receive_tuned(receiving: Receiving) -> Result<Received, Failure> {
    let stream = accept(receiving.address).await?;
    let reader = FramedRead::with_capacity(stream, LengthDelimitedCodec::new(), DEPTH);
    receive_all(reader, receiving.receipt).await
}

async fn receive_all(
    mut reader: FramedRead<TcpStream, LengthDelimitedCodec>,
    mut receipt: Receipt,
) -> Result<Received, Failure> {
    while let Some(message) = reader.next().await {
        receipt.message(&message?)?;
    }
    receipt.finish()
}
