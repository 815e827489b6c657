//! The receiving half of a connection: a decoder, and a byte stage before it if there is one.

use alloc::boxed::Box;
use core::fmt;

use bytes::BufMut;

use crate::datagram::{ConnectDatagram, DatagramRef};
use crate::datagrams::Datagrams;
use crate::decoder::{Decoded, Decoder};
use crate::error::StageError;
use crate::failure::Failure;
use crate::header::Header;
use crate::read_error::ReadError;
use crate::stage::InboundStage;
use crate::stats::ReceiveStats;
use crate::store::move_front;

/// A [`Decoder`] with or without an [`InboundStage`] before it: what an adapter drives.
///
/// Driven like a decoder alone. A failure of the stage or of the transport is kept, and reported
/// after every datagram that had arrived whole before it.
///
/// ```
/// use connect_proto::{Config, ConnectDatagram, Decoded, Decoder, Inbound};
/// use std::io::Read;
///
/// let frame = ConnectDatagram::new(7, "hello")?.encode()?;
/// let mut transport = &frame[..];
/// let mut inbound = Inbound::from(Decoder::new(&Config::new())); // with TLS: `with_stage`
/// loop {
///     match inbound.next_datagram()? {
///         Decoded::Datagram(datagram) => assert_eq!(datagram.data(), "hello"),
///         Decoded::NeedInput => {
///             let space = inbound.spare();
///             let room = space.len();
///             let received = transport.read(space);
///             inbound.handle_read(room, received);
///         }
///         Decoded::End => break,
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Inbound {
    decoder: Decoder,
    staged: Option<Box<StagedInbound<dyn InboundStage + Send + Sync>>>,
    /// Boxed, because connections are many and failures few.
    failure: Option<Box<Failure>>,
}

/// The stage stands last, so that a box of it can forget its type.
struct StagedInbound<S: ?Sized> {
    /// The stage was told of the end.
    finished: bool,
    stage: S,
}

impl From<Decoder> for Inbound {
    fn from(decoder: Decoder) -> Self {
        Self {
            decoder,
            staged: None,
            failure: None,
        }
    }
}

impl Inbound {
    /// A decoder behind `stage`.
    #[must_use]
    pub fn with_stage(decoder: Decoder, stage: impl InboundStage + Send + Sync + 'static) -> Self {
        Self {
            staged: Some(Box::new(StagedInbound {
                finished: false,
                stage,
            })),
            ..Self::from(decoder)
        }
    }

    /// As [`Decoder::next_datagram`].
    ///
    /// # Errors
    ///
    /// [`ReadError::Protocol`] as there, [`ReadError::Stage`] or `ReadError::Io`, after everything that arrived whole before
    /// it; final.
    #[inline]
    pub fn next_datagram(&mut self) -> Result<Decoded<ConnectDatagram>, ReadError> {
        match (self.decoder.next_datagram(), &mut self.failure) {
            (Ok(Decoded::NeedInput), Some(failure)) => Err(failure.read_error()),
            (answer, _) => answer.map_err(ReadError::Protocol),
        }
    }

    /// As [`Decoder::take_datagram`].
    // Always: as there.
    #[inline(always)]
    #[must_use = "the datagram is taken, and would be lost"]
    pub fn take_datagram(&mut self) -> Option<ConnectDatagram> {
        self.decoder.take_datagram()
    }

    /// As [`Decoder::next_datagram_ref`].
    ///
    /// # Errors
    ///
    /// As [`next_datagram`](Self::next_datagram).
    #[inline]
    pub fn next_datagram_ref(&mut self) -> Result<Decoded<DatagramRef<'_>>, ReadError> {
        match (self.decoder.next_datagram_ref(), &mut self.failure) {
            (Ok(Decoded::NeedInput), Some(failure)) => Err(failure.read_error()),
            (answer, _) => answer.map_err(ReadError::Protocol),
        }
    }

    /// As [`Decoder::datagrams`].
    pub fn datagrams(&mut self) -> Datagrams<'_> {
        self.decoder.datagrams()
    }

    /// As [`Decoder::next_header`].
    #[inline]
    #[must_use]
    pub fn next_header(&self) -> Option<Header> {
        self.decoder.next_header()
    }

    /// As [`Decoder::has_datagram`].
    #[must_use]
    pub fn has_datagram(&self) -> bool {
        self.decoder.has_datagram()
    }

    /// As [`Decoder::has_answer`].
    #[must_use]
    pub fn has_answer(&mut self) -> bool {
        self.failure.is_some() || self.decoder.has_answer()
    }

    /// As [`Decoder::spare`]. Empty only before a stage that breaks its promise of space.
    pub fn spare(&mut self) -> &mut [u8] {
        match &mut self.staged {
            None => self.decoder.spare(),
            Some(staged) => staged.stage.spare(),
        }
    }

    /// As [`Decoder::spare_buf`]; `None` behind a stage, which has only [`spare`](Self::spare).
    pub fn spare_buf(&mut self) -> Option<impl BufMut> {
        match &self.staged {
            None => Some(self.decoder.spare_buf()),
            Some(_) => None,
        }
    }

    /// As [`Decoder::commit`]. Ignored after a failure.
    ///
    /// # Panics
    ///
    /// As there. With a stage, it is the stage that does.
    pub fn commit(&mut self, received: usize) {
        if self.failure.is_some() {
            return;
        }
        match &mut self.staged {
            None => self.decoder.commit(received),
            Some(staged) => {
                let result = staged.stage.commit(received, &mut self.decoder);
                self.failure = result.err().map(Failure::Stage).map(Box::new);
            }
        }
    }

    /// As [`Decoder::extend_from_slice`]. Ignored after a failure.
    pub fn extend_from_slice(&mut self, mut bytes: &[u8]) {
        if self.failure.is_none() && self.staged.is_none() {
            return self.decoder.extend_from_slice(bytes);
        }
        while !bytes.is_empty() && self.failure.is_none() {
            match move_front(&mut bytes, self.spare()) {
                0 => self.fail_without_space(),
                len => self.commit(len),
            }
        }
    }

    /// As [`Decoder::finish`]: the transport ended. Idempotent.
    pub fn finish(&mut self) {
        if self.failure.is_some() {
            return;
        }
        if let Some(staged) = &mut self.staged {
            if core::mem::replace(&mut staged.finished, true) {
                return;
            }
            let result = staged.stage.finish(&mut self.decoder);
            self.failure = result.err().map(Failure::Stage).map(Box::new);
        }
        if self.failure.is_none() {
            self.decoder.finish();
        }
    }

    /// What a read into [`spare`](Self::spare) or [`spare_buf`](Self::spare_buf), which had `room` bytes, came to: 0 is
    /// the end of the transport. A transport that claims more than `room` has failed.
    /// [`next_datagram`](Self::next_datagram) reports it.
    ///
    /// # Panics
    ///
    /// As [`commit`](Self::commit), if `room` is not the length of the space.
    #[cfg(feature = "std")]
    pub fn handle_read(&mut self, room: usize, result: std::io::Result<usize>) {
        match result {
            Ok(0) if room == 0 => self.fail_without_space(),
            Ok(0) => self.finish(),
            Ok(received) if received <= room => self.commit(received),
            Ok(received) => self.fail(too_much(received, room)),
            Err(error) => self.fail(error),
        }
    }

    /// How much to read into memory of the driver's own, of which there are `most` bytes: never more than a block, since
    /// small blocks are asked for where little may be held. `None` unless the connection [is quiet](Self::is_quiet), and
    /// without any memory: read into [`spare`](Self::spare) then.
    ///
    /// Hand what came of it to [`handle_quiet_read`](Self::handle_quiet_read).
    #[must_use]
    pub fn quiet_room(&self, most: usize) -> Option<usize> {
        (most > 0 && self.is_quiet()).then(|| most.min(self.read_block_len()))
    }

    /// What a read into `memory` of the driver's own came to, in which there was room for `room` bytes: 0 is the end of
    /// the transport. For a connection that had [`quiet_room`](Self::quiet_room).
    ///
    /// If it does not fill the room, the transport has nothing more at the moment, and the connection is quiet again
    /// once what came is taken.
    #[cfg(feature = "std")]
    pub fn handle_quiet_read(
        &mut self,
        memory: &[u8],
        room: usize,
        result: std::io::Result<usize>,
    ) {
        match result.map(|received| (received, memory.get(..received))) {
            Ok((0, _)) => self.finish(),
            Ok((received, Some(bytes))) if received <= room => {
                self.extend_from_slice(bytes);
                if received < room {
                    self.handle_would_block();
                }
            }
            Ok((received, _)) => self.fail(too_much(received, room)),
            Err(error) => self.fail(error),
        }
    }

    /// The transport failed. The first failure stays.
    #[cfg(feature = "std")]
    pub fn fail(&mut self, error: std::io::Error) {
        self.failure.get_or_insert_with(|| Box::new(error.into()));
    }

    /// Whether stage and transport are well, whatever was received before: for a driver that has
    /// something to do before the first datagram, such as a handshake.
    ///
    /// # Errors
    ///
    /// [`ReadError::Stage`] or `ReadError::Io`; final. Those of the decoder are left to
    /// [`next_datagram`](Self::next_datagram).
    pub fn check(&mut self) -> Result<(), ReadError> {
        match &mut self.failure {
            None => Ok(()),
            Some(failure) => Err(failure.read_error()),
        }
    }

    /// The stage breaks its promise of space, without which no byte can ever reach it.
    fn fail_without_space(&mut self) {
        let error = StageError::new("byte stage has no space");
        self.failure
            .get_or_insert_with(|| Box::new(Failure::Stage(error)));
    }

    /// As [`Decoder::handle_would_block`].
    pub fn handle_would_block(&mut self) {
        self.decoder.handle_would_block();
        if let Some(staged) = &mut self.staged {
            staged.stage.handle_would_block();
        }
    }

    /// As [`Decoder::is_quiet`], and the stage holds nothing partial.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let staged = self.staged.as_ref();
        self.decoder.is_quiet() && staged.is_none_or(|staged| staged.stage.is_quiet())
    }

    /// As [`Decoder::buffered`]; what the stage holds does not count.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.decoder.buffered()
    }

    /// As [`Decoder::stats`]: behind a stage, its plain bytes.
    #[must_use]
    pub fn stats(&self) -> ReceiveStats {
        self.decoder.stats()
    }

    /// As [`Decoder::read_block_len`].
    #[must_use]
    pub const fn read_block_len(&self) -> usize {
        self.decoder.read_block_len()
    }
}

#[cfg(feature = "std")]
fn too_much(received: usize, room: usize) -> std::io::Error {
    std::io::Error::other(alloc::format!(
        "transport claims to have read {received} bytes into {room}"
    ))
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("decoder", &self.decoder)
            .field("has_stage", &self.staged.is_some())
            .field("failure", &self.failure)
            .finish()
    }
}
