//! What became of a transport to write to.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What became of a [`ScriptedWrite`](super::ScriptedWrite), seen from the test.
#[derive(Clone, Debug, Default)]
pub struct Written(Arc<Mutex<WriteRecord>>);

/// Everything that a [`ScriptedWrite`](super::ScriptedWrite) was told to do.
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

impl Written {
    /// What was recorded so far.
    pub fn record(&self) -> WriteRecord {
        self.lock().clone()
    }

    /// The same without a copy.
    pub fn look<T>(&self, look: impl FnOnce(&WriteRecord) -> T) -> T {
        look(&self.lock())
    }

    /// To be added to.
    pub(super) fn lock(&self) -> MutexGuard<'_, WriteRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
