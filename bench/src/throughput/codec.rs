//! Codecs that frame a stream: tokio-util's, and asynchronous-codec's.

use asynchronous_codec as futures_codec;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_util::codec::{Framed, FramedRead, FramedWrite, LengthDelimitedCodec};
use tokio_util::compat::TokioAsyncReadCompatExt;

use connect_bench::Failure;
use connect_bench::receipt::Received;

use crate::contender::Run;
use crate::end::{Stream, close};
use crate::ground::Ground;
use crate::trips::Times;

/// Capacity and boundary of the tuned ones: as much a write and a read as the second floor.
const DEPTH: usize = 256 * 1024;

pub fn one_way(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    between(
        ground,
        run,
        |stream| FramedWrite::new(stream, LengthDelimitedCodec::new()),
        |stream| FramedRead::new(stream, LengthDelimitedCodec::new()),
    )
}

pub fn one_way_tuned(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    between(
        ground,
        run,
        // The capacity is the boundary as well.
        |stream| FramedWrite::with_capacity(stream, LengthDelimitedCodec::new(), DEPTH),
        |stream| FramedRead::with_capacity(stream, LengthDelimitedCodec::new(), DEPTH),
    )
}

fn between(
    ground: &Ground,
    run: Run,
    writer: fn(Stream) -> FramedWrite<Stream, LengthDelimitedCodec>,
    reader: fn(Stream) -> FramedRead<Stream, LengthDelimitedCodec>,
) -> Result<(u64, Received), Failure> {
    ground.on_tokio(
        move |end| async move {
            let mut writer = writer(end.stream().await?);
            let mut feed = run.feed();
            while let Some(message) = feed.next_bytes() {
                writer.feed(message).await?;
            }
            SinkExt::<Bytes>::flush(&mut writer).await?;
            close(writer.get_mut()).await?;
            Ok(feed.sent())
        },
        move |end| async move {
            let mut reader = reader(end.stream().await?);
            let mut receipt = run.receipt();
            while let Some(message) = reader.next().await {
                receipt.message(&message?)?;
            }
            receipt.finish()
        },
    )
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    ground.on_tokio(
        move |end| async move {
            let mut framed = Framed::new(end.stream().await?, LengthDelimitedCodec::new());
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                framed.send(Bytes::from_static(message)).await?;
                let reply = framed.next().await.ok_or("the peer has closed")?;
                trips.back(&reply?)?;
            }
            close(framed.get_mut()).await?;
            trips.finish()
        },
        move |end| async move {
            let mut framed = Framed::new(end.stream().await?, LengthDelimitedCodec::new());
            while let Some(message) = framed.next().await {
                framed.send(message?.freeze()).await?;
            }
            Ok(())
        },
    )
}

/// asynchronous-codec, on tokio.
pub fn one_way_futures(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    ground.on_tokio(
        move |end| async move {
            let stream = end.stream().await?.compat();
            let mut writer = futures_codec::FramedWrite::new(stream, futures_codec::LengthCodec);
            let mut feed = run.feed();
            while let Some(message) = feed.next_bytes() {
                writer.feed(message).await?;
            }
            writer.flush().await?;
            close(&mut writer.into_inner().into_inner()).await?;
            Ok(feed.sent())
        },
        move |end| async move {
            let stream = end.stream().await?.compat();
            let mut reader = futures_codec::FramedRead::new(stream, futures_codec::LengthCodec);
            let mut receipt = run.receipt();
            while let Some(message) = reader.next().await {
                receipt.message(&message?)?;
            }
            receipt.finish()
        },
    )
}
