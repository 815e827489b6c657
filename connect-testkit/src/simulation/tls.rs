//! Conversations with TLS, and what must be true at their end.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use connect_proto::{ReadError, WriteError, WriteErrorKind};
use connect_tls::rustls::client::Resumption;
use connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tls::{TlsConnection, TlsError};

use super::conversation::{Conversation, HandshakeLen};
use super::flow::Ending;
use super::runs::Told;
use super::stack::Stack;
use super::totals::Totals;
use super::world::{self, Direction, Outcome};
use crate::certificates::Authority;
use crate::schedule::Schedule;
use crate::tls::{Pair, Staged, records};

/// What both sides of conversations with TLS are made of.
///
/// Every handshake has the same length, on every run: see [`Authority::fixed`]. So an offset means the same
/// place for ever, although keys and ciphertext differ.
#[derive(Debug)]
pub struct TlsConfigs {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    handshake: HandshakeLen,
}

/// close_notify on the wire: header, level and description, content type, tag. Only other alerts are that short,
/// and those end nothing cleanly: the shortest of datagrams has 9 bytes, and a change of keys 5.
const CLOSE_NOTIFY_LEN: usize = 5 + 2 + 1 + 16;

/// What a sender may still count as unsent of what is written: the block that it is about to write.
const BLOCK_LEN: usize = 64 * 1024;

impl TlsConfigs {
    /// The client resumes sessions: what one conversation leaves behind, the next one uses. So does the first one:
    /// two went before it.
    #[must_use]
    pub fn resuming() -> Self {
        let authority = Authority::fixed("simulation");
        let (client, server) = (
            authority.client_config(),
            authority.server_config(&["localhost"]),
        );
        HandshakeLen::measure(&client, &server);
        Self {
            handshake: HandshakeLen::measure(&client, &server),
            client,
            server,
        }
    }

    /// Every handshake is whole. The server sends tickets all the same.
    #[must_use]
    pub fn not_resuming() -> Self {
        let authority = Authority::fixed("simulation");
        let mut client = (*authority.client_config()).clone();
        client.resumption = Resumption::disabled();
        let (client, server) = (Arc::new(client), authority.server_config(&["localhost"]));
        Self {
            handshake: HandshakeLen::measure(&client, &server),
            client,
            server,
        }
    }

    /// How long their handshakes are.
    #[must_use]
    pub const fn handshake_len(&self) -> HandshakeLen {
        self.handshake
    }
}

impl HandshakeLen {
    /// Of one handshake. What follows it, the tickets, is delivered as well.
    fn measure(client: &Arc<ClientConfig>, server: &ServerConfig) -> Self {
        let (client, server) = (
            Staged::client(Arc::clone(client), "localhost"),
            Staged::server(server),
        );
        let mut pair = Pair::new(client, server, &Schedule::AtOnce);
        let mut len = Self::NONE;
        while pair.client.handle.is_handshaking() || pair.server.handle.is_handshaking() {
            // What the server says in the last turn are tickets.
            len.down = pair.down.sent.len();
            assert!(pair.turn(), "a handshake that does not go on");
            len.up = pair.up.sent.len();
        }
        pair.run();
        len
    }
}

/// What a conversation with TLS came to.
#[derive(Clone, Debug)]
pub struct TlsResult {
    /// How much it was.
    pub totals: Totals,
    /// From client to server.
    pub up: Written,
    /// From server to client.
    pub down: Written,
    /// The client has resumed a session.
    pub is_resumed: bool,
}

/// What one direction came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where each whole record ends that was written.
    pub record_ends: Vec<usize>,
    /// Datagrams that arrived.
    pub received: usize,
}

/// Runs a conversation with TLS and judges it.
///
/// # Panics
///
/// If anything is not as it must be.
pub fn run_tls(plan: &Conversation, configs: &TlsConfigs) -> TlsResult {
    let _told = Told(plan);
    let client = TlsConnection::client_of(
        Arc::clone(&configs.client),
        "localhost",
        &plan.client.config,
    );
    let server = TlsConnection::server(&configs.server, &plan.server.config);
    let (client, handle) = Stack::tls(client.expect("a good configuration"));
    let (server, _) = Stack::tls(server.expect("a good configuration"));
    let outcome = world::run(plan, client, server);
    outcome.judge_tls(plan, configs.handshake);
    TlsResult {
        totals: outcome.totals,
        up: outcome.up.written(),
        down: outcome.down.written(),
        is_resumed: handle.info().is_resumed,
    }
}

impl Outcome {
    fn judge_tls(&self, plan: &Conversation, handshake: HandshakeLen) {
        let Self { up, down, .. } = self;
        up.judge_handshake(down, handshake.down);
        down.judge_handshake(up, handshake.up);
        for (direction, back, party) in [(up, down, &plan.client), (down, up, &plan.server)] {
            direction.judge_tls_receiver(back);
            direction.judge_tls_sender(back);
            if party.is_simple && !party.sends_by_queue {
                direction.judge_each_flushed();
            }
        }
        self.judge_uncut();
    }
}

impl Direction {
    fn written(&self) -> Written {
        let whole = records(&self.record.entered);
        let ends = whole.iter().scan(0, |end, record| {
            *end += record.bytes.len();
            Some(*end)
        });
        Written {
            record_ends: ends.collect(),
            received: self.books.received.len(),
        }
    }

    /// It fails for what the network did, which must be enough for that. `expected` is how long the handshake of the
    /// peer is.
    fn judge_handshake(&self, back: &Self, expected: usize) {
        let Some(error) = &self.books.no_connection else {
            return;
        };
        let (told_writer, told_reader) = (self.record.writer_told, back.record.reader_told);
        assert!(
            self.record.is_cut || back.record.is_cut,
            "no cut, and {error}"
        );
        assert!(
            told_writer.is_some() || back.record.left < expected,
            "the handshake was here, and {error}"
        );
        let mut tls = error.downcast_ref::<TlsError>();
        if let Some(error) = error.downcast_ref::<WriteError>() {
            if let WriteErrorKind::Io(error) = error.kind() {
                return assert_eq!(told_writer, Some(error.kind()));
            }
            tls = TlsError::of_write(error);
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            return assert_eq!(told_reader, Some(Ending::Reset));
        }
        assert_eq!(tls, Some(&TlsError::Truncated { handshaking: true }));
        assert_eq!(told_reader, Some(Ending::End));
    }

    /// A clean end is what the peer says by close_notify, behind everything else, and nothing but that.
    fn judge_tls_receiver(&self, back: &Self) {
        let Self { record, books } = self;
        // Whoever sends back is who receives here.
        assert_eq!(
            books.receiving.is_empty(),
            back.books.no_connection.is_some()
        );
        let left = &record.entered[..record.left];
        let all_came = record.left == record.entered.len();
        for receiving in &books.receiving {
            match receiving {
                Ok(()) => {
                    assert!(all_came, "a clean end before the end");
                    let last = records(left).pop().expect("a handshake");
                    assert_eq!(last.bytes.len(), CLOSE_NOTIFY_LEN, "no close_notify");
                    let missing: usize = books.lanes.iter().map(|lane| lane.missing()).sum();
                    assert_eq!(missing, 0, "datagrams before a clean end");
                    continue;
                }
                Err(ReadError::Io(error)) => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                    assert_eq!(record.reader_told, Some(Ending::Reset));
                }
                Err(error) => {
                    let truncated = TlsError::Truncated { handshaking: false };
                    assert_eq!(TlsError::of_read(error), Some(&truncated));
                    assert_eq!(record.reader_told, Some(Ending::End));
                }
            }
            let closed = matches!(books.sending, Some(Ok(()))) && all_came;
            assert!(!closed, "no clean end, although all came");
        }
    }

    /// What it says to be sent was written.
    fn judge_tls_sender(&self, back: &Self) {
        let Self { record, books } = self;
        let (accepted, perhaps) = self.accepted();
        let Some(sending) = &books.sending else {
            assert!(books.no_connection.is_some(), "the sender never ended");
            assert_eq!(accepted, (0, 0));
            return;
        };
        self.check_told();
        let unsent = match sending {
            Ok(()) => {
                assert!(record.shut_down, "not ended");
                assert_eq!(
                    record.writer_told, None,
                    "a failure that nobody has heard of"
                );
                connect_proto::Unsent::default()
            }
            Err(failure) => {
                match failure.io {
                    Some(kind) => assert_eq!(record.writer_told, Some(kind)),
                    None => assert_eq!(back.record.reader_told, Some(Ending::End), "{failure:?}"),
                }
                failure.unsent
            }
        };
        let bytes = accepted.1 + perhaps.1;
        assert!(unsent.messages <= accepted.0 + perhaps.0);
        assert!(unsent.bytes <= bytes);
        if record.left == record.entered.len() && !books.receiving.is_empty() {
            let received = books.received.iter();
            let received_bytes: usize = received.map(|datagram| datagram.size()).sum();
            let received = books.received.len();
            assert!(
                received + unsent.messages >= accepted.0,
                "{received} came and {unsent} did not, of {accepted:?}"
            );
            assert!(unsent.bytes + received_bytes <= bytes + BLOCK_LEN);
        }
    }

    /// Each datagram was a record, which is written whole or not sent.
    fn judge_each_flushed(&self) {
        let Self { record, books } = self;
        if let Some(Err(failure)) = &books.sending {
            if failure.io.is_some() && record.left == record.entered.len() {
                let (accepted, _) = self.accepted();
                let sent = accepted.0 - failure.unsent.messages;
                assert_eq!(books.received.len(), sent, "{failure:?}");
            }
        }
    }
}
