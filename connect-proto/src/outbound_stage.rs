//! A byte stage on the way out, and what became of the datagrams that it took.

use crate::encoder::Encoder;
use crate::error::StageError;
use crate::stage::OutboundStage;
use crate::write_error::Unsent;

/// The stage stands last, so that a box of it can forget its type.
pub(crate) struct StagedOutbound<S: ?Sized> {
    /// What the stage has taken since the transport last had all of its bytes: sent only when it has them.
    taken: Unsent,
    /// The stage was asked for its last word.
    finished: bool,
    pub(crate) stage: S,
}

impl<S> StagedOutbound<S> {
    pub(crate) fn new(stage: S) -> Self {
        Self {
            taken: Unsent::default(),
            finished: false,
            stage,
        }
    }
}

impl<S: OutboundStage + ?Sized> StagedOutbound<S> {
    /// Hands plain bytes to the stage if it has nothing to be written, and its end behind the last of them: one
    /// write takes both.
    pub(crate) fn feed(&mut self, encoder: &mut Encoder) -> Result<(), StageError> {
        while self.stage.queued() == 0 && encoder.queued() > 0 {
            let (bytes, messages) = (encoder.queued(), encoder.queued_messages());
            let result = self.stage.process(encoder.outbox());
            self.taken.bytes += bytes - encoder.queued();
            // Not less: bytes that are no frames make both numbers wrong.
            self.taken.messages += messages.saturating_sub(encoder.queued_messages());
            result?;
            if encoder.queued() == bytes {
                return Err(StageError::new("byte stage takes nothing"));
            }
        }
        if encoder.is_finished() && encoder.queued() == 0 && !self.finished {
            self.finished = true;
            self.stage.finish()?;
        }
        Ok(())
    }

    /// What the stage took is sent once nothing of it is left. But what it took before it failed may have come
    /// to nothing.
    pub(crate) fn unsent(&self, has_failed: bool) -> Unsent {
        if self.stage.queued() == 0 && !has_failed {
            Unsent::default()
        } else {
            self.taken
        }
    }

    /// Before more is taken, or a failure makes the number final.
    pub(crate) fn forget_sent(&mut self, has_failed: bool) {
        self.taken = self.unsent(has_failed);
    }
}
