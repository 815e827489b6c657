//! What a driver wants of an outbound, and what it does for that.

#[cfg(doc)]
use crate::outbound::Outbound;

/// What a driver wants of an [`Outbound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to want")]
pub enum Goal {
    /// Room for the next datagram.
    Ready,
    /// Everything queued is written.
    Written,
    /// Everything queued is written and flushed.
    Flushed,
    /// Everything that the stage has to say is written and flushed, and everything queued if the stage is
    /// ready for it: for a driver that gets it ready, by a handshake.
    StageFlushed,
    /// As `Flushed`, and the writing direction has ended. Nothing can be queued from the first step on.
    Closed,
}

/// What a driver does next, on the way to its [`Goal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver must be able to do each")]
#[must_use = "a step is to be done"]
pub enum Step {
    /// Write from the front of [`Outbound::outbox`] and say what came of it:
    /// [`Outbound::handle_write`].
    Write,
    /// Flush the transport and say what came of it: [`Outbound::handle_flush`].
    Flush,
    /// End the transport's writing direction and say what came of it:
    /// [`Outbound::handle_shut_down`].
    ShutDown,
    /// The goal is reached.
    Done,
}
