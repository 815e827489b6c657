//! Connect on tokio.

use std::iter;

use bytes::Bytes;
use connect_tokio::{Config, ConnectDatagram, Connection, ConnectionReader, DatagramRef};

use connect_bench::Failure;
use connect_bench::messages::Feed;
use connect_bench::ours::{receive_batches, send_queued};
use connect_bench::receipt::{Receipt, Received};

use crate::contender::Run;
use crate::ground::Ground;
use crate::trips::Times;

/// Who gets all messages.
pub const RECIPIENT: u16 = 1;

/// Of larger marks and reads, those that are the fastest: measured by bench/alternatives.
const DEEP_MARK: usize = 256 * 1024;
const DEEP_READS: usize = 1024 * 1024;

/// From how many bytes on `feed` spares a copy.
const CHAINED_FROM: usize = 4096;

/// Datagrams that are owned, on both sides.
pub fn one_way(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let config = run.config;
    ground.on_tokio(
        move |end| async move {
            let connection = end.connection(config).await?;
            send_owned(connection, run.feed()).await
        },
        move |end| async move {
            let connection = end.connection(config).await?;
            receive_owned(connection, run.receipt()).await
        },
    )
}

/// Datagrams that are borrowed, on both sides.
pub fn one_way_batch(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let config = run.config;
    ground.on_tokio(
        move |end| async move {
            let connection = end.connection(config).await?;
            send_borrowed(connection, run.feed()).await
        },
        move |end| async move {
            let connection = end.connection(config).await?;
            receive_batches(connection, run.receipt()).await
        },
    )
}

/// Larger marks; owned datagrams where that spares a copy.
pub fn one_way_deep(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let config = Config::new()
        .with_high_water_mark(DEEP_MARK)
        .with_read_block_len(DEEP_READS);
    ground.on_tokio(
        move |end| async move {
            let connection = end.connection(config).await?;
            if run.messages.size < CHAINED_FROM {
                send_borrowed(connection, run.feed()).await
            } else {
                send_owned(connection, run.feed()).await
            }
        },
        move |end| async move {
            let connection = end.connection(config).await?;
            receive_batches(connection, run.receipt()).await
        },
    )
}

pub fn one_way_queue(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let config = run.config;
    ground.on_tokio(
        move |end| async move {
            let connection = end.connection(config).await?;
            let sent = send_queued(connection, vec![run.feed()]).await?;
            Ok(sent.iter().sum())
        },
        move |end| async move {
            let connection = end.connection(config).await?;
            receive_batches(connection, run.receipt()).await
        },
    )
}

async fn send_owned(mut connection: Connection, mut feed: Feed) -> Result<u64, Failure> {
    let writer = connection.writer();
    while let Some(message) = feed.next_bytes() {
        writer
            .feed(ConnectDatagram::new(RECIPIENT, message)?)
            .await?;
    }
    connection.close().await?;
    Ok(feed.sent())
}

async fn send_borrowed(mut connection: Connection, mut feed: Feed) -> Result<u64, Failure> {
    let writer = connection.writer();
    let mut datagrams = iter::from_fn(|| {
        let message = feed.next_slice()?;
        Some(DatagramRef::new(RECIPIENT, message))
    });
    while !writer.push_while_ready(&mut datagrams)? {
        writer.ready().await?;
    }
    connection.close().await?;
    Ok(feed.sent())
}

async fn receive_owned(
    mut connection: Connection,
    mut receipt: Receipt,
) -> Result<Received, Failure> {
    while let Some(datagram) = connection.reader().next().await? {
        receipt.message(datagram.data())?;
    }
    receipt.finish()
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    ground.on_tokio(
        move |end| async move {
            let (mut reader, mut writer) = end.connection(run.config).await?.split();
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                writer.send(datagram(message)?).await?;
                let reply = reader.next().await?;
                trips.back(reply.ok_or("the peer has closed")?.data())?;
            }
            writer.close().await?;
            read_to_end(&mut reader).await?;
            trips.finish()
        },
        move |end| async move {
            let (mut reader, mut writer) = end.connection(run.config).await?.split();
            while let Some(datagram) = reader.next().await? {
                writer.send(datagram).await?;
            }
            Ok(writer.close().await?)
        },
    )
}

/// With a queue on each side.
pub fn round_trip_queue(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    ground.on_tokio(
        move |end| async move {
            let (mut reader, writer) = end.connection(run.config).await?.split();
            let (sender, driver) = writer.spawn_queue();
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                sender.send(datagram(message)?).await?;
                let reply = reader.next().await?;
                trips.back(reply.ok_or("the peer has closed")?.data())?;
            }
            sender.close().await?;
            driver.await??;
            read_to_end(&mut reader).await?;
            trips.finish()
        },
        move |end| async move {
            let (mut reader, writer) = end.connection(run.config).await?.split();
            let (sender, driver) = writer.spawn_queue();
            while let Some(datagram) = reader.next().await? {
                sender.send(datagram).await?;
            }
            sender.close().await?;
            Ok(driver.await??)
        },
    )
}

/// Who is done first waits for the other to close, which with TLS is a last write.
async fn read_to_end(reader: &mut ConnectionReader) -> Result<(), Failure> {
    match reader.next().await? {
        None => Ok(()),
        Some(_) => Err("a message too many came back".into()),
    }
}

fn datagram(message: &'static [u8]) -> Result<ConnectDatagram, Failure> {
    Ok(ConnectDatagram::new(
        RECIPIENT,
        Bytes::from_static(message),
    )?)
}
