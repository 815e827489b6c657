//! A transport to read from.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What one read does.
#[derive(Clone, Debug)]
pub enum ReadStep {
    /// Delivers these bytes, over several reads if there is less room.
    Bytes(Vec<u8>),
    /// Has nothing yet.
    Wait,
    /// Fails.
    Fail(io::ErrorKind),
}

/// A transport to read from. At the end of its script the stream ends.
#[derive(Debug)]
pub struct ScriptedRead {
    steps: VecDeque<ReadStep>,
    /// Waits for ever at the end of the script.
    stays_open: bool,
    layered: Layered,
}

/// What becomes of the bytes of a layer between the script and its reader, such as TLS.
#[derive(Clone, Debug, Default)]
struct Layered {
    /// The stream ends without the layer saying so.
    cut_off: bool,
    /// The layer's bytes are joined and delivered in pieces of these lengths.
    recut: Option<Vec<usize>>,
    /// A byte of the layer's that is changed on its way.
    changed: Option<usize>,
}

impl ScriptedRead {
    /// A transport that follows `steps`.
    pub fn new(steps: impl IntoIterator<Item = ReadStep>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            stays_open: false,
            layered: Layered::default(),
        }
    }

    /// A transport that delivers `bytes` in pieces of the given lengths, waiting before each.
    pub fn in_pieces(bytes: &[u8], lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut rest = bytes;
        let mut steps = Vec::new();
        for length in lengths {
            let (piece, later) = rest.split_at(length.min(rest.len()));
            steps.extend([ReadStep::Wait, ReadStep::Bytes(piece.to_vec())]);
            rest = later;
        }
        steps.push(ReadStep::Bytes(rest.to_vec()));
        Self::new(steps)
    }

    /// A transport that never has anything to read, and never ends.
    pub fn silent() -> Self {
        Self::new([]).staying_open()
    }

    /// Waits at the end of the script, instead of ending.
    #[must_use]
    pub fn staying_open(mut self) -> Self {
        self.stays_open = true;
        self
    }

    /// With a layer between: its stream ends without the layer saying so.
    #[must_use]
    pub fn cut_off(mut self) -> Self {
        self.layered.cut_off = true;
        self
    }

    /// With a layer between: its bytes come in pieces of these lengths, whatever the script says.
    #[must_use]
    pub fn recut(mut self, lengths: impl IntoIterator<Item = usize>) -> Self {
        self.layered.recut = Some(lengths.into_iter().collect());
        self
    }

    /// With a layer between: this byte of it is changed on its way.
    #[must_use]
    pub fn changed_at(mut self, index: usize) -> Self {
        self.layered.changed = Some(index);
        self
    }

    /// The same script behind a layer. `encode` is given what the script delivers, and `None` for its end.
    #[must_use]
    pub fn behind(mut self, mut encode: impl FnMut(Option<&[u8]>) -> Vec<u8>) -> Self {
        let Layered {
            cut_off,
            recut,
            changed,
        } = std::mem::take(&mut self.layered);
        for step in &mut self.steps {
            if let ReadStep::Bytes(bytes) = step {
                *bytes = encode(Some(bytes));
            }
        }
        if !cut_off && !self.stays_open {
            self.steps.push_back(ReadStep::Bytes(encode(None)));
        }
        if recut.is_none() && changed.is_none() {
            return self;
        }
        let mut stream: Vec<u8> = self.steps.iter().flat_map(bytes_of).copied().collect();
        if let Some(index) = changed {
            stream[index] ^= 1;
        }
        let recut = Self::in_pieces(&stream, recut.unwrap_or_default());
        Self {
            stays_open: self.stays_open,
            ..recut
        }
    }

    /// The bytes of one read into `room` bytes: none at the end.
    fn poll(&mut self, cx: &Context<'_>, room: usize) -> Poll<io::Result<Vec<u8>>> {
        match self.steps.pop_front() {
            None if self.stays_open => Poll::Pending,
            None => Poll::Ready(Ok(Vec::new())),
            Some(ReadStep::Bytes(bytes)) if bytes.is_empty() => self.poll(cx, room),
            Some(ReadStep::Bytes(mut bytes)) => {
                let rest = bytes.split_off(bytes.len().min(room));
                self.steps.push_front(ReadStep::Bytes(rest));
                Poll::Ready(Ok(bytes))
            }
            Some(ReadStep::Wait) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(ReadStep::Fail(kind)) => Poll::Ready(Err(kind.into())),
        }
    }
}

fn bytes_of(step: &ReadStep) -> &[u8] {
    match step {
        ReadStep::Bytes(bytes) => bytes,
        ReadStep::Wait | ReadStep::Fail(_) => &[],
    }
}

/// As a socket does: what lies behind the bytes that came stays as it is, initialised or not.
impl tokio::io::AsyncRead for ScriptedRead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = ready!(self.poll(cx, buffer.remaining()))?;
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncRead for ScriptedRead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = ready!(self.poll(cx, room.len()))?;
        room[..bytes.len()].copy_from_slice(&bytes);
        Poll::Ready(Ok(bytes.len()))
    }
}
