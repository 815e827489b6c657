//! A transport to write to.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::record::{WriteRecord, Written};

/// What one write does.
#[derive(Clone, Copy, Debug)]
pub enum WriteStep {
    /// Takes up to this many bytes.
    Take(usize),
    /// Takes nothing yet.
    Wait,
    /// Says that it took 0 bytes.
    TakeZero,
    /// Says that it took one byte more than it was offered.
    TakeTooMany,
    /// Fails.
    Fail(io::ErrorKind),
}

/// A transport to write to, which follows its script over and over.
///
/// With an empty script it takes everything.
#[derive(Debug)]
pub struct ScriptedWrite {
    script: Vec<WriteStep>,
    position: usize,
    vectored: bool,
    layer: Option<Layer>,
    fails: Option<(Fails, io::ErrorKind)>,
    /// If flushing and ending wait before they answer: whether they have waited.
    reluctance: Option<bool>,
    written: Written,
}

/// What fails of a [`ScriptedWrite`] beside its writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// Flushing.
    Flush,
    /// Ending the writing direction.
    ShutDown,
}

/// Makes of the bytes taken what is recorded, or says why not.
struct Layer(Box<Decode>);

type Decode = dyn FnMut(&[u8]) -> Result<Vec<u8>, String> + Send + Sync;

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer").finish_non_exhaustive()
    }
}

impl ScriptedWrite {
    /// Whether several pieces are taken in one write.
    #[must_use]
    pub const fn is_vectored(&self) -> bool {
        self.vectored
    }

    /// A transport that follows `script`, and the view of it that stays with the test.
    pub fn new(script: impl IntoIterator<Item = WriteStep>, vectored: bool) -> (Self, Written) {
        let written = Written::default();
        let write = Self {
            script: script.into_iter().collect(),
            position: 0,
            vectored,
            layer: None,
            fails: None,
            reluctance: None,
            written: written.clone(),
        };
        (write, written)
    }

    /// The same, but this fails, always.
    #[must_use]
    pub const fn failing(mut self, what: Fails, kind: io::ErrorKind) -> Self {
        self.fails = Some((what, kind));
        self
    }

    /// The same, but flushing and ending wait once before each answer.
    #[must_use]
    pub const fn reluctant(mut self) -> Self {
        self.reluctance = Some(false);
        self
    }

    /// The answer of what is no write, and where it is recorded.
    fn answer(
        &mut self,
        cx: &Context<'_>,
        what: Fails,
        positions: fn(&mut WriteRecord) -> &mut Vec<usize>,
    ) -> Poll<io::Result<()>> {
        if let Some(waited) = &mut self.reluctance {
            *waited = !*waited;
            if *waited {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        let mut record = self.written.lock();
        match self.fails {
            Some((fails, kind)) if fails == what => {
                record.failures.push(kind);
                Poll::Ready(Err(kind.into()))
            }
            _ => {
                let taken = record.bytes.len();
                positions(&mut record).push(taken);
                Poll::Ready(Ok(()))
            }
        }
    }

    /// The same behind a layer: what is recorded is what `decode` makes of the bytes taken.
    #[must_use]
    pub fn behind(
        mut self,
        decode: impl FnMut(&[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        self.layer = Some(Layer(Box::new(decode)));
        self
    }

    /// A transport without vectored writes takes the first piece, as the traits' defaults do.
    fn poll_pieces(
        &mut self,
        cx: &Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let most = if self.vectored { pieces.len() } else { 1 };
        let pieces: Vec<&[u8]> = pieces.iter().take(most).map(|piece| &**piece).collect();
        self.poll(cx, &pieces)
    }

    fn flush(&mut self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        self.answer(cx, Fails::Flush, |record| &mut record.flushed_at)
    }

    fn shut_down(&mut self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        self.answer(cx, Fails::ShutDown, |record| &mut record.shut_down_at)
    }

    fn fail(&self, kind: io::ErrorKind) {
        self.written.lock().failures.push(kind);
    }

    fn poll(&mut self, cx: &Context<'_>, pieces: &[&[u8]]) -> Poll<io::Result<usize>> {
        let step = match self.script.len() {
            0 => WriteStep::Take(usize::MAX),
            length => self.script[self.position % length],
        };
        self.position += 1;
        let offered: usize = pieces.iter().map(|piece| piece.len()).sum();
        match step {
            WriteStep::Take(most) => {
                let mut record = self.written.lock();
                let length = most.min(offered);
                let bytes = pieces.iter().copied().flatten().copied().take(length);
                match &mut self.layer {
                    None => record.bytes.extend(bytes),
                    Some(layer) => match (layer.0)(&bytes.collect::<Vec<_>>()) {
                        Ok(bytes) => record.bytes.extend(bytes),
                        Err(why) => record.refused = Some(why),
                    },
                }
                record.writes.push(length);
                record.most_pieces = record.most_pieces.max(pieces.len());
                Poll::Ready(Ok(length))
            }
            WriteStep::Wait => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            WriteStep::TakeZero => {
                self.fail(io::ErrorKind::WriteZero);
                Poll::Ready(Ok(0))
            }
            WriteStep::TakeTooMany => {
                self.fail(io::ErrorKind::Other);
                Poll::Ready(Ok(offered + 1))
            }
            WriteStep::Fail(kind) => {
                self.fail(kind);
                Poll::Ready(Err(kind.into()))
            }
        }
    }
}

impl tokio::io::AsyncWrite for ScriptedWrite {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, &[bytes])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_pieces(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut_down(cx)
    }
}

impl futures_io::AsyncWrite for ScriptedWrite {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, &[bytes])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_pieces(cx, pieces)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut_down(cx)
    }
}
