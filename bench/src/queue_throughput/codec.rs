//! What is built by hand for want of a queue: a channel, and a task that writes what comes out of it with
//! LengthDelimitedCodec.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use crate::contender::{Receiving, Sending, accept};
use connect_bench::Failure;
use connect_bench::messages::spawn_each;
use connect_bench::receipt::Received;

const QUEUE_LEN: usize = 1024;

pub async fn send(sending: Sending) -> Result<Vec<u64>, Failure> {
    let stream = sending.connect().await?;
    let (sender, mut receiver) = mpsc::channel::<Bytes>(QUEUE_LEN);
    let writer = tokio::spawn(async move {
        let mut writer = FramedWrite::new(stream, LengthDelimitedCodec::new());
        let mut batch = Vec::with_capacity(QUEUE_LEN);
        while receiver.recv_many(&mut batch, QUEUE_LEN).await > 0 {
            for message in batch.drain(..) {
                writer.feed(message).await?;
            }
            SinkExt::<Bytes>::flush(&mut writer).await?;
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
    let mut receipt = receiving.receipt;
    let mut reader = FramedRead::new(stream, LengthDelimitedCodec::new());
    while let Some(message) = reader.next().await {
        receipt.message(&message?)?;
    }
    receipt.finish()
}
