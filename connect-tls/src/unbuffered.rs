//! How rustls is called: one call of its unbuffered API (0.23), with its answer dealt with. When to call, and
//! with which bytes, is for `engine` to say.

use std::sync::Arc;

use connect_proto::Outbox;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};
use rustls::{ClientConfig, CommonState, ServerConfig};

use crate::error::TlsError;

/// Plain bytes in one record (RFC 8446, section 5.1).
pub(crate) const RECORD_LEN: usize = 16 * 1024;

/// Header, content type and tag of a record (RFC 8446, section 5.2). TLS 1.2 needs a few bytes more and
/// then says so.
const RECORD_OVERHEAD: usize = RECORD_HEADER_LEN + 1 + 16;

/// Bytes of a record's header; the last two are the length of what follows (RFC 8446, section 5.1).
pub(crate) const RECORD_HEADER_LEN: usize = 5;

/// A connection of rustls, of either side.
pub(crate) enum Connection {
    Client(UnbufferedClientConnection),
    Server(UnbufferedServerConnection),
}

/// What is to be written once rustls is ready for it.
#[derive(Clone, Copy)]
pub(crate) enum Writing<'a> {
    Nothing,
    Data(&'a [u8]),
    CloseNotify,
    KeyUpdate,
}

/// What a call of rustls has left to do.
pub(crate) enum Progress {
    /// Call again.
    More,
    /// It waits for more bytes, or for something to write. What was to be written is not.
    Idle,
    /// What was to be written is written.
    Written,
}

impl Connection {
    pub(crate) fn client(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Self, TlsError> {
        Ok(Self::Client(UnbufferedClientConnection::new(config, name)?))
    }

    pub(crate) fn server(config: ServerConfig) -> Result<Self, TlsError> {
        let config = Arc::new(config);
        Ok(Self::Server(UnbufferedServerConnection::new(config)?))
    }

    pub(crate) const fn is_server(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    pub(crate) fn common(&self) -> &CommonState {
        match self {
            Self::Client(client) => client,
            Self::Server(server) => server,
        }
    }

    /// One call of rustls, with its answer dealt with. Returns how many bytes of `input` are done with.
    pub(crate) fn step(
        &mut self,
        input: &mut [u8],
        plain: &mut impl FnMut(&[u8]),
        peer_closed: &mut bool,
        outbox: &mut Outbox,
        writing: Writing<'_>,
    ) -> (usize, Result<Progress, TlsError>) {
        match self {
            Self::Client(client) => {
                let status = client.process_tls_records(input);
                deal_with(status, plain, peer_closed, outbox, writing)
            }
            Self::Server(server) => {
                let status = server.process_tls_records(input);
                deal_with(status, plain, peer_closed, outbox, writing)
            }
        }
    }
}

fn deal_with<Side>(
    status: UnbufferedStatus<'_, '_, Side>,
    plain: &mut impl FnMut(&[u8]),
    peer_closed: &mut bool,
    outbox: &mut Outbox,
    writing: Writing<'_>,
) -> (usize, Result<Progress, TlsError>) {
    let mut discard = status.discard;
    let progress = match status.state {
        Err(error) => Err(error.into()),
        Ok(ConnectionState::ReadTraffic(mut traffic)) => loop {
            match traffic.next_record() {
                None => break Ok(Progress::More),
                Some(Err(error)) => break Err(error.into()),
                Some(Ok(record)) => {
                    discard += record.discard;
                    plain(record.payload);
                }
            }
        },
        Ok(ConnectionState::EncodeTlsData(mut record)) => {
            append(outbox, 0, |room| record.encode(room)).map(|()| Progress::More)
        }
        // What was encoded is kept in order, which is as good as transmitted.
        Ok(ConnectionState::TransmitTlsData(transmit)) => {
            transmit.done();
            Ok(Progress::More)
        }
        Ok(ConnectionState::PeerClosed) => {
            *peer_closed = true;
            Ok(Progress::More)
        }
        Ok(ConnectionState::WriteTraffic(mut traffic)) => match writing {
            Writing::Nothing => Ok(Progress::Idle),
            Writing::Data(data) => {
                let expected = data.len() + data.len().div_ceil(RECORD_LEN) * RECORD_OVERHEAD;
                append(outbox, expected, |room| traffic.encrypt(data, room))
                    .map(|()| Progress::Written)
            }
            Writing::CloseNotify => append(outbox, 0, |room| traffic.queue_close_notify(room))
                .map(|()| Progress::Written),
            Writing::KeyUpdate => match traffic.refresh_traffic_keys() {
                Ok(()) => Ok(Progress::Written),
                Err(error) => Err(error.into()),
            },
        },
        Ok(ConnectionState::BlockedHandshake | ConnectionState::Closed) => Ok(Progress::Idle),
        // Early data is switched off; and rustls may learn states that this version does not know.
        Ok(state) => Err(TlsError::unexpected_state(&state)),
    };
    (discard, progress)
}

/// Appends what `write` makes, which is asked again with the room that it needs if `expected` is not
/// enough.
fn append<E: Into<RoomError>>(
    outbox: &mut Outbox,
    expected: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, E>,
) -> Result<(), TlsError> {
    let mut room = expected;
    loop {
        match outbox.extend_with(room, &mut write).map_err(Into::into) {
            Ok(()) => return Ok(()),
            Err(RoomError::Insufficient { required }) if required > room => room = required,
            Err(_) => return Err(TlsError::KeysExhausted),
        }
    }
}

/// What both kinds of rustls' errors about room have in common.
enum RoomError {
    Insufficient { required: usize },
    Other,
}

impl From<EncodeError> for RoomError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::InsufficientSize(size) => Self::Insufficient {
                required: size.required_size,
            },
            EncodeError::AlreadyEncoded => Self::Other,
        }
    }
}

impl From<EncryptError> for RoomError {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::InsufficientSize(size) => Self::Insufficient {
                required: size.required_size,
            },
            EncryptError::EncryptExhausted => Self::Other,
        }
    }
}
