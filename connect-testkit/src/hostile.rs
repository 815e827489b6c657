//! Transports that do what a script says: deliver in pieces, wait, take little, take nothing, fail, lie.
//!
//! They implement the I/O traits of every runtime that has an adapter, so one script tests all of them.
//! "Wait" wakes its task at once: a test gets on by polling again, without a runtime.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

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

    fn poll(&mut self, cx: &Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.steps.pop_front() {
            None if self.stays_open => Poll::Pending,
            None => Poll::Ready(Ok(0)),
            Some(ReadStep::Bytes(bytes)) if bytes.is_empty() => self.poll(cx, room),
            Some(ReadStep::Bytes(mut bytes)) => {
                let length = bytes.len().min(room.len());
                room[..length].copy_from_slice(&bytes[..length]);
                bytes.drain(..length);
                self.steps.push_front(ReadStep::Bytes(bytes));
                Poll::Ready(Ok(length))
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

impl tokio::io::AsyncRead for ScriptedRead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.initialize_unfilled();
        self.poll(cx, room).map_ok(|length| buffer.advance(length))
    }
}

impl futures_io::AsyncRead for ScriptedRead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, room)
    }
}

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
    record: Arc<Mutex<WriteRecord>>,
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

/// What became of a [`ScriptedWrite`], seen from the test.
#[derive(Clone, Debug, Default)]
pub struct Written(Arc<Mutex<WriteRecord>>);

/// Everything that a [`ScriptedWrite`] was told to do.
#[derive(Clone, Debug, Default)]
pub struct WriteRecord {
    /// The bytes taken; with a layer between, what it makes of them.
    pub bytes: Vec<u8>,
    /// What the layer has refused, if there is one.
    pub refused: Option<String>,
    /// How many bytes each successful write took, of the layer's if there is one.
    pub writes: Vec<usize>,
    /// How many bytes had been taken when the transport was flushed, each time.
    pub flushed_at: Vec<usize>,
    /// How many bytes had been taken when the writing direction was ended, each time.
    pub shut_down_at: Vec<usize>,
    /// The most pieces that came in one write.
    pub most_pieces: usize,
    /// What a writer has to call each failure, lies included.
    pub failures: Vec<io::ErrorKind>,
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
            record: Arc::clone(&written.0),
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
        let mut record = lock(&self.record);
        let taken = record.bytes.len();
        positions(&mut record).push(taken);
        match self.fails {
            Some((fails, kind)) if fails == what => {
                record.failures.push(kind);
                Poll::Ready(Err(kind.into()))
            }
            _ => Poll::Ready(Ok(())),
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
        lock(&self.record).failures.push(kind);
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
                let mut record = lock(&self.record);
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

impl Written {
    /// What was recorded so far.
    pub fn record(&self) -> WriteRecord {
        lock(&self.0).clone()
    }

    /// The same without a copy.
    pub fn look<T>(&self, look: impl FnOnce(&WriteRecord) -> T) -> T {
        look(&lock(&self.0))
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

fn lock(record: &Mutex<WriteRecord>) -> MutexGuard<'_, WriteRecord> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}
