//! Good clients: one conversation after the other, some of which are cut off.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use connect_testkit::SplitMix64;
use connect_tokio::Config;
use connect_tokio::connect_tls::TlsConnection;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::alone::alone;
use crate::conversation::Conversation;
use crate::halves::{self, Incoming, Outgoing};
use crate::hearing::{Hearing, hear};
use crate::server::SERVER_NAME;
use crate::settings::Transport;
use crate::shared::{LONGEST_CONVERSATION, PATIENCE, Shared};
use crate::speaking::{blurt, speak};
use crate::stop::Stop;
use crate::visits::Visit;

/// How a conversation ends, unless the whole soak ends before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Close,
    /// The socket is dropped, whatever has not been read.
    Kill,
    /// The same, and for the second half of its time the client has read nothing.
    KillDeaf,
    /// The same in the middle of writing.
    KillWriting,
}

/// Takes part in one conversation after the other until `stop`.
pub(crate) async fn run(shared: Arc<Shared>, stop: Stop) {
    let mut random = shared.random();
    while !stop.is_set() {
        shared.tally.alive.fetch_add(1, Relaxed);
        if let Err(failure) = take_part(&shared, &mut random, &stop).await {
            shared.tally.unexpected(format!("a client: {failure}"));
            // Whatever it is, not to be repeated at full speed.
            sleep(Duration::from_millis(100)).await;
        }
        shared.tally.alive.fetch_sub(1, Relaxed);
    }
}

async fn take_part(shared: &Shared, random: &mut SplitMix64, stop: &Stop) -> Result<(), Failure> {
    let transports = shared.settings.transports;
    let transport = transports[random.below(transports.len())];
    let conversation = Arc::new(Conversation::new(random, transport));
    let connecting = connect(shared, random, Arc::clone(&conversation));
    let connection = timeout(PATIENCE, connecting).await;
    let (incoming, outgoing) = connection.map_err(|_| "cannot connect in time")??;
    shared.tally.conversations.fetch_add(1, Relaxed);

    let longest = LONGEST_CONVERSATION.as_millis() as usize;
    let life = Duration::from_millis(100 + random.below(longest - 100) as u64);
    let ending = match random.below(10) {
        0 => Ending::Kill,
        1 => Ending::KillDeaf,
        2 => Ending::KillWriting,
        _ => Ending::Close,
    };
    let client = Client {
        shared,
        conversation: &conversation,
        incoming,
        outgoing,
        is_slow: random.one_in(10),
        random: SplitMix64::new(random.next()),
    };
    client.converse(life, ending, stop).await;
    Ok(())
}

/// The client's side of a conversation.
struct Client<'a> {
    shared: &'a Shared,
    conversation: &'a Conversation,
    incoming: Incoming,
    outgoing: Outgoing,
    is_slow: bool,
    random: SplitMix64,
}

impl Client<'_> {
    async fn converse(mut self, life: Duration, ending: Ending, stop: &Stop) {
        let shared = self.shared;
        let conversation = self.conversation;
        let mut ledgers = conversation.down.ledgers();
        let hearing = Hearing {
            tally: &shared.tally,
            direction: &conversation.down,
            is_slow: self.is_slow,
            random: SplitMix64::new(self.random.next()),
        };
        let over = Stop::new();
        let heard = async {
            let mut hearing = pin!(hear(&mut self.incoming, &mut ledgers, hearing));
            let end = if ending == Ending::KillDeaf {
                let deaf_from = life / 2;
                tokio::select! {
                    end = &mut hearing => end,
                    () = sleep(deaf_from) => {
                        stop.wait().await;
                        hearing.await
                    }
                }
            } else {
                hearing.await
            };
            shared.judge_end("a client", conversation, &conversation.down, &end);
            over.set();
            end.is_ok()
        };
        let random = SplitMix64::new(self.random.next());
        let direction = &conversation.up;
        let spoken = async {
            let end = speak(&mut self.outgoing, direction, shared.pause, random, &over).await;
            shared.judge_writer("a client", conversation, end);
        };
        let both = async { tokio::join!(alone(heard), alone(spoken)) };
        let both = conversation.wait_for(both);
        let is_killed = async {
            tokio::select! {
                () = sleep(life) => if ending != Ending::Close { return },
                () = stop.wait() => {}
            }
            over.set();
            pending::<()>().await;
        };
        let came_to_end = tokio::select! {
            ended = both => {
                let Some((came_to_end, ())) = ended else {
                    shared.tally.stuck(format!("a client: {conversation:?}"));
                    return;
                };
                came_to_end
            }
            () = is_killed => {
                conversation.kill();
                shared.tally.kills.fetch_add(1, Relaxed);
                if ending == Ending::KillWriting {
                    blurt(&mut self.outgoing, direction);
                }
                false
            }
        };
        let mistakes = conversation.down.judge(ledgers, came_to_end);
        shared.tally.add_mistakes(mistakes);
    }
}

async fn connect(
    shared: &Shared,
    random: &mut SplitMix64,
    conversation: Arc<Conversation>,
) -> Result<(Incoming, Outgoing), Failure> {
    let transport = conversation.transport;
    let with_queue = conversation.up.by_queue;
    let socket = shared.visits.announce(Visit::Conversation(conversation))?;
    set_buffers(&socket, random)?;
    let with_router = random.one_in(4);
    if random.one_in(2) {
        let connection = connect_tokio_client(shared, socket, transport).await?;
        Ok(halves::of_tokio(connection, with_router, with_queue))
    } else {
        let connection = connect_async_std_client(shared, socket, transport).await?;
        Ok(halves::of_async_std(connection, with_router, with_queue))
    }
}

/// With small buffers of the system the peer notices a slow reader, and writes are short.
fn set_buffers(socket: &TcpSocket, random: &mut SplitMix64) -> Result<(), Failure> {
    if random.one_in(2) {
        socket.set_recv_buffer_size(8 * 1024)?;
        socket.set_send_buffer_size(8 * 1024)?;
    }
    Ok(())
}

async fn connect_tokio_client(
    shared: &Shared,
    socket: TcpSocket,
    transport: Transport,
) -> Result<connect_tokio::Connection, Failure> {
    use connect_tokio::Connection;
    match transport {
        Transport::Tcp => {
            let stream = socket.connect(shared.addresses.tcp).await?;
            Ok(Connection::from_tcp(stream, Config::new())?)
        }
        Transport::Tls => {
            let stream = socket.connect(shared.addresses.tls).await?;
            Ok(Connection::tls_over_tcp(stream, tls_client(shared)?).await?)
        }
    }
}

async fn connect_async_std_client(
    shared: &Shared,
    socket: TcpSocket,
    transport: Transport,
) -> Result<connect_async_std::Connection, Failure> {
    use connect_async_std::Connection;
    let moved = |stream: TcpStream| stream.into_std().map(async_std::net::TcpStream::from);
    match transport {
        Transport::Tcp => {
            let stream = moved(socket.connect(shared.addresses.tcp).await?)?;
            Ok(Connection::from_tcp(stream, Config::new())?)
        }
        Transport::Tls => {
            let stream = moved(socket.connect(shared.addresses.tls).await?)?;
            Ok(Connection::tls_over_tcp(stream, tls_client(shared)?).await?)
        }
    }
}

fn tls_client(shared: &Shared) -> Result<TlsConnection, Failure> {
    let config = Arc::clone(&shared.addresses.tls_config);
    Ok(TlsConnection::client_of(
        config,
        SERVER_NAME,
        &Config::new(),
    )?)
}
