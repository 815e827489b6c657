//! Connect's queue and batches.

use connect_tokio::{ConnectDatagram, Connection};

use crate::Failure;
use crate::messages::{Feed, spawn_each};
use crate::receipt::{Receipt, Received};

/// Each task sends through a clone of its own of the queue's sender. How many each has sent.
pub async fn send_queued(connection: Connection, feeds: Vec<Feed>) -> Result<Vec<u64>, Failure> {
    let (_reader, writer) = connection.split();
    let (sender, driver) = writer.into_queue();
    let driver = tokio::spawn(driver);
    let sent = spawn_each(feeds, |mut feed| {
        let sender = sender.clone();
        async move {
            while let Some(message) = feed.next_bytes() {
                sender.send(ConnectDatagram::new(1, message)?).await?;
            }
            Ok(feed.sent())
        }
    })
    .await?;
    sender.flush().await?;
    sender.close().await?;
    driver.await??;
    Ok(sent)
}

/// By [`next_batch`](connect_tokio::ConnectionReader::next_batch), until the peer closes.
pub async fn receive_batches(
    mut connection: Connection,
    mut receipt: Receipt,
) -> Result<Received, Failure> {
    while let Some(datagrams) = connection.reader().next_batch().await? {
        for datagram in datagrams {
            receipt.message(datagram.data())?;
        }
    }
    receipt.finish()
}
