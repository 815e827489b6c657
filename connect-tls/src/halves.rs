//! The reading and the writing half of a TLS connection, for two tasks.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Buf;
use connect_proto::stage::{InboundStage, OutboundStage};
use connect_proto::{Decoder, Outbox, StageError};

use crate::engine::Engine;
use crate::error::TlsError;
use crate::handle::TlsHandle;
use crate::incoming::Incoming;
use crate::unbuffered::RECORD_LEN;

/// How much plain data is encrypted for one write: four records. More would hold the lock for longer and
/// need more memory, and no system call is worth more.
const FLUSH_LEN: usize = 4 * RECORD_LEN;

/// What both halves share. The lock is held while bytes are encrypted or decrypted, never while anything is
/// read or written.
#[derive(Debug)]
pub(crate) struct Shared {
    engine: Mutex<Engine>,
    /// The engine's own, for questions that are asked once a message and must not wait.
    aside_len: AtomicUsize,
    can_write: AtomicBool,
}

impl Shared {
    pub(crate) fn with<T>(&self, use_engine: impl FnOnce(&mut Engine) -> T) -> T {
        let mut engine = self.engine.lock().unwrap_or_else(|poisoned| {
            let mut engine = PoisonError::into_inner(poisoned);
            engine.fail(TlsError::panicked());
            engine
        });
        let value = use_engine(&mut engine);
        self.aside_len.store(engine.aside_len(), Ordering::Release);
        self.can_write.store(engine.can_write(), Ordering::Release);
        value
    }

    fn aside_len(&self) -> usize {
        self.aside_len.load(Ordering::Acquire)
    }
}

pub(crate) fn split(engine: Engine) -> (TlsReader, TlsWriter, TlsHandle) {
    let shared = Arc::new(Shared {
        aside_len: AtomicUsize::new(engine.aside_len()),
        can_write: AtomicBool::new(engine.can_write()),
        engine: Mutex::new(engine),
    });
    (
        TlsReader {
            shared: Arc::clone(&shared),
            incoming: Incoming::default(),
        },
        TlsWriter {
            shared: Arc::clone(&shared),
            outbox: Outbox::new(),
            gathered: Vec::new(),
        },
        TlsHandle::new(shared),
    )
}

/// The reading half: ciphertext to plain bytes, as a stage before a [`Decoder`].
///
/// What it has to say itself (its part of the handshake, an alert) goes out by the [`TlsWriter`].
pub(crate) struct TlsReader {
    shared: Arc<Shared>,
    incoming: Incoming,
}

impl InboundStage for TlsReader {
    fn spare(&mut self) -> &mut [u8] {
        self.incoming.spare()
    }

    fn commit(&mut self, received: usize, decoder: &mut Decoder) -> Result<(), StageError> {
        self.incoming.commit(received);
        let input = self.incoming.filled_mut();
        let (done, peer_closed) = self.shared.with(|engine| {
            let done = engine.receive(input, &mut |plain| decoder.extend_from_slice(plain));
            (done, engine.is_peer_closed())
        });
        self.incoming.consume(done?);
        if peer_closed {
            decoder.finish();
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Decoder) -> Result<(), StageError> {
        Ok(self.shared.with(Engine::finish)?)
    }

    fn handle_would_block(&mut self) {
        self.incoming.release();
    }

    fn is_quiet(&self) -> bool {
        self.incoming.is_empty()
    }
}

/// The writing half: plain bytes to ciphertext, as a stage behind an [`Encoder`](connect_proto::Encoder).
///
/// All plain bytes that are queued at the time of a write share records, however many messages they are.
pub(crate) struct TlsWriter {
    shared: Arc<Shared>,
    outbox: Outbox,
    /// Plain bytes that lie in several pieces and belong in one record.
    gathered: Vec<u8>,
}

impl OutboundStage for TlsWriter {
    fn is_ready(&self) -> bool {
        self.shared.can_write.load(Ordering::Acquire)
    }

    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        let Self {
            shared,
            outbox,
            gathered,
        } = self;
        Ok(shared.with(|engine| {
            engine.take_aside(outbox);
            encrypt(engine, plain, outbox, gathered)
        })?)
    }

    fn finish(&mut self) -> Result<(), StageError> {
        let outbox = &mut self.outbox;
        Ok(self.shared.with(|engine| {
            engine.take_aside(outbox);
            engine.close(outbox)
        })?)
    }

    fn outbox(&mut self) -> &mut Outbox {
        if self.shared.aside_len() > 0 {
            let outbox = &mut self.outbox;
            self.shared.with(|engine| engine.take_aside(outbox));
        }
        &mut self.outbox
    }

    fn handle_flushed(&mut self) {
        self.outbox.release();
        self.gathered = Vec::new();
    }

    fn queued(&self) -> usize {
        self.outbox.remaining() + self.shared.aside_len()
    }
}

/// Encrypts up to [`FLUSH_LEN`] bytes from the front of `plain`, in full records if there is enough: from
/// where they lie if a piece is long enough, else from a copy.
fn encrypt(
    engine: &mut Engine,
    plain: &mut Outbox,
    outbox: &mut Outbox,
    gathered: &mut Vec<u8>,
) -> Result<(), TlsError> {
    let mut left = plain.remaining().min(FLUSH_LEN);
    while left > 0 {
        let chunk = plain.chunk();
        let taken = match chunk.len().min(left) {
            len if len == left => len,
            len => len - len % RECORD_LEN,
        };
        let taken = if taken > 0 {
            engine.encrypt(chunk.get(..taken).unwrap_or_default(), outbox)?;
            plain.advance(taken);
            taken
        } else {
            gather(plain, RECORD_LEN.min(left), gathered);
            engine.encrypt(gathered, outbox)?;
            gathered.len()
        };
        left -= taken;
    }
    Ok(())
}

fn gather(plain: &mut Outbox, len: usize, gathered: &mut Vec<u8>) {
    gathered.clear();
    gathered.reserve_exact(len);
    while gathered.len() < len {
        let chunk = plain.chunk();
        let taken = chunk.len().min(len - gathered.len());
        gathered.extend_from_slice(chunk.get(..taken).unwrap_or_default());
        plain.advance(taken);
    }
}

impl fmt::Debug for TlsReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsReader").finish_non_exhaustive()
    }
}

impl fmt::Debug for TlsWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsWriter")
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}
