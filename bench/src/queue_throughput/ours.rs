//! Connect: plain `send`, and the queue.

use connect_tokio::{ConnectDatagram, Connection, TcpListener};

use crate::contender::{Receiving, Sending, tell};
use connect_bench::Failure;
use connect_bench::ours;
use connect_bench::receipt::Received;
use connect_bench::stack::LOOPBACK;

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
    ours::send_queued(connection, sending.messages.feeds(sending.time)).await
}

pub async fn receive(receiving: Receiving) -> Result<Received, Failure> {
    let mut listener = TcpListener::bind(LOOPBACK).await?;
    tell(receiving.address, listener.local_addr())?;
    let connection = listener.accept().await?;
    ours::receive_batches(connection, receiving.receipt).await
}
