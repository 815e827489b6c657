//! What a driver wants of an outbound, and what it does for that.

#[cfg(doc)]
use crate::outbound::Outbound;

/// What a driver wants of an [`Outbound`].
///
/// ```
/// use bytes::Buf;
/// use connect_proto::{Config, ConnectDatagram, Encoder, Goal, Outbound, Step, WriteError};
/// use std::io::Write;
///
/// /// Brings `outbound` to `goal`, over a blocking transport.
/// fn drive(outbound: &mut Outbound, goal: Goal, transport: &mut Vec<u8>) -> Result<(), WriteError> {
///     loop {
///         match outbound.next_step(goal)? {
///             Step::Write => {
///                 let outbox = outbound.outbox()?;
///                 let chunk = outbox.chunk();
///                 let (offered, result) = (chunk.len(), transport.write(chunk));
///                 outbound.handle_write(offered, result)?;
///             }
///             Step::Flush => outbound.handle_flush(transport.flush())?,
///             Step::ShutDown => outbound.handle_shut_down(Ok(()))?, // a socket is shut down here
///             Step::Done => return Ok(()),
///         }
///     }
/// }
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// outbound.push(ConnectDatagram::new(7, "hello")?)?;
/// let mut transport = Vec::new();
/// drive(&mut outbound, Goal::Flushed, &mut transport)?;
/// assert_eq!(transport.len(), 13);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// use connect_proto::{Config, ConnectDatagram, Encoder, Goal, Outbound, Step};
///
/// let mut outbound = Outbound::from(Encoder::new(&Config::new()));
/// outbound.push(ConnectDatagram::new(7, "hello")?)?;
/// assert_eq!(outbound.next_step(Goal::Closed)?, Step::Write);
/// outbound.handle_write(13, Ok(13))?;
/// assert_eq!(outbound.next_step(Goal::Closed)?, Step::Flush);
/// outbound.handle_flush(Ok(()))?;
/// assert_eq!(outbound.next_step(Goal::Closed)?, Step::ShutDown);
/// outbound.handle_shut_down(Ok(()))?;
/// assert_eq!(outbound.next_step(Goal::Closed)?, Step::Done);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
