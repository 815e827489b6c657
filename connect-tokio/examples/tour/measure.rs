//! Messages out, replies back, and how long that takes.

use std::time::{Duration, Instant};

use connect_tokio::{ConnectDatagram, Connection, ConnectionReader, ConnectionWriter};
use indicatif::ProgressBar;

use crate::Result;
use crate::content::Content;

/// Sends `count` messages while the replies are checked; returns the connection and the time it took.
pub(crate) async fn stream(
    connection: Connection,
    content: &Content,
    count: u64,
    size: impl Fn(u64) -> usize + Copy + Send + 'static,
    progress: &ProgressBar,
) -> Result<(Connection, Duration)> {
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

/// One message at a time: how long until its reply is here? Shortest first.
pub(crate) async fn back_and_forth(
    connection: Connection,
    content: &Content,
    size: usize,
    count: u64,
    progress: &ProgressBar,
) -> Result<Vec<Duration>> {
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
