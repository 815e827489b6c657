//! One-way throughput over TLS on loopback TCP: Connect beside a raw tokio-rustls stream, which moves bytes
//! and no messages, and beside LengthDelimitedCodec over tokio-rustls.
//!
//! ```text
//! cargo run --release --manifest-path bench/Cargo.toml --bin tls-throughput -- [ROUNDS [PROVIDER [SIZE...]]]
//! PROVIDER: aws-lc-rs or ring
//! ```
//!
//! Sender and receiver have a thread and a runtime each. The contenders take turns; what is printed is the
//! median of their rounds, and ratios of medians. Every receiver counts what it got.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use connect_testkit::certificates::Authority;
use connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tokio::{Config, ConnectDatagram, Connection, DatagramRef, TlsListener};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream as ClientStream;
use tokio_rustls::server::TlsStream as ServerStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

type Failure = Box<dyn Error + Send + Sync>;

/// Bytes of data in one round, and the most messages.
const VOLUME: usize = 256 * 1024 * 1024;
const MOST_MESSAGES: usize = 2_000_000;

const SIZES: &[usize] = &[
    16,
    64,
    256,
    1024,
    4 * 1024,
    16 * 1024,
    64 * 1024,
    256 * 1024,
    1024 * 1024,
];

#[derive(Clone, Copy, PartialEq)]
enum Contender {
    /// Writes and reads of 64 KiB of the bytes that the messages would be.
    Raw,
    /// A `Bytes` a message, as below.
    LengthDelimited,
    ConnectOwned,
    /// `feed_ref` and `next_batch`.
    ConnectBorrowed,
}

const CONTENDERS: &[(Contender, &str)] = &[
    (Contender::Raw, "raw stream"),
    (Contender::LengthDelimited, "LengthDel."),
    (Contender::ConnectOwned, "Connect"),
    (Contender::ConnectBorrowed, "borrowed"),
];

#[derive(Clone)]
struct Setting {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    size: usize,
    count: usize,
}

fn main() -> Result<(), Failure> {
    let rounds = match std::env::args().nth(1) {
        Some(rounds) => rounds.parse()?,
        None => 7,
    };
    if std::env::args().nth(2).as_deref() == Some("ring") {
        let provider = connect_tls::rustls::crypto::ring::default_provider();
        provider
            .install_default()
            .map_err(|_| "a provider is installed already")?;
    }
    let mut sizes = Vec::new();
    for size in std::env::args().skip(3) {
        sizes.push(size.parse()?);
    }
    if sizes.is_empty() {
        sizes = SIZES.to_vec();
    }
    let authority = Authority::new("benchmark");
    let server = authority.server_config(&["localhost"]);
    let client = authority.client_config();
    print!("{:>8}", "MB/s");
    for (_, name) in CONTENDERS {
        print!("{name:>12}");
    }
    println!("{:>14}{:>14}", "Connect/raw", "Connect/LD");
    for &size in &sizes {
        let setting = Setting {
            server: Arc::clone(&server),
            client: Arc::clone(&client),
            size,
            count: (VOLUME / size).min(MOST_MESSAGES),
        };
        let mut times = vec![Vec::new(); CONTENDERS.len()];
        for _ in 0..rounds {
            for ((contender, _), times) in CONTENDERS.iter().zip(&mut times) {
                times.push(round(*contender, setting.clone())?);
            }
        }
        let bytes = (setting.size * setting.count) as f64;
        let rates: Vec<f64> = times
            .into_iter()
            .map(|times| bytes / median(times).as_secs_f64() / 1e6)
            .collect();
        print!("{size:>8}");
        for rate in &rates {
            print!("{rate:>12.0}");
        }
        let best = rates[2].max(rates[3]);
        println!("{:>14.2}{:>14.2}", best / rates[0], rates[2] / rates[1]);
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// From the first write to the last message received.
fn round(contender: Contender, setting: Setting) -> Result<Duration, Failure> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let receiving = setting.clone();
    let receiver = thread::spawn(move || {
        run(async move {
            let listener = TcpListener::from_std(listener)?;
            match contender {
                Contender::Raw => {
                    receive_raw(accept(listener, &receiving).await?, &receiving).await
                }
                Contender::LengthDelimited => {
                    receive_delimited(accept(listener, &receiving).await?, &receiving).await
                }
                Contender::ConnectOwned => {
                    receive_owned(accept_connect(listener, &receiving).await?, &receiving).await
                }
                Contender::ConnectBorrowed => {
                    receive_borrowed(accept_connect(listener, &receiving).await?, &receiving).await
                }
            }
        })
    });
    let begin = run(async move {
        match contender {
            Contender::Raw => send_raw(connect(address, &setting).await?, &setting).await,
            Contender::LengthDelimited => {
                send_delimited(connect(address, &setting).await?, &setting).await
            }
            Contender::ConnectOwned => send_owned(address, &setting).await,
            Contender::ConnectBorrowed => send_borrowed(address, &setting).await,
        }
    })?;
    let end = receiver.join().map_err(|_| "the receiver panicked")??;
    Ok(end - begin)
}

fn run<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future)
}

async fn connect(
    address: std::net::SocketAddr,
    setting: &Setting,
) -> Result<ClientStream<TcpStream>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let connector = TlsConnector::from(Arc::clone(&setting.client));
    Ok(connector.connect("localhost".try_into()?, stream).await?)
}

async fn accept(
    listener: TcpListener,
    setting: &Setting,
) -> Result<ServerStream<TcpStream>, Failure> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let acceptor = TlsAcceptor::from(Arc::clone(&setting.server));
    Ok(acceptor.accept(stream).await?)
}

async fn accept_connect(listener: TcpListener, setting: &Setting) -> Result<Connection, Failure> {
    let server = Arc::clone(&setting.server);
    let mut listener =
        TlsListener::from_listener(listener, server, Config::new(), Default::default())?;
    Ok(listener.accept().await?)
}

async fn send_raw(
    mut stream: ClientStream<TcpStream>,
    setting: &Setting,
) -> Result<Instant, Failure> {
    let block = vec![7; 64 * 1024];
    let mut left = (8 + setting.size) * setting.count;
    let begin = Instant::now();
    while left > 0 {
        let length = block.len().min(left);
        stream.write_all(&block[..length]).await?;
        left -= length;
    }
    stream.shutdown().await?;
    read_tickets(stream).await;
    Ok(begin)
}

/// A tokio-rustls server has sent session tickets; to drop a socket with unread bytes would reset the
/// connection, and what was sent last would be lost. (A server of Connect sends them with its first message.)
async fn read_tickets(mut stream: ClientStream<TcpStream>) {
    // Ends with an error: the receiver does not close its direction.
    let _ = stream.read(&mut [0; 1]).await;
}

async fn receive_raw(
    mut stream: ServerStream<TcpStream>,
    setting: &Setting,
) -> Result<Instant, Failure> {
    let mut block = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        match stream.read(&mut block).await? {
            0 => break,
            received => total += received,
        }
    }
    let end = Instant::now();
    expect(total, (8 + setting.size) * setting.count)?;
    Ok(end)
}

async fn send_delimited(
    stream: ClientStream<TcpStream>,
    setting: &Setting,
) -> Result<Instant, Failure> {
    let mut writer = FramedWrite::new(stream, LengthDelimitedCodec::new());
    let data = Bytes::from(vec![7; setting.size]);
    let begin = Instant::now();
    for _ in 0..setting.count {
        writer.feed(data.clone()).await?;
    }
    SinkExt::<Bytes>::close(&mut writer).await?;
    read_tickets(writer.into_inner()).await;
    Ok(begin)
}

async fn receive_delimited(
    stream: ServerStream<TcpStream>,
    setting: &Setting,
) -> Result<Instant, Failure> {
    let mut reader = FramedRead::new(stream, LengthDelimitedCodec::new());
    let mut total = 0;
    while let Some(frame) = reader.next().await {
        total += frame?.len();
    }
    let end = Instant::now();
    expect(total, setting.size * setting.count)?;
    Ok(end)
}

async fn send_owned(address: std::net::SocketAddr, setting: &Setting) -> Result<Instant, Failure> {
    let client = Arc::clone(&setting.client);
    let mut connection = Connection::tls_client(address, "localhost", client).await?;
    let data = Bytes::from(vec![7; setting.size]);
    let begin = Instant::now();
    for _ in 0..setting.count {
        let datagram = ConnectDatagram::new(1, data.clone())?;
        connection.writer().feed(datagram).await?;
    }
    connection.close().await?;
    Ok(begin)
}

async fn send_borrowed(
    address: std::net::SocketAddr,
    setting: &Setting,
) -> Result<Instant, Failure> {
    let client = Arc::clone(&setting.client);
    let mut connection = Connection::tls_client(address, "localhost", client).await?;
    let data = vec![7; setting.size];
    let begin = Instant::now();
    for _ in 0..setting.count {
        let datagram = DatagramRef::new(1, &data);
        connection.writer().feed_ref(datagram).await?;
    }
    connection.close().await?;
    Ok(begin)
}

async fn receive_owned(mut connection: Connection, setting: &Setting) -> Result<Instant, Failure> {
    let mut total = 0;
    while let Some(datagram) = connection.reader().next().await? {
        total += datagram.data().len();
    }
    let end = Instant::now();
    expect(total, setting.size * setting.count)?;
    Ok(end)
}

async fn receive_borrowed(
    mut connection: Connection,
    setting: &Setting,
) -> Result<Instant, Failure> {
    let mut total = 0;
    while let Some(datagrams) = connection.reader().next_batch().await? {
        total += datagrams
            .map(|datagram| datagram.data().len())
            .sum::<usize>();
    }
    let end = Instant::now();
    expect(total, setting.size * setting.count)?;
    Ok(end)
}

fn expect(received: usize, sent: usize) -> Result<(), Failure> {
    if received != sent {
        return Err(format!("{received} bytes received of {sent}").into());
    }
    Ok(())
}
