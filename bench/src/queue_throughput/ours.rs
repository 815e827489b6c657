//! Connect: plain `send`, and the queue.

use connect_tokio::{ConnectDatagram, Connection, TcpListener};

use crate::contender::{LOOPBACK, Receiving, Sending, tell};
use connect_bench::Failure;
use connect_bench::messages::spawn_each;
use connect_bench::receipt::Received;

pub async fn send_plainly(sending: Sending) -> Result<Vec<u64>, Failure> {
    let mut connection = Connection::tcp_client(sending.address).await?;
    let writer = connection.writer();
    let mut turns = sending.messages.turns(sending.time);
    while let Some(message) = turns.next_bytes() {
        writer.send(ConnectDatagram::new(1, message)?).await?;
    }
    writer.close().await?;
    Ok(turns.sent())
}

pub async fn send_queued(sending: Sending) -> Result<Vec<u64>, Failure> {
    let connection = Connection::tcp_client(sending.address).await?;
    let (_reader, writer) = connection.split();
    let (sender, driver) = writer.into_queue();
    let driver = tokio::spawn(driver);
    let sent = spawn_each(sending.messages.feeds(sending.time), |mut feed| {
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

pub async fn receive(receiving: Receiving) -> Result<Received, Failure> {
    let mut listener = TcpListener::bind(LOOPBACK).await?;
    tell(receiving.address, listener.local_addr())?;
    let mut connection = listener.accept().await?;
    let mut receipt = receiving.receipt;
    while let Some(datagrams) = connection.reader().next_batch().await? {
        for datagram in datagrams {
            receipt.message(datagram.data())?;
        }
    }
    receipt.finish()
}
