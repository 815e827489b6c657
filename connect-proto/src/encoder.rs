//! Datagrams in, bytes out.

use bytes::Buf;

use crate::config::Config;
use crate::datagram::{ConnectDatagram, DatagramRef};
use crate::error::{EncodeError, Refused};
use crate::header::Header;
use crate::outbox::{Accepted, Outbox};

/// From how many bytes on data is not copied for a transport with vectored writes, if nobody says so.
const CHAIN_THRESHOLD: usize = 4 * 1024;

/// The same for a transport without them: each piece is a write of its own there.
const CHAIN_THRESHOLD_UNVECTORED: usize = 64 * 1024;

/// How much of long data is copied behind its header at the most: about one packet or two.
const MAX_HEAD_LEN: usize = 4 * 1024;

/// Turns datagrams into the bytes of one direction of a stream. Performs no I/O.
///
/// # Driving it
///
/// 1. [`push`](Self::push) datagrams while the encoder [`is_ready`](Self::is_ready).
/// 2. Write from [`outbox`](Self::outbox), a [`Buf`], and `advance` it by what the transport took.
/// 3. At the end call [`finish`](Self::finish), write what is left, and end the transport's write side.
///
/// ```
/// use bytes::Buf;
/// use connect_proto::{Config, ConnectDatagram, Encoder};
/// use std::io::Write;
///
/// let mut transport = Vec::new();
/// let mut encoder = Encoder::new(&Config::new());
/// encoder.push(ConnectDatagram::new(7, "hello")?)?;
/// encoder.finish();
/// let outbox = encoder.outbox();
/// while outbox.has_remaining() {
///     let written = transport.write(outbox.chunk())?;
///     outbox.advance(written);
/// }
/// assert_eq!(transport, [0, 0, 0, 9, 0, 1, 0, 7, b'h', b'e', b'l', b'l', b'o']);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Memory
///
/// `push` accepts a datagram of any length even above the high-water mark; to wait is the caller's part.
/// Whoever pushes only while the encoder is ready queues the mark and one frame at the most, in memory of no
/// more than twice that and a block of 64 KiB. When everything
/// is written and nothing may follow for long, say so with [`handle_flushed`](Self::handle_flushed), and
/// the encoder holds no memory but itself.
#[derive(Debug)]
pub struct Encoder {
    outbox: Outbox,
    max_data_len: u32,
    high_water_mark: usize,
    chain_threshold: usize,
    chain_threshold_is_set: bool,
    vectored: bool,
    finished: bool,
}

impl Encoder {
    /// An encoder with nothing queued, for a transport without vectored writes.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            outbox: Outbox::new(),
            max_data_len: config.max_send_len() as u32,
            high_water_mark: config.high_water_mark(),
            chain_threshold: config
                .chain_threshold()
                .unwrap_or(CHAIN_THRESHOLD_UNVECTORED),
            chain_threshold_is_set: config.chain_threshold().is_some(),
            vectored: false,
            finished: false,
        }
    }

    /// An encoder with the same settings and nothing queued.
    pub(crate) fn with_settings_of(other: &Self) -> Self {
        Self {
            outbox: Outbox::new(),
            ..*other
        }
    }

    /// Says whether the transport takes several pieces in one write. Default: no.
    ///
    /// If it does, long data is not copied at all. If not, the first bytes of long data are copied
    /// behind its header, so that a header never travels alone. What is long follows from it, too, unless
    /// [`Config::with_chain_threshold`] says it; what is queued already stays as it is.
    pub const fn set_vectored(&mut self, vectored: bool) {
        self.vectored = vectored;
        if !self.chain_threshold_is_set {
            self.chain_threshold = if vectored {
                CHAIN_THRESHOLD
            } else {
                CHAIN_THRESHOLD_UNVECTORED
            };
        }
    }

    /// Queues a datagram. From [`Config::chain_threshold`] bytes on its data is not copied.
    ///
    /// # Errors
    ///
    /// [`EncodeError::EmptyData`] (its data was taken), [`EncodeError::DataTooLarge`] (above
    /// [`Config::max_send_len`]), [`EncodeError::TooMuchQueued`] or [`EncodeError::Finished`]. The datagram
    /// comes back, and nothing has changed.
    // Always: a datagram that was just made, part by part, and is moved into a call waits for its parts.
    #[inline(always)]
    pub fn push(&mut self, datagram: ConnectDatagram) -> Result<(), Refused<ConnectDatagram>> {
        self.push_then(datagram, drop)
    }

    /// As [`push`](Self::push); a datagram that was copied comes back, to be dropped elsewhere.
    pub(crate) fn push_keeping(
        &mut self,
        datagram: ConnectDatagram,
    ) -> Result<Option<ConnectDatagram>, Refused<ConnectDatagram>> {
        self.push_then(datagram, |copied| copied)
    }

    /// Hands a datagram that was copied to `done`, and nothing for one whose data is queued itself.
    #[inline(always)]
    fn push_then<T>(
        &mut self,
        datagram: ConnectDatagram,
        done: impl FnOnce(Option<ConnectDatagram>) -> T,
    ) -> Result<T, Refused<ConnectDatagram>> {
        if datagram.data().len() >= self.chain_threshold {
            return self.push_long(datagram).map(|()| done(None));
        }
        match self.push_parts(datagram.recipient(), datagram.data()) {
            Ok(()) => Ok(done(Some(datagram))),
            Err(reason) => Err(Refused::new(reason, datagram)),
        }
    }

    #[inline(never)]
    fn push_long(&mut self, datagram: ConnectDatagram) -> Result<(), Refused<ConnectDatagram>> {
        let header = match self.admit(DatagramRef::from(&datagram)) {
            Ok(header) => header,
            Err(reason) => return Err(Refused::new(reason, datagram)),
        };
        let data = datagram.into_data();
        if self.vectored {
            self.outbox.push_chained_frame(header, data);
        } else {
            let head_len = self.chain_threshold.clamp(1, MAX_HEAD_LEN);
            self.outbox.push_frame_with_head(header, data, head_len);
        }
        Ok(())
    }

    /// Queues a copy of a borrowed datagram, whatever its length.
    ///
    /// # Errors
    ///
    /// The reasons of [`push`](Self::push); nothing has changed.
    #[inline]
    pub fn push_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), EncodeError> {
        self.push_parts(datagram.recipient(), datagram.data())
    }

    /// Not part of its callers, so that the parts travel in registers: a datagram that was just written to memory
    /// part by part, as in a future, and is read from there as a whole waits for its parts.
    #[inline(never)]
    fn push_parts(&mut self, recipient: u16, data: &[u8]) -> Result<(), EncodeError> {
        self.push_copy(DatagramRef::new(recipient, data))
    }

    #[inline(always)]
    fn push_copy(&mut self, datagram: DatagramRef<'_>) -> Result<(), EncodeError> {
        let header = self.admit(datagram)?;
        self.outbox.push_frame(header, datagram.data());
        Ok(())
    }

    /// Queues copies of borrowed datagrams for as long as the encoder [`is_ready`](Self::is_ready), and says whether
    /// `datagrams` has ended: the fastest way to queue many small ones.
    ///
    /// ```
    /// use bytes::Buf;
    /// use connect_proto::{Config, DatagramRef, Encoder};
    ///
    /// let texts = ["one of many"; 10_000];
    /// let mut datagrams = texts.iter().map(|text| DatagramRef::new(7, text.as_bytes()));
    /// let mut encoder = Encoder::new(&Config::new());
    /// let mut written = 0;
    /// while !encoder.push_while_ready(&mut datagrams)? {
    ///     let taken = encoder.queued(); // by the transport
    ///     encoder.outbox().advance(taken);
    ///     written += taken;
    /// }
    /// assert_eq!(written + encoder.queued(), 10_000 * 19);
    /// # Ok::<(), connect_proto::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The reasons of [`push`](Self::push), for the last datagram taken from `datagrams`, which is gone and not queued;
    /// those before it are, and those behind it are left in there.
    #[inline]
    pub fn push_while_ready<'a>(
        &mut self,
        datagrams: &mut impl Iterator<Item = DatagramRef<'a>>,
    ) -> Result<bool, EncodeError> {
        while self.is_ready() {
            let Some(datagram) = datagrams.next() else {
                return Ok(true);
            };
            self.push_copy(datagram)?;
        }
        Ok(false)
    }

    /// Moves what `other` has queued here, where nothing is queued, and counts it here.
    pub(crate) fn take_from(&mut self, other: &mut Self) {
        self.outbox.take_from(&mut other.outbox);
    }

    /// Everything queued was written, and the next datagram may be long in coming: all memory goes
    /// back. Does nothing while anything is queued.
    pub fn handle_flushed(&mut self) {
        self.outbox.release();
    }

    /// No datagram will follow: one that is pushed all the same is refused with [`EncodeError::Finished`]. What is queued
    /// stays so. Idempotent.
    pub const fn finish(&mut self) {
        self.finished = true;
    }

    /// Whether [`finish`](Self::finish) was called.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether less is queued than the high-water mark, or nothing. Time to wait for the transport if
    /// not. May change with every push, and with what is taken from the [`outbox`](Self::outbox).
    #[inline]
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let queued = self.queued();
        queued == 0 || queued < self.high_water_mark
    }

    /// Bytes queued and not yet taken by the transport, headers included.
    #[inline]
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outbox.remaining()
    }

    /// Datagrams queued and not yet taken whole by the transport. Bytes that were added to the
    /// [`outbox`](Self::outbox) and are no frames make the number wrong.
    #[must_use]
    pub fn queued_messages(&self) -> usize {
        self.outbox.frames()
    }

    pub(crate) fn accepted(&self) -> Accepted {
        self.outbox.accepted()
    }

    /// From how many bytes on data is not copied.
    #[cfg(feature = "std")]
    pub(crate) const fn chain_threshold(&self) -> usize {
        self.chain_threshold
    }

    pub(crate) const fn high_water_mark(&self) -> usize {
        self.high_water_mark
    }

    /// What is to be written. [`Outbox`] says how it can be taken away, for I/O that owns its buffers until it
    /// completes.
    pub fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// The header of a datagram that may be queued.
    #[inline]
    pub(crate) fn admit(&self, datagram: DatagramRef<'_>) -> Result<Header, EncodeError> {
        if self.finished {
            return Err(EncodeError::Finished);
        }
        let header = self.header(datagram.recipient(), datagram.data().len())?;
        // With 64 bits the list of what waits would fill the memory long before.
        if usize::BITS < 64 && !self.outbox.can_count(header.frame_len()) {
            let queued = self.queued();
            return Err(EncodeError::TooMuchQueued { queued });
        }
        Ok(header)
    }

    #[inline]
    pub(crate) const fn header(
        &self,
        recipient: u16,
        data_len: usize,
    ) -> Result<Header, EncodeError> {
        Header::new_within(recipient, data_len, self.max_data_len as usize)
    }
}
