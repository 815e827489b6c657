//! The reading half of the simulated adapter: the loop of the real ones, around a pipe.

use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::task::{Context, Poll, ready};

use connect_proto::router::RouteDelivery;
use connect_proto::{ConnectDatagram, Decoded, Inbound, ReadError, uninterrupted};

use super::pipe::PipeReader;

/// Reads from a pipe into the core.
pub(crate) struct Reader {
    read: PipeReader,
    inbound: Inbound,
    most_buffered: usize,
}

/// Room on the stack for a connection that waits.
const PROBE_LEN: usize = 100;

/// What the byte stage of TLS passes on at once at the most: what it reads at once.
const STAGE_LEN: usize = 64 * 1024;

impl Reader {
    /// `longest_frame` is that of the peer's longest, to know what may be buffered: one incomplete frame and one
    /// block.
    pub(crate) fn new(
        read: PipeReader,
        inbound: Inbound,
        longest_frame: usize,
        behind_tls: bool,
    ) -> Self {
        let block = if behind_tls {
            STAGE_LEN
        } else {
            inbound.read_block_len()
        };
        let most_buffered = longest_frame + block;
        Self {
            read,
            inbound,
            most_buffered,
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<ConnectDatagram>, ReadError> {
        poll_fn(|cx| {
            loop {
                match self.inbound.next_datagram()? {
                    Decoded::Datagram(datagram) => return Poll::Ready(Ok(Some(datagram))),
                    Decoded::End => return Poll::Ready(Ok(None)),
                    Decoded::NeedInput => ready!(self.poll_fill(cx)),
                }
            }
        })
        .await
    }

    /// Delivers to the receivers of a router until it is over: what a driver does.
    pub(crate) async fn deliver(&mut self, delivery: &mut RouteDelivery) -> Result<(), ReadError> {
        poll_fn(|cx| {
            loop {
                match ready!(delivery.poll_deliver(&mut self.inbound, cx)) {
                    ControlFlow::Break(outcome) => return Poll::Ready(outcome),
                    ControlFlow::Continue(()) => ready!(self.poll_fill(cx)),
                }
            }
        })
        .await
    }

    /// One read, for what comes before the first datagram.
    pub(crate) async fn receive(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_fill(cx)).await;
        match self.inbound.check() {
            Err(ReadError::Io(error)) => Err(error),
            _ => Ok(()),
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = if let Some(room) = self.inbound.quiet_room(PROBE_LEN) {
            let mut probe = [0; PROBE_LEN];
            let result = uninterrupted(cx, |cx| self.read.poll_read(cx, &mut probe[..room]));
            result.map(|result| {
                let len = result.as_ref().copied().unwrap_or_default();
                self.inbound.handle_quiet_read(&probe[..len], room, result);
            })
        } else {
            let spare = self.inbound.spare();
            let room = spare.len();
            let result = uninterrupted(cx, |cx| self.read.poll_read(cx, spare));
            result.map(|result| self.inbound.handle_read(room, result))
        };
        if polled.is_pending() {
            self.inbound.handle_would_block();
        }
        let buffered = self.inbound.buffered();
        assert!(
            buffered <= self.most_buffered,
            "{buffered} bytes are buffered; the bound is {}",
            self.most_buffered
        );
        polled
    }
}
