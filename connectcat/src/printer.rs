//! Standard output, whole messages at a time.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;

/// Where all connections show their messages, one after the other.
#[derive(Clone)]
pub(crate) struct Printer {
    stream: Arc<Mutex<Box<dyn AsyncWrite + Send + Unpin>>>,
}

impl Printer {
    pub(crate) fn new(stream: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self {
            stream: Arc::new(Mutex::new(Box::new(stream))),
        }
    }

    /// Writes whole messages, and gives the buffer back that they came in.
    ///
    /// Dropped before its turn has come, it writes nothing. From then on all is written, even if it is dropped:
    /// [`settled`](Self::settled) waits for that.
    pub(crate) async fn print(&self, messages: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut stream = Arc::clone(&self.stream).lock_owned().await;
        let writing = tokio::spawn(async move {
            stream.write_all(&messages).await?;
            stream.flush().await?;
            Ok(messages)
        });
        writing.await?
    }

    /// Waits until nothing is being written.
    pub(crate) async fn settled(&self) {
        drop(self.stream.lock().await);
    }
}
