//! The sending half of a connection: an encoder, and a byte stage behind it if there is one.

use alloc::boxed::Box;
use core::fmt;

#[cfg(feature = "std")]
use bytes::Buf;

use crate::datagram::{ConnectDatagram, DatagramRef};
use crate::encoder::Encoder;
use crate::error::StageError;
use crate::failure::Failure;
use crate::outbox::Outbox;
use crate::stage::OutboundStage;
use crate::write_error::{WriteError, WriteErrorKind};

/// An [`Encoder`] with or without an [`OutboundStage`] behind it: what an adapter drives.
///
/// Driven like an encoder alone. A failure of the stage or of the transport is kept, and every later
/// call is answered with it.
pub struct Outbound {
    encoder: Encoder,
    stage: Option<Box<dyn OutboundStage + Send + Sync>>,
    /// The stage was asked for its last word.
    stage_finished: bool,
    /// Boxed, because connections are many and failures few.
    failure: Option<Box<Failure>>,
    /// The transport failed: not even the last words of a failed stage can be written.
    broken: bool,
    /// Bytes were written since the transport was last flushed.
    unflushed: bool,
    /// The transport's writing direction was ended.
    shut_down: bool,
}

/// What a driver wants of an [`Outbound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to want")]
pub enum Goal {
    /// Room for the next datagram.
    Ready,
    /// Everything queued is written and flushed.
    Flushed,
    /// Everything that the stage has to say is written and flushed, and everything queued if the stage is
    /// ready for it: for a driver that gets it ready, by a handshake.
    StageFlushed,
    /// As `Flushed`, and the writing direction has ended. Nothing can be queued from the first step on.
    Closed,
}

/// What is left to be written.
enum Left {
    Bytes,
    /// Plain bytes, which the stage is not ready for.
    Waiting,
    Nothing,
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

impl From<Encoder> for Outbound {
    fn from(encoder: Encoder) -> Self {
        Self {
            encoder,
            stage: None,
            stage_finished: false,
            failure: None,
            broken: false,
            unflushed: false,
            shut_down: false,
        }
    }
}

impl Outbound {
    /// An encoder before `stage`.
    #[must_use]
    pub fn with_stage(encoder: Encoder, stage: impl OutboundStage + Send + Sync + 'static) -> Self {
        Self {
            stage: Some(Box::new(stage)),
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
    /// As there, or the failure of stage or transport; the datagram comes back in either case.
    #[inline]
    pub fn push(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
        match &mut self.failure {
            None => Ok(self.encoder.push(datagram)?),
            Some(failure) => Err(failure.write_error().with_datagram(datagram)),
        }
    }

    /// As [`Encoder::push_ref`].
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    #[inline]
    pub fn push_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
        match &mut self.failure {
            None => Ok(self.encoder.push_ref(datagram)?),
            Some(failure) => Err(failure.write_error()),
        }
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

    /// What to do next. Ask again after each step.
    ///
    /// ```text
    ///   Ready:    Write, while the queue is above the mark
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
    /// The failure of stage or transport; final. Or, which is not final, that nothing can be written before
    /// the stage is ready for it.
    #[inline]
    pub fn next_step(&mut self, goal: Goal) -> Result<Step, WriteError> {
        if goal != Goal::Ready {
            return self.next_step_to_the_end(goal);
        }
        let staged = self.staged();
        if self.failure.is_none() && self.encoder.is_ready() && staged == 0 {
            return Ok(Step::Done);
        }
        if let Some(failure) = &mut self.failure {
            return Err(failure.write_error());
        }
        if staged == 0 && !self.stage_is_ready() {
            return Err(not_ready());
        }
        Ok(Step::Write)
    }

    fn next_step_to_the_end(&mut self, goal: Goal) -> Result<Step, WriteError> {
        if goal == Goal::Closed {
            self.finish();
        }
        match self.settle() {
            Ok(Left::Bytes) => Ok(Step::Write),
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
        self.encoder.queued() + self.staged()
    }

    /// What is to be written next; empty when everything has been taken, the stage's last word
    /// included.
    ///
    /// # Errors
    ///
    /// The failure of the transport, or that of the stage once everything that it had to say is
    /// written; final.
    pub fn outbox(&mut self) -> Result<&mut Outbox, WriteError> {
        self.settle()?;
        Ok(match &mut self.stage {
            None => self.encoder.outbox(),
            Some(stage) => stage.outbox(),
        })
    }

    /// Lets the stage work, and says what is left. Whether the stage is ready is asked once: another thread
    /// may make it ready at any moment.
    fn settle(&mut self) -> Result<Left, WriteError> {
        let mut is_ready = true;
        if let (Some(stage), None) = (&mut self.stage, &self.failure) {
            is_ready = stage.is_ready();
            if is_ready {
                let result = feed_stage(&mut self.encoder, &mut **stage, &mut self.stage_finished);
                self.failure = result.err().map(Failure::Stage).map(Box::new);
            }
        }
        let plain = self.encoder.queued();
        let left = match &self.stage {
            None => plain,
            Some(stage) => stage.queued(),
        };
        match &mut self.failure {
            // Its last words.
            Some(_) if self.stage.is_some() && left > 0 && !self.broken => Ok(Left::Bytes),
            Some(failure) => Err(failure.write_error()),
            None if left > 0 => Ok(Left::Bytes),
            None if !is_ready && plain > 0 => Ok(Left::Waiting),
            None => Ok(Left::Nothing),
        }
    }

    /// What a write from the front of [`outbox`](Self::outbox), which offered `offered` bytes, came to.
    ///
    /// # Errors
    ///
    /// The failure of the transport, which is final. A transport that takes nothing has failed, too
    /// (to ask again would be a busy loop), and so has one that claims to have taken more than it was
    /// offered.
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
                self.outbox()?.advance(written);
                self.unflushed = true;
                return Ok(());
            }
            Ok(written) => Error::other(alloc::format!(
                "transport claims to have written {written} bytes of {offered}"
            )),
            Err(error) => error,
        };
        Err(self.fail(error))
    }

    /// What a flush of the transport came to. If it went well and nothing is queued, memory goes back.
    ///
    /// # Errors
    ///
    /// The failure of the transport; final.
    #[cfg(feature = "std")]
    pub fn handle_flush(&mut self, result: std::io::Result<()>) -> Result<(), WriteError> {
        result.map_err(|error| self.fail(error))?;
        self.unflushed = false;
        self.encoder.handle_flushed();
        if let Some(stage) = &mut self.stage {
            stage.handle_flushed();
        }
        Ok(())
    }

    /// What ending the transport's writing direction came to.
    ///
    /// # Errors
    ///
    /// The failure of the transport; final.
    #[cfg(feature = "std")]
    pub fn handle_shut_down(&mut self, result: std::io::Result<()>) -> Result<(), WriteError> {
        result.map_err(|error| self.fail(error))?;
        self.shut_down = true;
        Ok(())
    }

    /// The transport failed. Returns what every later call is answered with: the first failure.
    #[cfg(feature = "std")]
    pub fn fail(&mut self, error: std::io::Error) -> WriteError {
        self.broken = true;
        self.failure
            .get_or_insert_with(|| Box::new(error.into()))
            .write_error()
    }

    fn stage_is_ready(&self) -> bool {
        self.stage.as_ref().is_none_or(|stage| stage.is_ready())
    }

    fn staged(&self) -> usize {
        self.stage.as_ref().map_or(0, |stage| stage.queued())
    }
}

/// Hands plain bytes to the stage if it has nothing to be written, and its end behind the last of them: one
/// write takes both.
fn feed_stage(
    encoder: &mut Encoder,
    stage: &mut dyn OutboundStage,
    stage_finished: &mut bool,
) -> Result<(), StageError> {
    while stage.queued() == 0 && encoder.queued() > 0 {
        let before = encoder.queued();
        stage.process(encoder.outbox())?;
        if encoder.queued() == before {
            return Err(StageError::new("byte stage takes nothing"));
        }
    }
    if encoder.is_finished() && encoder.queued() == 0 && !*stage_finished {
        *stage_finished = true;
        stage.finish()?;
    }
    Ok(())
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
            .field("has_stage", &self.stage.is_some())
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
