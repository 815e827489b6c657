//! The floor: a hand-written loop. A connection that waits has a socket, a task, and no buffer.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncWriteExt, ReadBuf};

use super::Link;
use super::over::{End, Framing, Stream};
use crate::Failure;
use crate::floor::HEADER_LEN;

const BLOCK_LEN: usize = 64 * 1024;

thread_local! {
    /// What all connections of a thread read into.
    static BLOCK: RefCell<Vec<u8>> = RefCell::new(vec![0; BLOCK_LEN]);
}

pub struct Raw;

pub struct RawLink<S> {
    stream: S,
    /// Received and not yet handed over.
    pending: BytesMut,
}

impl Framing for Raw {
    type Link<S: Stream> = RawLink<S>;

    async fn over<S: Stream>(stream: S, _: End) -> RawLink<S> {
        RawLink {
            stream,
            pending: BytesMut::new(),
        }
    }
}

impl<S: Stream> Link for RawLink<S> {
    async fn send(&mut self, message: Bytes) -> Result<(), Failure> {
        let mut frame = Vec::with_capacity(HEADER_LEN + message.len());
        frame.extend_from_slice(&message.len().to_be_bytes());
        frame.extend_from_slice(&message);
        self.stream.write_all(&frame).await?;
        Ok(self.stream.flush().await?)
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            if let Some(message) = self.take_message() {
                return Ok(Some(message));
            }
            if poll_fn(|context| self.poll_read(context)).await? == 0 {
                return match self.pending.len() {
                    0 => Ok(None),
                    _ => Err("the stream ends within a message".into()),
                };
            }
        }
    }

    async fn close(&mut self) -> Result<(), Failure> {
        Ok(self.stream.shutdown().await?)
    }
}

impl<S: Stream> RawLink<S> {
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        BLOCK.with_borrow_mut(|block| {
            let mut block = ReadBuf::new(block);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut block))?;
            self.pending.extend_from_slice(block.filled());
            Poll::Ready(Ok(block.filled().len()))
        })
    }

    fn take_message(&mut self) -> Option<Bytes> {
        let (header, _) = self.pending.split_first_chunk::<HEADER_LEN>()?;
        let frame_len = HEADER_LEN + usize::from_be_bytes(*header);
        if self.pending.len() < frame_len {
            return None;
        }
        let mut frame = match self.pending.len() == frame_len {
            // Nothing is kept.
            true => mem::take(&mut self.pending),
            false => self.pending.split_to(frame_len),
        };
        Some(frame.split_off(HEADER_LEN).freeze())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::super::{Endpoints, Runtime, TokioTcp};
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        <TokioTcp as Endpoints>::Runtime::block_on(future).unwrap()
    }

    #[test]
    fn messages_are_found_wherever_reads_end() {
        block_on(async {
            let (mut here, there) = duplex(1024);
            let mut there = Raw::over(there, End::Server).await;
            let mut bytes = Vec::new();
            for size in [3, 1, 200_000, 70] {
                bytes.extend_from_slice(&(size as u64).to_be_bytes());
                bytes.extend_from_slice(&vec![size as u8; size]);
            }
            tokio::spawn(async move {
                for piece in bytes.chunks(7) {
                    here.write_all(piece).await.unwrap();
                }
            });
            for size in [3, 1, 200_000, 70] {
                let message = there.receive().await.unwrap().unwrap();
                assert_eq!(message, vec![size as u8; size]);
            }
            assert!(there.receive().await.unwrap().is_none());
            assert_eq!(there.pending.capacity(), 0);
        });
    }

    #[test]
    fn what_is_cut_is_an_error() {
        block_on(async {
            let (mut here, there) = duplex(1024);
            let mut there = Raw::over(there, End::Server).await;
            here.write_all(&[0, 0, 0, 0, 0, 0, 0, 2, 7]).await.unwrap();
            drop(here);
            assert!(there.receive().await.is_err());
        });
    }
}
