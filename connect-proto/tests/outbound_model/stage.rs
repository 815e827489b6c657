//! A stage that is told when to be ready and when to fail, and says what it has taken and made.

use std::sync::{Arc, Mutex};

use bytes::Buf;
use connect_proto::stage::OutboundStage;
use connect_proto::{Outbox, StageError};

pub(crate) const GREETING: &[u8] = b"greeting";
pub(crate) const END: &[u8] = b"end";
const ALERT: &[u8] = b"alert";

/// What stage and test both know.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) ready: bool,
    pub(crate) breaks: bool,
    pub(crate) broken: bool,
    pub(crate) finished: bool,
    /// All that the stage has made, and how many plain bytes it has taken for it.
    pub(crate) made: Vec<u8>,
    pub(crate) taken: usize,
}

/// Greets, then passes on what it gets in pieces of up to `most` bytes, and ends.
pub(crate) struct Passing {
    pub(crate) known: Arc<Mutex<Known>>,
    pub(crate) outbox: Outbox,
    pub(crate) most: usize,
}

impl Passing {
    fn make(&mut self, known: &mut Known, bytes: &[u8]) {
        assert!(!known.broken, "asked again after a failure");
        known.made.extend_from_slice(bytes);
        self.outbox.extend_from_slice(bytes);
    }

    fn fails(&mut self, known: &mut Known) -> Result<(), StageError> {
        if !known.breaks {
            return Ok(());
        }
        self.make(known, ALERT);
        known.broken = true;
        Err(StageError::new("broken"))
    }
}

impl OutboundStage for Passing {
    fn is_ready(&self) -> bool {
        self.known.lock().unwrap().ready
    }

    fn process(&mut self, plain: &mut Outbox) -> Result<(), StageError> {
        let known = Arc::clone(&self.known);
        let mut known = known.lock().unwrap();
        assert!(known.ready && !known.finished);
        let bytes = plain.copy_to_bytes(plain.remaining().min(self.most));
        known.taken += bytes.len();
        self.make(&mut known, &bytes);
        self.fails(&mut known)
    }

    fn finish(&mut self) -> Result<(), StageError> {
        let known = Arc::clone(&self.known);
        let mut known = known.lock().unwrap();
        assert!(known.ready && !known.finished, "the end, once");
        known.finished = true;
        self.make(&mut known, END);
        self.fails(&mut known)
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    fn queued(&self) -> usize {
        self.outbox.remaining()
    }
}
