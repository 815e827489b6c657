//! The crate zeromq.

use bytes::Bytes;
use zeromq::{PullSocket, PushSocket, SocketRecv, SocketSend};

use crate::Failure;
use crate::messages::Feed;
use crate::receipt::{Receipt, Received};

/// A stream of ours ends; here the last message says so.
pub const END: Bytes = Bytes::new();

/// All messages of one task, which has the socket to itself. How many there were.
pub async fn send_all(socket: &mut PushSocket, mut feed: Feed) -> Result<u64, Failure> {
    while let Some(message) = feed.next_bytes() {
        socket.send(message.into()).await?;
    }
    Ok(feed.sent())
}

/// Until the end.
pub async fn receive_all(
    socket: &mut PullSocket,
    mut receipt: Receipt,
) -> Result<Received, Failure> {
    loop {
        let message = socket.recv().await?;
        let Some(data) = message.get(0) else {
            return Err("a message without a frame".into());
        };
        if *data == END {
            return receipt.finish();
        }
        receipt.message(data)?;
    }
}
