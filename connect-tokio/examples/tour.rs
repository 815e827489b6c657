//! What Connect does, in one process: an echo server and a client over loopback TCP, messages from
//! 1 byte to 16 MiB, every reply checked for order and content.
//!
//! ```text
//! cargo run --release -p connect-tokio --example tour
//! ```

use std::error::Error;
use std::time::{Duration, Instant};

use connect_tokio::{ConnectDatagram, Connection, ConnectionReader, ConnectionWriter, TcpListener};
use indicatif::{ProgressBar, ProgressStyle};

/// Message sizes in bytes, how many of them stream through, and how many go back and forth alone.
const PLAN: &[(usize, u64, u64)] = &[
    (1, 1_000_000, 5_000),
    (64, 1_000_000, 5_000),
    (1024, 400_000, 5_000),
    (16 * 1024, 60_000, 2_000),
    (256 * 1024, 4_000, 500),
    (1024 * 1024, 1_000, 100),
    (16 * 1024 * 1024, 40, 10),
];

/// In the last part all sizes follow each other on one connection.
const MIXED: u64 = 5_000;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr();
    println!("echo server on {address}, client in the same process\n");
    tokio::spawn(async move {
        while let Ok(connection) = listener.accept().await {
            tokio::spawn(async move {
                if let Err(error) = echo(connection).await {
                    eprintln!("echo server: {error}");
                }
            });
        }
    });

    let total = PLAN.iter().map(|(_, streamed, alone)| streamed + alone);
    let progress = ProgressBar::new(total.sum::<u64>() + MIXED).with_style(
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} replies  {msg}")?,
    );
    let mut rows = Vec::new();
    for &(size, streamed, alone) in PLAN {
        progress.set_message(format!("{} each", human_size(size)));
        let connection = Connection::tcp_client(address).await?;
        let (connection, elapsed) = stream(connection, streamed, move |_| size, &progress).await?;
        let times = back_and_forth(connection, size, alone, &progress).await?;
        rows.push(row(size, streamed, elapsed, times));
    }
    progress.set_message("all sizes mixed");
    let connection = Connection::tcp_client(address).await?;
    let (connection, _) = stream(connection, MIXED, mixed_size, &progress).await?;
    connection.close().await?;
    progress.finish_and_clear();

    println!("    size   messages  messages/s      MB/s   round trip p50      p99     p99.9");
    for row in rows {
        println!("{row}");
    }
    println!("\nand {MIXED} messages of 1 byte to 16 MiB mixed on one connection.");
    println!("Every reply came whole, in order, with its recipient and its content.");
    Ok(())
}

async fn echo(connection: Connection) -> Result<()> {
    let (mut reader, mut writer) = connection.split();
    let mut datagrams = Vec::new();
    while reader.next_many(&mut datagrams, 1024).await? > 0 {
        for datagram in datagrams.drain(..) {
            writer.feed(datagram).await?;
        }
        writer.flush().await?;
    }
    writer.close().await?;
    Ok(())
}

/// Sends `count` messages while the replies are checked; returns the connection and the time it took.
async fn stream(
    connection: Connection,
    count: u64,
    size: impl Fn(u64) -> usize + Copy + Send + 'static,
    progress: &ProgressBar,
) -> Result<(Connection, Duration)> {
    let content = Content::new();
    let (mut reader, writer) = connection.split();
    let begin = Instant::now();
    let sender = tokio::spawn(send_all(writer, content.clone(), count, size));
    let mut datagrams = Vec::new();
    let mut index = 0;
    while index < count {
        if reader.next_many(&mut datagrams, 1024).await? == 0 {
            return Err(format!("the server closed after {index} of {count} replies").into());
        }
        for datagram in datagrams.drain(..) {
            content.check(&datagram, index, size(index))?;
            index += 1;
            progress.inc(1);
        }
    }
    let elapsed = begin.elapsed();
    Ok((Connection::join(reader, sender.await??), elapsed))
}

async fn send_all(
    mut writer: ConnectionWriter,
    content: Content,
    count: u64,
    size: impl Fn(u64) -> usize,
) -> Result<ConnectionWriter> {
    for index in 0..count {
        writer.feed(content.message(index, size(index))?).await?;
    }
    writer.flush().await?;
    Ok(writer)
}

/// One message at a time: how long until its reply is here?
async fn back_and_forth(
    connection: Connection,
    size: usize,
    count: u64,
    progress: &ProgressBar,
) -> Result<Vec<Duration>> {
    let content = Content::new();
    let (mut reader, mut writer) = connection.split();
    let mut times = Vec::new();
    for index in 0..count {
        let message = content.message(index, size)?;
        let begin = Instant::now();
        // Together, because a large message does not fit into the sockets' buffers.
        let (reply, ()) = tokio::try_join!(next(&mut reader), send(&mut writer, message))?;
        times.push(begin.elapsed());
        content.check(&reply, index, size)?;
        progress.inc(1);
    }
    writer.close().await?;
    if reader.next().await?.is_some() {
        return Err("a reply too many".into());
    }
    times.sort_unstable();
    Ok(times)
}

async fn next(reader: &mut ConnectionReader) -> Result<ConnectDatagram> {
    let reply = reader.next().await?;
    reply.ok_or_else(|| "the server closed early".into())
}

async fn send(writer: &mut ConnectionWriter, message: ConnectDatagram) -> Result<()> {
    Ok(writer.send(message).await?)
}

/// Messages are windows into one long pseudo-random text, each at a place of its own.
#[derive(Clone)]
struct Content(bytes::Bytes);

/// Prime, so that windows do not repeat soon.
const PLACES: u64 = 65_521;

impl Content {
    fn new() -> Self {
        let longest = PLAN.iter().map(|(size, ..)| *size).max().unwrap_or(1);
        let mut state = 1_u32;
        let text = (0..longest + PLACES as usize).map(|_| {
            // Numerical Recipes, 2nd edition, section 7.1: a quick generator; any would do.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        Self(text.collect::<Vec<_>>().into())
    }

    fn window(&self, index: u64, size: usize) -> bytes::Bytes {
        let place = (index * 7919 % PLACES) as usize;
        self.0.slice(place..place + size)
    }

    fn message(&self, index: u64, size: usize) -> Result<ConnectDatagram> {
        Ok(ConnectDatagram::new(
            index as u16,
            self.window(index, size),
        )?)
    }

    fn check(&self, reply: &ConnectDatagram, index: u64, size: usize) -> Result<()> {
        if reply.recipient() != index as u16 || *reply.data() != self.window(index, size) {
            return Err(format!("reply {index} is wrong: {reply:?}").into());
        }
        Ok(())
    }
}

/// Mostly small, sometimes large.
fn mixed_size(index: u64) -> usize {
    let (size, ..) = PLAN[match index % 1000 {
        0 => 6,
        1..=5 => 5,
        6..=30 => 4,
        31..=200 => 3,
        other => (other % 3) as usize,
    }];
    size
}

fn row(size: usize, count: u64, elapsed: Duration, times: Vec<Duration>) -> String {
    let seconds = elapsed.as_secs_f64();
    let percentile = |part: f64| {
        let at = ((times.len() as f64 * part) as usize).min(times.len() - 1);
        format!("{:.1} us", times[at].as_secs_f64() * 1e6)
    };
    format!(
        "{:>8} {count:>10} {:>11.0} {:>9.1} {:>16} {:>10} {:>10}",
        human_size(size),
        count as f64 / seconds,
        count as f64 * size as f64 / seconds / 1e6,
        percentile(0.5),
        percentile(0.99),
        percentile(0.999),
    )
}

fn human_size(size: usize) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..0x10_0000 => format!("{} KiB", size / 1024),
        _ => format!("{} MiB", size / 1024 / 1024),
    }
}
