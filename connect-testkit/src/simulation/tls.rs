//! Conversations with TLS.

use std::sync::Arc;

use connect_proto::Unsent;
use connect_tls::TlsConnection;
use connect_tls::rustls::client::Resumption;
use connect_tls::rustls::{CipherSuite, ClientConfig, ServerConfig, Tls13CipherSuite};

use super::conversation::{Conversation, HandshakeLen};
use super::judge_tls::Opened;
use super::runs::Told;
use super::stack::Stack;
use super::totals::Totals;
use super::world::{self, Direction};
use crate::certificates::Authority;
use crate::schedule::Schedule;
use crate::tls::{Pair, Secrets, Staged, log_client, records};

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

    fn suite(&self, name: CipherSuite) -> &'static Tls13CipherSuite {
        let mut suites = self.client.crypto_provider().cipher_suites.iter();
        let suite = suites.find(|suite| suite.suite() == name);
        suite.and_then(|suite| suite.tls13()).expect("one of ours")
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
    /// What the sender called unsent, if it failed.
    pub unsent: Option<Unsent>,
}

/// Runs a conversation with TLS and judges it.
///
/// # Panics
///
/// If anything is not as it must be.
pub fn run_tls(plan: &Conversation, configs: &TlsConfigs) -> TlsResult {
    let _told = Told(plan);
    let secrets = Secrets::new();
    let client = log_client(&configs.client, &secrets);
    let client = TlsConnection::client_of(client, "localhost", &plan.client.config);
    let server = TlsConnection::server(&configs.server, &plan.server.config);
    let (client, handle) = Stack::tls(client.expect("a good configuration"));
    let (server, _) = Stack::tls(server.expect("a good configuration"));
    let outcome = world::run(plan, client, server);
    let info = handle.info();
    let suite = info.cipher_suite.map(|name| configs.suite(name));
    let opened = |direction: &Direction, open: Open| {
        // Without a suite there was no data.
        let open = |stream: &[u8]| suite.map(|suite| open(&secrets, suite, stream));
        let record = &direction.record;
        Opened {
            entered: open(&record.entered).unwrap_or_default(),
            left: open(&record.entered[..record.left]).unwrap_or_default(),
        }
    };
    let up = opened(&outcome.up, Secrets::open_client);
    let down = opened(&outcome.down, Secrets::open_server);
    outcome.judge_tls(plan, configs.handshake, [&up, &down]);
    TlsResult {
        totals: outcome.totals,
        up: outcome.up.written(),
        down: outcome.down.written(),
        is_resumed: info.is_resumed,
    }
}

/// How the data of one side is opened.
type Open = fn(&Secrets, &'static Tls13CipherSuite, &[u8]) -> Vec<u8>;

impl Direction {
    fn written(&self) -> Written {
        let whole = records(&self.record.entered);
        let ends = whole.iter().scan(0, |end, record| {
            *end += record.bytes.len();
            Some(*end)
        });
        let failure = self
            .books
            .sending
            .as_ref()
            .and_then(|sent| sent.as_ref().err());
        Written {
            record_ends: ends.collect(),
            received: self.books.received.len(),
            unsent: failure.map(|failure| failure.unsent),
        }
    }
}
