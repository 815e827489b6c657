//! The floor: frames copied into one buffer, written when it is full.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::contender::{Receiving, Sending, accept};
use connect_bench::Failure;
use connect_bench::receipt::Received;

const BUFFER_LEN: usize = 64 * 1024;

/// As long as Connect's; the length of the data is all that it says.
const HEADER_LEN: usize = 8;

pub async fn send(sending: Sending) -> Result<Vec<u64>, Failure> {
    let mut stream = sending.connect().await?;
    let frame_len = HEADER_LEN + sending.messages.size;
    let mut buffer = Vec::with_capacity(BUFFER_LEN.max(frame_len));
    let mut turns = sending.messages.turns(sending.time);
    while let Some(message) = turns.next_slice() {
        if buffer.capacity() - buffer.len() < frame_len {
            stream.write_all(&buffer).await?;
            buffer.clear();
        }
        buffer.extend_from_slice(&message.len().to_le_bytes());
        buffer.extend_from_slice(message);
    }
    stream.write_all(&buffer).await?;
    stream.shutdown().await?;
    Ok(turns.sent())
}

pub async fn receive(receiving: Receiving) -> Result<Received, Failure> {
    let mut stream = accept(receiving.address).await?;
    let mut receipt = receiving.receipt;
    let mut buffer = vec![0; BUFFER_LEN];
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            buffer.resize(2 * filled, 0);
        }
        match stream.read(&mut buffer[filled..]).await? {
            0 if filled == 0 => return receipt.finish(),
            0 => return Err("the stream ends within a frame".into()),
            received => filled += received,
        }
        let mut rest = &buffer[..filled];
        while let Some((header, behind)) = rest.split_first_chunk::<HEADER_LEN>() {
            let Some((message, behind)) = behind.split_at_checked(usize::from_le_bytes(*header))
            else {
                break;
            };
            receipt.message(message)?;
            rest = behind;
        }
        let left = rest.len();
        buffer.copy_within(filled - left..filled, 0);
        filled = left;
    }
}
