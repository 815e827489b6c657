//! Sends many messages to an echo server as fast as it can, while it checks the replies.
//!
//! ```text
//! cargo run --release -p connect-tokio --example tcp-client-blaster -- 127.0.0.1:3456 1000000
//! ```

use std::error::Error;
use std::time::Instant;

use connect_tokio::{ConnectDatagram, Connection, ConnectionReader, ConnectionWriter};
use indicatif::{ProgressBar, ProgressStyle};

const DEFAULT_COUNT: u64 = 1_000_000;

/// How many replies are taken at once, and how often the progress bar moves.
const BATCH: usize = 4096;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(address) = arguments.next() else {
        return Err("usage: tcp-client-blaster ADDR [COUNT]".into());
    };
    let count = match arguments.next() {
        Some(count) => count
            .parse()
            .map_err(|error| format!("COUNT {count:?}: {error}"))?,
        None => DEFAULT_COUNT,
    };

    let (reader, writer) = Connection::tcp_client(address).await?.split();
    let progress = ProgressBar::new(count).with_style(ProgressStyle::with_template(
        "{bar:40} {human_pos}/{human_len} replies, {per_sec}",
    )?);
    let begin = Instant::now();
    // Both directions at once: a client that only sent would fill the server's queue, and wait for ever.
    tokio::try_join!(blast(writer, count), check(reader, count, &progress))?;
    let seconds = begin.elapsed().as_secs_f64();
    progress.finish();
    println!(
        "{count} messages out and back in order in {seconds:.2} s: {:.0} a second",
        count as f64 / seconds
    );
    Ok(())
}

/// The text of a message says which one it is.
fn message(index: u64) -> String {
    format!("message {index}")
}

async fn blast(mut writer: ConnectionWriter, count: u64) -> Result<(), Box<dyn Error>> {
    for index in 0..count {
        let datagram = ConnectDatagram::new(index as u16, message(index))?;
        writer.feed(datagram).await?;
    }
    writer.close().await?;
    Ok(())
}

async fn check(
    mut reader: ConnectionReader,
    count: u64,
    progress: &ProgressBar,
) -> Result<(), Box<dyn Error>> {
    let mut datagrams = Vec::new();
    let mut index = 0;
    while reader.next_many(&mut datagrams, BATCH).await? > 0 {
        for datagram in datagrams.drain(..) {
            if datagram.recipient() != index as u16 || datagram.data() != message(index).as_bytes()
            {
                return Err(format!("reply {index} is wrong: {datagram:?}").into());
            }
            index += 1;
        }
        progress.set_position(index);
    }
    if index != count {
        return Err(format!("the server closed after {index} of {count} replies").into());
    }
    Ok(())
}
