//! The floor, whose one loop sends for all tasks.

use tokio::io::AsyncWriteExt;

use crate::contender::{Receiving, Sending, accept};
use connect_bench::Failure;
use connect_bench::floor::{self, Large};
use connect_bench::receipt::Received;

const DEPTH: usize = 64 * 1024;

pub async fn send(sending: Sending) -> Result<Vec<u64>, Failure> {
    let mut stream = sending.connect().await?;
    let mut turns = sending.messages.turns(sending.time);
    floor::send(&mut stream, DEPTH, Large::PLAIN, || turns.next_slice()).await?;
    stream.shutdown().await?;
    Ok(turns.sent())
}

pub async fn receive(receiving: Receiving) -> Result<Received, Failure> {
    let mut stream = accept(receiving.address).await?;
    floor::receive(&mut stream, DEPTH, receiving.receipt).await
}
