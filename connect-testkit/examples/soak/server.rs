//! The server: three listeners, and a task for each connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use connect_testkit::SplitMix64;
use connect_testkit::certificates::Authority;
use connect_tokio::connect_tls::rustls::ClientConfig;
use connect_tokio::connect_tls::{AcceptError, HandshakeLimits};
use connect_tokio::{Config, Connection, TcpListener, TlsListener};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::alone::alone;
use crate::conversation::{Conversation, Direction};
use crate::halves;
use crate::hearing::{Hearing, hear};
use crate::ledger::Mistakes;
use crate::series::LONGEST;
use crate::shared::{PATIENCE, Shared};
use crate::speaking::speak;
use crate::stop::Stop;
use crate::verdict::Garbage;
use crate::visits::Visit;
use crate::{Failure, report_panic};

/// Where the server listens, and whom it is to be trusted for.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) tcp: SocketAddr,
    pub(crate) tls: SocketAddr,
    /// For those that are to be refused because they are slow.
    pub(crate) impatient_tls: SocketAddr,
    pub(crate) tls_config: Arc<ClientConfig>,
}

pub(crate) struct Server {
    tcp: TcpListener,
    tls: TlsListener,
    impatient_tls: TlsListener,
    tls_config: Arc<ClientConfig>,
}

/// The name in the certificate.
pub(crate) const SERVER_NAME: &str = "localhost";

/// On a machine that has too much to do, nobody who means well is to fail at it.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);

/// Nobody who means well comes to the impatient listener.
const SHORT_HANDSHAKE_LIMIT: Duration = Duration::from_secs(3);

impl Server {
    pub(crate) async fn bind() -> Result<Self, Failure> {
        let authority = Authority::new("soak");
        let server_config = authority.server_config(&[SERVER_NAME]);
        let config = Config::new().with_max_receive_len(LONGEST);
        let tls = async |limit| {
            let limits = HandshakeLimits::new().with_time_limit(limit);
            let server_config = server_config.clone();
            TlsListener::bind_with("127.0.0.1:0", server_config, config, limits).await
        };
        Ok(Self {
            tcp: TcpListener::bind_with("127.0.0.1:0", config).await?,
            tls: tls(HANDSHAKE_LIMIT).await?,
            impatient_tls: tls(SHORT_HANDSHAKE_LIMIT).await?,
            tls_config: authority.client_config(),
        })
    }

    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            tcp: self.tcp.local_addr(),
            tls: self.tls.local_addr(),
            impatient_tls: self.impatient_tls.local_addr(),
            tls_config: Arc::clone(&self.tls_config),
        }
    }

    /// Serves until it is told to stop, and then until everybody has closed.
    pub(crate) async fn run(mut self, shared: Arc<Shared>, stop: Stop) {
        let mut tasks = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.tcp.accept() => accepted.map_err(AcceptError::Accept),
                accepted = self.tls.accept() => accepted,
                accepted = self.impatient_tls.accept() => accepted,
                Some(ended) = tasks.join_next() => {
                    report_panic(&shared.tally, "a task of the server", ended);
                    continue;
                }
                () = stop.wait() => break,
            };
            match accepted {
                Ok(connection) => drop(tasks.spawn(serve(Arc::clone(&shared), connection))),
                Err(error) => refuse(&shared, error),
            }
        }
        while let Some(ended) = tasks.join_next().await {
            report_panic(&shared.tally, "a task of the server", ended);
        }
    }
}

fn refuse(shared: &Shared, refusal: AcceptError) {
    match (shared.visits.take(refusal.peer()), refusal) {
        (Some(Visit::Garbage(garbage)), AcceptError::Handshake { error, .. }) => {
            garbage.judge_handshake(&error);
        }
        (Some(Visit::Conversation(conversation)), _) if conversation.is_killed() => {
            shared.tally.cut("TLS: during the handshake".to_owned());
        }
        (_, refusal) => shared.tally.unexpected(refusal.to_string()),
    }
}

async fn serve(shared: Arc<Shared>, connection: Connection) {
    match shared.visits.take(connection.peer_addr().socket_addr()) {
        Some(Visit::Conversation(conversation)) => {
            let serving = converse(&shared, connection, &conversation);
            if conversation.wait_for(serving).await.is_none() {
                let who = format!("the server: {conversation:?}");
                shared.tally.stuck(who);
            }
        }
        Some(Visit::Garbage(garbage)) => {
            if timeout(PATIENCE, listen(&shared, connection, garbage))
                .await
                .is_err()
            {
                shared
                    .tally
                    .unexpected("the server waits for the end of garbage".to_owned());
            }
        }
        None => shared
            .tally
            .unexpected("nobody was to come from there".to_owned()),
    }
}

async fn converse(shared: &Shared, connection: Connection, conversation: &Conversation) {
    let (mut incoming, mut outgoing) = halves::of_tokio(
        connection,
        conversation.server_routes,
        conversation.down.by_queue,
    );
    let mut random = shared.random();
    let hearing = Hearing {
        tally: &shared.tally,
        direction: &conversation.up,
        is_slow: conversation.server_is_slow,
        random: SplitMix64::new(random.next()),
    };
    let mut ledgers = conversation.up.ledgers();
    // The client says when it is over.
    let over = Stop::new();
    let heard = async {
        let end = hear(&mut incoming, &mut ledgers, hearing).await;
        shared.judge_end("the server", conversation, &conversation.up, &end);
        over.set();
        end.is_ok()
    };
    let direction = &conversation.down;
    let spoken = async {
        let end = speak(&mut outgoing, direction, shared.pause, random, &over).await;
        shared.judge_writer("the server", conversation, end);
    };
    let (came_to_end, ()) = tokio::join!(alone(heard), alone(spoken));
    let mistakes = conversation.up.judge(ledgers, came_to_end);
    shared.tally.add_mistakes(mistakes);
}

/// Garbage gets no answer but a verdict. None of it holds a message that may be delivered: whatever is, is corrupt.
async fn listen(shared: &Shared, connection: Connection, garbage: Garbage) {
    let mut random = shared.random();
    let with_router = garbage.wants_router() || random.one_in(2);
    let (mut incoming, _outgoing) = halves::of_tokio(connection, with_router, false);
    let direction = Direction::new(&mut random, true);
    let mut ledgers = direction.ledgers();
    let hearing = Hearing {
        tally: &shared.tally,
        direction: &direction,
        is_slow: false,
        random,
    };
    let end = hear(&mut incoming, &mut ledgers, hearing).await;
    let delivered = direction.heard();
    shared.tally.add_mistakes(Mistakes {
        corrupt: delivered,
        ..Mistakes::default()
    });
    garbage.judge_end(end, delivered);
}
