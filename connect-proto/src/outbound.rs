//! The sending half of a connection: an encoder, and a byte stage behind it if there is one.

use alloc::boxed::Box;
use core::fmt;

#[cfg(feature = "std")]
use bytes::Buf;

use crate::datagram::{ConnectDatagram, DatagramRef};
use crate::encoder::Encoder;
use crate::error::StageError;
use crate::failure::Failure;
use crate::outbound_stage::StagedOutbound;
use crate::outbox::Outbox;
use crate::stage::OutboundStage;
use crate::stats::SendStats;
use crate::step::{Goal, Step};
use crate::write_error::{Unsent, WriteError, WriteErrorKind};

/// An [`Encoder`] with or without an [`OutboundStage`] behind it: what an adapter drives.
///
/// Driven like an encoder alone. A failure of the stage or of the transport is kept, and every later
/// call is answered with it.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::{Config, ConnectDatagram, Encoder, Goal, Outbound, Step};
/// use std::io::Write;
///
/// let mut transport = Vec::new();
/// let mut outbound = Outbound::from(Encoder::new(&Config::new())); // with TLS: `with_stage`
/// outbound.push(ConnectDatagram::new(7, "hello")?)?;
/// while outbound.next_step(Goal::Written)? == Step::Write {
///     let outbox = outbound.outbox()?;
///     let chunk = outbox.chunk();
///     let (offered, result) = (chunk.len(), transport.write(chunk));
///     outbound.handle_write(offered, result)?;
/// }
/// assert_eq!(transport.len(), 13);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Outbound {
    encoder: Encoder,
    staged: Option<Box<StagedOutbound<dyn OutboundStage + Send + Sync>>>,
    /// Boxed, because connections are many and failures few.
    failure: Option<Box<Failure>>,
    /// The transport failed: not even the last words of a failed stage can be written.
    broken: bool,
    /// Bytes were written since the transport was last flushed.
    unflushed: bool,
    /// The transport's writing direction was ended.
    shut_down: bool,
    most_queued_bytes: usize,
    writes: u64,
    flushes: u64,
}

/// What is left to be written.
enum Left {
    Bytes,
    /// Plain bytes, which the stage is not ready for.
    Waiting,
    Nothing,
}

impl From<Encoder> for Outbound {
    fn from(encoder: Encoder) -> Self {
        Self {
            encoder,
            staged: None,
            failure: None,
            broken: false,
            unflushed: false,
            shut_down: false,
            most_queued_bytes: 0,
            writes: 0,
            flushes: 0,
        }
    }
}

impl Outbound {
    /// An encoder before `stage`.
    #[must_use]
    pub fn with_stage(encoder: Encoder, stage: impl OutboundStage + Send + Sync + 'static) -> Self {
        Self {
            staged: Some(Box::new(StagedOutbound::new(stage))),
            ..Self::from(encoder)
        }
    }

    /// As [`Encoder::set_vectored`].
    pub const fn set_vectored(&mut self, vectored: bool) {
        self.encoder.set_vectored(vectored);
    }

    /// As [`Encoder::push`].
    ///
    /// # Errors
    ///
    /// Those of the encoder, of kind [`Refused`](WriteErrorKind::Refused); or the failure of stage or transport, of kind
    /// [`Stage`](WriteErrorKind::Stage) or `Io`. The datagram comes back in either case.
    // Always: as there.
    #[inline(always)]
    pub fn push(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        match self.failed() {
            None => Ok(self.encoder.push(datagram)?),
            Some(error) => Err(error.with_datagram(datagram)),
        }
    }

    /// As [`Encoder::push_ref`].
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), without a datagram.
    #[inline]
    pub fn push_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        match self.failed() {
            None => Ok(self.encoder.push_ref(datagram)?),
            Some(error) => Err(error),
        }
    }

    /// As [`Encoder::push_while_ready`], for as long as this [`is_ready`](Self::is_ready).
    ///
    /// # Errors
    ///
    /// As there, of kind [`Refused`](WriteErrorKind::Refused); or the failure of stage or transport, of kind
    /// [`Stage`](WriteErrorKind::Stage) or `Io`, before anything is taken from `datagrams`.
    #[inline]
    pub fn push_while_ready<'a>(
        &mut self,
        datagrams: &mut impl Iterator<Item = DatagramRef<'a>>,
    ) -> Result<bool, WriteError> {
        if let Some(error) = self.failed() {
            return Err(error);
        }
        // What waits behind the stage does not become more by what is queued before it.
        if !self.is_ready() {
            return Ok(false);
        }
        Ok(self.encoder.push_while_ready(datagrams)?)
    }

    /// As [`Encoder::finish`].
    pub fn finish(&mut self) {
        self.encoder.finish();
    }

    /// As [`Encoder::is_finished`].
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.encoder.is_finished()
    }

    /// What to do next. Ask again after each step; a step that was not done is answered again. Behind a stage the answer may
    /// also change when the receiving half has received.
    ///
    /// ```text
    ///   Ready:    Write, while the queue is above the mark
    ///   Written:  Write, while anything is queued
    ///   Flushed:  Write, while anything is queued; Flush, if anything was written
    ///   StageFlushed: the same, but for what the stage is not ready for
    ///   Closed:   as Flushed; then ShutDown, once
    /// ```
    ///
    /// The last words of a failed stage are written and flushed, and the direction is ended, before the
    /// failure is reported. After a failure of the transport there is nothing to be done.
    ///
    /// # Errors
    ///
    /// The failure of stage or transport, of kind [`Stage`](WriteErrorKind::Stage) or `Io`; final. Or, of kind `Stage` as
    /// well and not final, that nothing can be written before the stage is ready for it.
    #[inline]
    pub fn next_step(&mut self, goal: Goal) -> Result<Step, WriteError> {
        if goal != Goal::Ready {
            return self.next_step_to_the_end(goal);
        }
        if self.is_ready() {
            return Ok(Step::Done);
        }
        if let Some(error) = self.failed() {
            return Err(error);
        }
        if self.queued_behind_stage() == 0 && !self.stage_is_ready() {
            return Err(not_ready());
        }
        Ok(Step::Write)
    }

    /// Whether [`Goal::Ready`] is reached: for a driver that spares each message the way through its I/O.
    #[inline]
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.failure.is_none() && self.encoder.is_ready() && self.queued_behind_stage() == 0
    }

    fn next_step_to_the_end(&mut self, goal: Goal) -> Result<Step, WriteError> {
        if goal == Goal::Closed {
            self.finish();
        }
        match self.settle() {
            Ok(Left::Bytes) => Ok(Step::Write),
            Ok(Left::Nothing) if goal == Goal::Written => Ok(Step::Done),
            _ if self.unflushed && !self.broken => Ok(Step::Flush),
            Ok(Left::Waiting) if goal != Goal::StageFlushed => Err(not_ready()),
            _ if goal == Goal::Closed && !self.shut_down && !self.broken => Ok(Step::ShutDown),
            Ok(_) => Ok(Step::Done),
            Err(error) => Err(error),
        }
    }

    /// As [`Encoder::queued`], plus the bytes that wait behind the stage.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.encoder.queued() + self.queued_behind_stage()
    }

    /// Datagrams accepted and not yet handed to the transport whole.
    #[must_use]
    pub fn unsent(&self) -> Unsent {
        Unsent {
            messages: self.encoder.queued_messages() + self.unsent_of_stage().messages,
            bytes: self.unsent_bytes(),
        }
    }

    /// Without the messages, which have to be counted.
    pub(crate) fn unsent_bytes(&self) -> usize {
        self.encoder.queued() + self.unsent_of_stage().bytes
    }

    /// What was sent and what waits to be.
    #[must_use]
    pub fn stats(&self) -> SendStats {
        let (accepted, unsent) = (self.encoder.accepted(), self.unsent());
        SendStats {
            messages: accepted.messages.saturating_sub(unsent.messages as u64),
            bytes: accepted.bytes.saturating_sub(unsent.bytes as u64),
            queued_messages: unsent.messages,
            queued_bytes: unsent.bytes,
            most_queued_bytes: self.most_queued_bytes.max(unsent.bytes),
            writes: self.writes,
            flushes: self.flushes,
            waiting: 0,
        }
    }

    pub(crate) const fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    pub(crate) const fn encoder_mut(&mut self) -> &mut Encoder {
        &mut self.encoder
    }

    /// What is to be written next; empty when everything has been taken, the stage's last word
    /// included.
    ///
    /// # Errors
    ///
    /// The failure of the transport, of kind `Io`, or that of the stage, of kind [`Stage`](WriteErrorKind::Stage), once
    /// everything that it had to say is written; final.
    pub fn outbox(&mut self) -> Result<&mut Outbox, WriteError> {
        self.settle()?;
        Ok(match &mut self.staged {
            None => self.encoder.outbox(),
            Some(staged) => staged.stage.outbox(),
        })
    }

    /// Lets the stage work, and says what is left. Whether the stage is ready is asked once: another thread
    /// may make it ready at any moment.
    fn settle(&mut self) -> Result<Left, WriteError> {
        // Bytes may have left without a word about them, and what is taken next is not theirs.
        self.forget_sent();
        let mut is_ready = true;
        if let (Some(staged), None) = (&mut self.staged, &self.failure) {
            is_ready = staged.stage.is_ready();
            if is_ready {
                let result = staged.feed(&mut self.encoder);
                self.failure = result.err().map(Failure::Stage).map(Box::new);
                self.forget_sent();
            }
        }
        let plain = self.encoder.queued();
        let left = match &self.staged {
            None => plain,
            Some(staged) => staged.stage.queued(),
        };
        // The last words of a stage are written all the same.
        if left == 0 || self.staged.is_none() || self.broken {
            if let Some(error) = self.failed() {
                return Err(error);
            }
        }
        match left {
            1.. => Ok(Left::Bytes),
            0 if !is_ready && plain > 0 => Ok(Left::Waiting),
            0 => Ok(Left::Nothing),
        }
    }

    /// What a write from the front of [`outbox`](Self::outbox), which offered `offered` bytes, came to.
    ///
    /// # Errors
    ///
    /// The failure of the transport, of kind [`Io`](WriteErrorKind::Io), which is final. A transport that takes nothing has
    /// failed, too, with `WriteZero` (to ask again would be a busy loop), and so has one that claims to have taken more
    /// than it was offered, with `Other`.
    ///
    /// # Panics
    ///
    /// If `offered` exceeds what the outbox holds.
    #[cfg(feature = "std")]
    pub fn handle_write(
        &mut self,
        offered: usize,
        result: std::io::Result<usize>,
    ) -> Result<(), WriteError> {
        use std::io::{Error, ErrorKind};
        let error = match result {
            Ok(0) if offered == 0 => return Ok(()),
            Ok(0) => Error::new(ErrorKind::WriteZero, "transport takes no more bytes"),
            Ok(written) if written <= offered => {
                self.handle_written(written)?;
                return Ok(());
            }
            Ok(written) => Error::other(alloc::format!(
                "transport claims to have written {written} bytes of {offered}"
            )),
            Err(error) => error,
        };
        Err(self.fail(error))
    }

    #[cfg(feature = "std")]
    fn handle_written(&mut self, written: usize) -> Result<(), WriteError> {
        self.most_queued_bytes = self.most_queued_bytes.max(self.unsent_bytes());
        self.outbox()?.advance(written);
        self.unflushed = true;
        self.writes += 1;
        self.forget_sent();
        Ok(())
    }

    fn unsent_of_stage(&self) -> Unsent {
        let staged = self.staged.as_ref();
        staged.map_or_else(Unsent::default, |staged| {
            staged.unsent(self.failure.is_some())
        })
    }

    fn forget_sent(&mut self) {
        if let Some(staged) = &mut self.staged {
            staged.forget_sent(self.failure.is_some());
        }
    }

    /// What a flush of the transport came to. If it went well and nothing is queued, memory goes back.
    ///
    /// # Errors
    ///
    /// The failure of the transport, of kind [`Io`](WriteErrorKind::Io); final.
    #[cfg(feature = "std")]
    pub fn handle_flush(&mut self, result: std::io::Result<()>) -> Result<(), WriteError> {
        result.map_err(|error| self.fail(error))?;
        self.unflushed = false;
        self.flushes += 1;
        self.encoder.handle_flushed();
        if let Some(staged) = &mut self.staged {
            staged.stage.handle_flushed();
        }
        Ok(())
    }

    /// What ending the transport's writing direction came to.
    ///
    /// # Errors
    ///
    /// The failure of the transport, of kind [`Io`](WriteErrorKind::Io); final.
    #[cfg(feature = "std")]
    pub fn handle_shut_down(&mut self, result: std::io::Result<()>) -> Result<(), WriteError> {
        result.map_err(|error| self.fail(error))?;
        self.shut_down = true;
        Ok(())
    }

    /// The transport failed. Returns what every later call is answered with: the first failure.
    #[cfg(feature = "std")]
    pub fn fail(&mut self, error: std::io::Error) -> WriteError {
        self.forget_sent();
        self.broken = true;
        let unsent = self.unsent();
        self.failure
            .get_or_insert_with(|| Box::new(error.into()))
            .write_error()
            .with_unsent(unsent)
    }

    #[inline]
    fn failed(&mut self) -> Option<WriteError> {
        let error = self.failure.as_mut()?.write_error();
        Some(error.with_unsent(self.unsent()))
    }

    fn stage_is_ready(&self) -> bool {
        let staged = self.staged.as_ref();
        staged.is_none_or(|staged| staged.stage.is_ready())
    }

    fn queued_behind_stage(&self) -> usize {
        let staged = self.staged.as_ref();
        staged.map_or(0, |staged| staged.stage.queued())
    }
}

/// To wait is not for the sending half: whoever drives the receiving half gets the stage ready.
fn not_ready() -> WriteError {
    WriteErrorKind::Stage(StageError::new(
        "byte stage is not ready to send: it has to receive first",
    ))
    .into()
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("encoder", &self.encoder)
            .field("has_stage", &self.staged.is_some())
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
