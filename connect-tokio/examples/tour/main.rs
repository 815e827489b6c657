//! What Connect does, in one process: an echo server and a client over loopback TCP, messages from
//! 1 byte to 16 MiB, every reply checked for order and content. With the feature `tls` the same over TLS.
//!
//! ```text
//! cargo run --release -p connect-tokio --example tour
//! cargo run --release -p connect-tokio --features tls --example tour
//! ```

mod content;
mod measure;
mod queue;
mod table;
#[cfg(feature = "tls-no-provider")]
mod tls;

use std::error::Error;

use connect_tokio::{Connection, TcpListener};
use indicatif::{ProgressBar, ProgressStyle};

use crate::content::Content;

/// Message sizes in bytes, how many of them stream through, and how many go back and forth alone.
type Plan = [(usize, u64, u64); 7];

const PLAN: Plan = [
    (1, 1_000_000, 5_000),
    (64, 1_000_000, 5_000),
    (1024, 400_000, 5_000),
    (16 * 1024, 60_000, 2_000),
    (256 * 1024, 4_000, 500),
    (1024 * 1024, 1_000, 100),
    (LONGEST, 40, 10),
];

const LONGEST: usize = 16 * 1024 * 1024;

/// Messages of 64 bytes that are sent one by one: by a writer, and by the handles of a queue.
const PLAINLY: u64 = 100_000;
const QUEUED: u64 = 1_000_000;

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
            tokio::spawn(serve(connection));
        }
    });
    let content = Content::new(LONGEST);
    let connect = async || Ok(Connection::tcp_client(address).await?);
    run(&PLAN, MIXED, &content, connect).await?;
    queue::run(PLAINLY, QUEUED, &content, connect).await?;

    #[cfg(feature = "tls-no-provider")]
    tls::run(&content).await?;
    #[cfg(not(feature = "tls-no-provider"))]
    println!(
        "\nThe same over TLS: cargo run --release -p connect-tokio --features tls --example tour"
    );
    Ok(())
}

async fn run(
    plan: &Plan,
    mixed: u64,
    content: &Content,
    connect: impl AsyncFn() -> Result<Connection>,
) -> Result<()> {
    let total = plan.iter().map(|(_, streamed, alone)| streamed + alone);
    let progress = ProgressBar::new(total.sum::<u64>() + mixed).with_style(
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} replies  {msg}")?,
    );
    let mut rows = Vec::new();
    for &(size, streamed, alone) in plan {
        progress.set_message(format!("{} each", table::human_size(size)));
        let connection = connect().await?;
        let (connection, elapsed) =
            measure::stream(connection, content, streamed, move |_| size, &progress).await?;
        let times = measure::back_and_forth(connection, content, size, alone, &progress).await?;
        rows.push(table::row(size, streamed, elapsed, &times));
    }
    progress.set_message("all sizes mixed");
    let connection = connect().await?;
    let (connection, _) =
        measure::stream(connection, content, mixed, mixed_size, &progress).await?;
    connection.close().await?;
    progress.finish_and_clear();

    println!("{}", table::HEAD);
    for row in rows {
        println!("{row}");
    }
    println!("\nand {mixed} messages of 1 byte to 16 MiB mixed on one connection.");
    println!("Every reply came whole, in order, with its recipient and its content.");
    Ok(())
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

async fn serve(connection: Connection) {
    if let Err(error) = echo(connection).await {
        eprintln!("echo server: {error}");
    }
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
