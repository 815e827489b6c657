//! Bad clients: each sends one kind of garbage, and waits until the server has refused it.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use connect_proto::VERSION;
use connect_testkit::{SplitMix64, datagrams, naive};
use connect_tokio::connect_tls::rustls::{ClientConnection, StreamOwned};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::series::{self, LANES, LONGEST};
use crate::server::SERVER_NAME;
use crate::settings::Transport;
use crate::shared::{PATIENCE, Shared};
use crate::stop::Stop;
use crate::verdict::{Garbage, Reason};
use crate::visits::Visit;

/// Something that no good client sends.
struct Rubbish {
    name: &'static str,
    bytes: Vec<u8>,
    /// Between two bytes.
    pause: Option<Duration>,
    /// Otherwise the stream stays open behind the last byte.
    ends: bool,
    reason: Reason,
}

/// Sends one kind of garbage after the other until `stop`.
pub(crate) async fn run(shared: Arc<Shared>, stop: Stop) {
    let mut random = shared.random();
    while !stop.is_set() {
        let transports = shared.settings.transports;
        let transport = transports[random.below(transports.len())];
        let sent = match transport {
            Transport::Tcp => send_plain(&shared, transport, messages(&mut random)).await,
            Transport::Tls if random.one_in(2) => {
                send_within_tls(&shared, messages(&mut random)).await
            }
            Transport::Tls => match handshake(&shared, &mut random) {
                Ok(rubbish) => send_plain(&shared, transport, rubbish).await,
                Err(failure) => Err(failure),
            },
        };
        if let Err(failure) = sent {
            shared
                .tally
                .unexpected(format!("garbage over {transport}: {failure}"));
        }
        tokio::select! {
            () = sleep(Duration::from_millis(100 + random.below(400) as u64)) => {}
            () = stop.wait() => {}
        }
    }
}

/// What is sent where messages are expected.
fn messages(random: &mut SplitMix64) -> Rubbish {
    let at_once = |name, bytes: Vec<u8>| Rubbish {
        name,
        reason: reason(&bytes),
        bytes,
        pause: None,
        ends: true,
    };
    let frame = |size: u32, version: u16, recipient: u16| {
        let mut bytes = size.to_be_bytes().to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(recipient.to_be_bytes());
        bytes
    };
    let tag = random.next() as u16;
    match random.below(8) {
        0 => at_once("random bytes", not_a_message(random)),
        1 => {
            let too_large = LONGEST as u32 + 5;
            let size = too_large + random.below((u32::MAX - too_large) as usize) as u32;
            at_once("huge size", frame(size, VERSION, tag))
        }
        2 => {
            let version = VERSION + 1 + random.below(60_000) as u16;
            at_once("wrong version", frame(5, version, tag))
        }
        3 => at_once("empty frame", frame(random.below(5) as u32, VERSION, tag)),
        4 => {
            let mut bytes = frame(5, VERSION, tag);
            bytes.truncate(1 + random.below(7));
            at_once("half a header", bytes)
        }
        5 => {
            let mut bytes = frame(LONGEST as u32, VERSION, tag);
            bytes.resize(8 + random.below(100_000), 0);
            at_once("half a message", bytes)
        }
        6 => Rubbish {
            pause: Some(Duration::from_secs(1)),
            ..at_once("one byte a second", frame(5, VERSION, tag))
        },
        _ => {
            let recipient = series::recipient(LANES, random.next());
            let mut bytes = frame(5, VERSION, recipient);
            bytes.push(0);
            Rubbish {
                name: "unknown recipient",
                bytes,
                pause: None,
                ends: false,
                reason: Reason::UnknownRecipient(recipient),
            }
        }
    }
}

/// What is sent where a handshake is expected.
fn handshake(shared: &Shared, random: &mut SplitMix64) -> Result<Rubbish, Failure> {
    let mut hello = Vec::new();
    client(shared)?.write_tls(&mut hello)?;
    let half = 1 + random.below(hello.len() - 1);
    let rubbish = |name, bytes, ends, reason| Rubbish {
        name,
        bytes,
        pause: None,
        ends,
        reason,
    };
    Ok(match random.below(6) {
        0 => {
            let mut bytes = datagrams::content(random.next() as usize, 1000);
            // The type of no record.
            bytes[0] = 0;
            rubbish("no TLS: random bytes", bytes, false, Reason::NotTls)
        }
        1 => {
            let message = datagrams::datagram(0, 0, 100);
            rubbish(
                "no TLS: a message",
                naive::encode(&[message]),
                false,
                Reason::NotTls,
            )
        }
        2 => rubbish("TLS: silence", Vec::new(), false, Reason::SlowHandshake),
        3 => rubbish(
            "TLS: hello and silence",
            hello,
            false,
            Reason::SlowHandshake,
        ),
        4 => {
            hello.truncate(half);
            rubbish("TLS: half a hello", hello, true, Reason::CutHandshake)
        }
        _ => Rubbish {
            pause: Some(Duration::from_secs(1)),
            ..rubbish(
                "TLS: one byte a second",
                hello,
                false,
                Reason::SlowHandshake,
            )
        },
    })
}

/// Random bytes that do not happen to begin with a message.
fn not_a_message(random: &mut SplitMix64) -> Vec<u8> {
    loop {
        let length = 1 + random.below(10_000);
        let bytes = datagrams::content(random.next() as usize, length);
        if naive::parse(&bytes, LONGEST).messages.is_empty() {
            return bytes;
        }
    }
}

/// What the reference codec says of these bytes.
fn reason(bytes: &[u8]) -> Reason {
    let verdict = naive::parse(bytes, LONGEST).verdict;
    Reason::NoMessages(verdict.expect_err("garbage is not valid"))
}

async fn send_plain(
    shared: &Shared,
    transport: Transport,
    rubbish: Rubbish,
) -> Result<(), Failure> {
    let (visit, judgement) = announcement(&rubbish);
    let socket = shared.visits.announce(visit)?;
    let addresses = &shared.addresses;
    let address = match (transport, rubbish.reason) {
        (Transport::Tcp, _) => addresses.tcp,
        (Transport::Tls, Reason::SlowHandshake) => addresses.impatient_tls,
        (Transport::Tls, _) => addresses.tls,
    };
    let mut stream = socket.connect(address).await?;
    let name = rubbish.name;
    // The server may have heard enough before all is sent.
    let _ = send(&mut stream, rubbish).await;
    receive_verdict(shared, name, judgement).await?;
    let mut answer = Vec::new();
    let hanging_up = stream.read_to_end(&mut answer);
    let ended = timeout(PATIENCE, hanging_up).await;
    expect_hang_up(
        name,
        ended.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into())),
    )?;
    // TLS gives its reasons.
    if transport == Transport::Tcp && !answer.is_empty() {
        return Err(format!("{name}: {} bytes come back", answer.len()).into());
    }
    Ok(())
}

async fn send(stream: &mut TcpStream, rubbish: Rubbish) -> io::Result<()> {
    match rubbish.pause {
        None => stream.write_all(&rubbish.bytes).await?,
        Some(pause) => {
            // A peer that is refused meanwhile is done.
            for byte in rubbish.bytes.iter().take(10) {
                stream.write_all(&[*byte]).await?;
                sleep(pause).await;
            }
        }
    }
    if rubbish.ends {
        stream.shutdown().await?;
    }
    Ok(())
}

/// A good handshake by rustls alone, and then garbage.
async fn send_within_tls(shared: &Shared, rubbish: Rubbish) -> Result<(), Failure> {
    let (visit, judgement) = announcement(&rubbish);
    let socket = shared.visits.announce(visit)?;
    let stream = socket.connect(shared.addresses.tls).await?.into_std()?;
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut tls = StreamOwned::new(client(shared)?, stream);
    let name = rubbish.name;
    let sending = tokio::task::spawn_blocking(move || {
        tls.write_all(&rubbish.bytes)?;
        if rubbish.ends {
            tls.conn.send_close_notify();
        }
        tls.flush()?;
        Ok::<_, io::Error>(tls)
    });
    let mut tls = sending.await??;
    receive_verdict(shared, name, judgement).await?;
    let hanging_up = tokio::task::spawn_blocking(move || tls.sock.read_to_end(&mut Vec::new()));
    expect_hang_up(name, hanging_up.await?)
}

/// Whoever was refused is hung up on. With something unread the system resets the connection, which is as good.
fn expect_hang_up(name: &str, ended: io::Result<usize>) -> Result<(), Failure> {
    match ended {
        // Which one a read that took too long says, depends on the system.
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Err(format!("{name}: the server does not hang up").into())
        }
        _ => Ok(()),
    }
}

fn client(shared: &Shared) -> Result<ClientConnection, Failure> {
    let config = Arc::clone(&shared.addresses.tls_config);
    Ok(ClientConnection::new(config, SERVER_NAME.try_into()?)?)
}

type Judgement = oneshot::Receiver<Result<(), String>>;

fn announcement(rubbish: &Rubbish) -> (Visit, Judgement) {
    let (judged, judgement) = oneshot::channel();
    let garbage = Garbage {
        name: rubbish.name,
        reason: rubbish.reason,
        judged,
    };
    (Visit::Garbage(garbage), judgement)
}

async fn receive_verdict(
    shared: &Shared,
    name: &'static str,
    judgement: Judgement,
) -> Result<(), Failure> {
    match timeout(PATIENCE, judgement).await {
        Ok(Ok(verdict)) => verdict?,
        Ok(Err(_)) | Err(_) => return Err(format!("{name}: no verdict").into()),
    }
    shared.tally.refused(name);
    Ok(())
}
