//! The crate zeromq.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use zeromq::{PullSocket, PushSocket, SocketRecv, SocketSend};

use crate::Failure;
use crate::messages::Feed;
use crate::receipt::{Receipt, Received};

/// A stream of ours ends; here the last message says so.
pub const END: Bytes = Bytes::new();

/// How many large messages may be under way.
///
/// A socket queues 100,000 messages, however large they are, and no option changes that: without a window it would
/// take minutes until the last one of a run has arrived.
#[derive(Clone)]
pub struct Window(Option<Arc<Semaphore>>);

impl Window {
    /// What the queue takes.
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// 64 MiB; unlimited for messages so short that all of a queue are not much more, and counting would cost.
    pub fn new(size: usize) -> Self {
        const MOST_BYTES: usize = 64 * 1024 * 1024;
        let large = size >= 4 * 1024;
        Self(large.then(|| Arc::new(Semaphore::new(MOST_BYTES / size))))
    }

    async fn sending(&self) -> Result<(), Failure> {
        if let Some(permits) = &self.0 {
            permits.acquire().await?.forget();
        }
        Ok(())
    }

    fn received(&self) {
        if let Some(permits) = &self.0 {
            permits.add_permits(1);
        }
    }
}

/// All messages of one task, which has the socket to itself. How many there were.
pub async fn send_all(
    socket: &mut PushSocket,
    mut feed: Feed,
    window: &Window,
) -> Result<u64, Failure> {
    while let Some(message) = feed.next_bytes() {
        window.sending().await?;
        socket.send(message.into()).await?;
    }
    Ok(feed.sent())
}

/// Until the end.
pub async fn receive_all(
    socket: &mut PullSocket,
    mut receipt: Receipt,
    window: &Window,
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
        window.received();
    }
}
