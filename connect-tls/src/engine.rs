//! One TLS connection: when rustls is called, with which bytes, and what must never be asked of it. Together
//! with `unbuffered`, which says how it is called, all that is known of rustls' connections; so that their
//! successor (0.24, caller-owned buffers and split halves) can take the place of both.
//!
//! ```text
//!                    commit                    handshake complete
//!   Handshaking -----------------> Handshaking -------------------> Established
//!        |                                                              |
//!        +------------ any error, or the transport cut ------> Failed <-+     answers the same for ever
//! ```
//!
//! What to mind when changing this, found by running rustls 0.23.46:
//!
//! * It keeps a handshake message that arrived in part where it arrived, in the caller's buffer, decrypted in
//!   place, and remembers positions. Called with any other buffer it panics, so a writer may not call it
//!   with an empty one. Such bytes are kept here, in `pinned`, and both directions call with them. Which
//!   bytes those are is counted and not guessed from how they look: after an empty handshake record it
//!   gives back the right number of bytes, but others.
//! * After an error it goes on answering as if nothing had happened, and asserts against a second alert.
//!   So it is not called again, but to fetch the alert of the first. To that assertion close_notify is an
//!   alert as well: in a build with debug assertions, a broken record behind our own close_notify panics.
//! * It is not told of the end of the transport: to miss close_notify is for [`Engine::finish`] to say.
//! * To change our keys while a message of the peer has arrived in part is a fault of the peer to it. So that
//!   waits for the end of the message; see `refresh_wanted`.
//! * It bounds a handshake message but not the records that one is spread over; see `MAX_PINNED`.

use std::fmt;
use std::sync::Arc;

use bytes::Buf;
use connect_proto::Outbox;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, CommonState, ProtocolVersion, ServerConfig};

use crate::error::TlsError;
use crate::info::TlsInfo;
use crate::server_name::AskedName;
use crate::unbuffered::{Connection, Progress, RECORD_HEADER_LEN, RECORD_LEN, Writing};

/// How much of incomplete handshake messages a peer can make us hold. rustls takes messages of up to
/// 64 KiB; twice that is room for them and their records, not for a record to every byte.
const MAX_PINNED: usize = 128 * 1024;

/// One rustls connection, and what it has to say that nobody has taken yet.
pub(crate) struct Engine {
    connection: Connection,
    /// Records that receiving has caused: handshake, tickets, alerts. Records are numbered, so these go
    /// before anything that is encrypted later.
    aside: Outbox,
    pinned: Pinned,
    /// Our keys are to be changed once nothing is pinned.
    refresh_wanted: bool,
    peer_closed: bool,
    /// close_notify is written, and nothing may follow it.
    closed: bool,
    failure: Option<TlsError>,
    server_name: AskedName,
}

/// Received bytes that rustls refers to; see above. There are some exactly if `worked_off` is not 0.
#[derive(Default)]
struct Pinned {
    bytes: Vec<u8>,
    /// How many of them rustls has worked off and not given back. What follows is less than a record.
    worked_off: usize,
}

impl Engine {
    pub(crate) fn client(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Self, TlsError> {
        let server_name = AskedName::of_client(&name, &config);
        let mut engine = Self::new(Connection::client(config, name)?, server_name);
        // A client speaks first.
        engine.receive(&mut [], &mut |_| {})?;
        Ok(engine)
    }

    pub(crate) fn server(config: &ServerConfig) -> Result<Self, TlsError> {
        let mut config = config.clone();
        // Early data can be replayed by whoever has seen it, and messages must not be.
        config.max_early_data_size = 0;
        let server_name = AskedName::of_server(&mut config);
        Ok(Self::new(Connection::server(config)?, server_name))
    }

    fn new(connection: Connection, server_name: AskedName) -> Self {
        Self {
            connection,
            aside: Outbox::new(),
            pinned: Pinned::default(),
            refresh_wanted: false,
            peer_closed: false,
            closed: false,
            failure: None,
            server_name,
        }
    }

    /// Works off the records at the front of `received` and lends the plain bytes in them to `plain`.
    /// Returns how many bytes of `received` are done with; the rest is wanted again with more behind it.
    pub(crate) fn receive(
        &mut self,
        received: &mut [u8],
        plain: &mut impl FnMut(&[u8]),
    ) -> Result<usize, TlsError> {
        self.check()?;
        let before = self.pinned.bytes.len();
        if before == 0 {
            let whole = end_of_whole_records(received, 0);
            let done = self.work_off(received, plain)?;
            if whole <= done {
                return Ok(done);
            }
            self.pinned = Pinned {
                bytes: received.get(done..).unwrap_or_default().to_vec(),
                worked_off: whole - done,
            };
        } else {
            let Pinned {
                mut bytes,
                worked_off,
            } = core::mem::take(&mut self.pinned);
            let len = bytes.len() + received.len();
            // Not twice as much, as a vector would: there may be many peers like that.
            bytes.reserve_exact(len.next_multiple_of(RECORD_LEN) - bytes.len());
            bytes.extend_from_slice(received);
            let whole = end_of_whole_records(&bytes, worked_off);
            let done = self.work_off(&mut bytes, plain)?;
            if whole <= done && before <= done {
                return self.refresh_if_wanted().map(|()| done - before);
            }
            bytes.drain(..done);
            let worked_off = whole.saturating_sub(done);
            self.pinned = Pinned { bytes, worked_off };
        }
        if self.pinned.bytes.len() > MAX_PINNED {
            return Err(self.fail(TlsError::HandshakeMessageTooLong { max: MAX_PINNED }));
        }
        Ok(received.len())
    }

    fn work_off(
        &mut self,
        received: &mut [u8],
        plain: &mut impl FnMut(&[u8]),
    ) -> Result<usize, TlsError> {
        let mut done = 0;
        loop {
            let input = received.get_mut(done..).unwrap_or_default();
            let (discard, progress) = self.connection.step(
                input,
                plain,
                &mut self.peer_closed,
                &mut self.aside,
                Writing::Nothing,
            );
            done += discard;
            match progress {
                Ok(Progress::More) => {}
                // Nothing can follow close_notify.
                Ok(_) if self.peer_closed => return Ok(received.len()),
                Ok(_) => return Ok(done),
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// Appends the records of `data` to `outbox`, behind everything that was to be said before.
    pub(crate) fn encrypt(&mut self, data: &[u8], outbox: &mut Outbox) -> Result<(), TlsError> {
        self.check()?;
        match self.write(Writing::Data(data), outbox) {
            Ok(Progress::Written) => Ok(()),
            Ok(_) => Err(TlsError::HandshakeNotComplete),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Appends close_notify to `outbox`. Before the end of the handshake there is nothing to close.
    pub(crate) fn close(&mut self, outbox: &mut Outbox) -> Result<(), TlsError> {
        self.check()?;
        match self.write(Writing::CloseNotify, outbox) {
            Ok(progress) => {
                self.closed |= matches!(progress, Progress::Written);
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Changes the keys of our direction (RFC 8446, section 4.6.3). Fails without harm in TLS 1.2 and
    /// before the end of the handshake.
    pub(crate) fn refresh_keys(&mut self) -> Result<(), TlsError> {
        self.check()?;
        if self.is_handshaking() {
            return Err(TlsError::HandshakeNotComplete);
        }
        if self.closed {
            return Ok(());
        }
        if !self.pinned.bytes.is_empty() && self.is_tls13() {
            self.refresh_wanted = true;
            return Ok(());
        }
        let mut records = core::mem::take(&mut self.aside);
        let result = self.write(Writing::KeyUpdate, &mut records);
        self.aside = records;
        match result? {
            Progress::Written => {
                self.receive(&mut [], &mut |_| {})?;
                Ok(())
            }
            _ => Err(TlsError::HandshakeNotComplete),
        }
    }

    fn refresh_if_wanted(&mut self) -> Result<(), TlsError> {
        if core::mem::take(&mut self.refresh_wanted) {
            self.refresh_keys().map_err(|error| self.fail(error))?;
        }
        Ok(())
    }

    fn write(&mut self, writing: Writing<'_>, outbox: &mut Outbox) -> Result<Progress, TlsError> {
        self.take_aside(outbox);
        loop {
            let (_, progress) = self.connection.step(
                &mut self.pinned.bytes,
                // The receiving side has taken everything that was there.
                &mut |_| debug_assert!(false, "plain bytes while writing"),
                &mut self.peer_closed,
                outbox,
                writing,
            );
            match progress? {
                Progress::More => {}
                progress => return Ok(progress),
            }
        }
    }

    /// Moves what receiving had to say to `outbox`.
    pub(crate) fn take_aside(&mut self, outbox: &mut Outbox) {
        while self.aside.has_remaining() {
            let chunk = self.aside.chunk();
            outbox.extend_from_slice(chunk);
            let taken = chunk.len();
            self.aside.advance(taken);
        }
        self.aside.release();
    }

    pub(crate) fn aside_len(&self) -> usize {
        self.aside.remaining()
    }

    /// The transport ended.
    pub(crate) fn finish(&mut self) -> Result<(), TlsError> {
        self.check()?;
        if self.peer_closed {
            return Ok(());
        }
        let handshaking = self.is_handshaking();
        Err(self.fail(TlsError::Truncated { handshaking }))
    }

    pub(crate) fn is_peer_closed(&self) -> bool {
        self.peer_closed
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.common().is_handshaking()
    }

    /// Whether a call of [`encrypt`](Self::encrypt) is answered with records or with a final error.
    pub(crate) fn can_write(&self) -> bool {
        self.failure.is_some() || !self.is_handshaking()
    }

    /// Whether the peer waits for what is to be said. What a TLS 1.3 server says last are tickets, which
    /// can wait for its first message.
    pub(crate) fn is_awaited(&self) -> bool {
        let tickets_only = self.connection.is_server() && !self.is_handshaking() && self.is_tls13();
        self.failure.is_some() || !tickets_only
    }

    fn is_tls13(&self) -> bool {
        self.common().protocol_version() == Some(ProtocolVersion::TLSv1_3)
    }

    pub(crate) fn info(&self) -> TlsInfo {
        TlsInfo::new(self.common(), self.server_name.get())
    }

    /// The failure, if there was one.
    pub(crate) fn check(&self) -> Result<(), TlsError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Ends everything but what is still to be said, the alert included.
    pub(crate) fn fail(&mut self, error: TlsError) -> TlsError {
        while self.common().wants_write() && !self.closed {
            let (_, progress) = self.connection.step(
                &mut [],
                &mut |_| {},
                &mut self.peer_closed,
                &mut self.aside,
                Writing::Nothing,
            );
            if !matches!(progress, Ok(Progress::More)) {
                break;
            }
        }
        self.pinned = Pinned::default();
        self.failure.get_or_insert(error).clone()
    }

    fn common(&self) -> &CommonState {
        self.connection.common()
    }
}

/// Where the last record ends that is here whole; one ends at `end`.
fn end_of_whole_records(bytes: &[u8], mut end: usize) -> usize {
    loop {
        let rest = bytes.get(end..).unwrap_or_default();
        let Some(&[.., high, low]) = rest.first_chunk::<RECORD_HEADER_LEN>() else {
            return end;
        };
        let record_len = RECORD_HEADER_LEN + usize::from(u16::from_be_bytes([high, low]));
        if record_len > rest.len() {
            return end;
        }
        end += record_len;
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("handshaking", &self.is_handshaking())
            .field("peer_closed", &self.peer_closed)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
