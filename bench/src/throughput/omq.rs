//! omq, whose sockets run on the runtime of their task.

use bytes::Bytes;
use omq_tokio::{Message, Options, Socket, SocketType};

use connect_bench::Failure;
use connect_bench::receipt::Received;
use connect_bench::runtime::{PATIENCE, Threads, run as run_on};

use crate::contender::Run;
use crate::ground::Ground;
use crate::meeting::meet;
use crate::trips::Times;

/// A stream of ours ends; here the last message says so.
const END: Bytes = Bytes::new();

/// Messages that are received together.
const BATCH_LEN: usize = 128;

/// As many messages on each side as by default, or 64 MiB.
fn socket(kind: SocketType, size: usize) -> Result<Socket, Failure> {
    let high_water_mark = u32::try_from((64 * 1024 * 1024 / size).clamp(4, 1000))?;
    let options = Options::new()
        .send_hwm(high_water_mark)
        .recv_hwm(high_water_mark)
        .linger(PATIENCE);
    Ok(Socket::try_new(kind, options)?)
}

pub fn one_way(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let size = run.messages.size;
    meet(
        ground.transport,
        |connecting| {
            run_on(Threads::One, async move {
                let socket = socket(SocketType::Push, size)?;
                socket.connect(&*connecting.endpoint).await?;
                let mut feed = run.feed();
                while let Some(message) = feed.next_bytes() {
                    socket.send(Message::single(message)).await?;
                }
                socket.send(Message::single(END)).await?;
                socket.close().await?;
                Ok(feed.sent())
            })
        },
        move |binding| {
            run_on(Threads::One, async move {
                let socket = socket(SocketType::Pull, size)?;
                let bound = socket.bind(&*binding.endpoint).await?;
                binding.tell(bound.to_string())?;
                let mut receipt = run.receipt();
                let mut batch = Vec::with_capacity(BATCH_LEN);
                loop {
                    socket.recv_many_into(BATCH_LEN, &mut batch).await?;
                    for message in batch.drain(..) {
                        if message.byte_len() == 0 {
                            return receipt.finish();
                        }
                        receipt.message(frame(&message)?)?;
                    }
                }
            })
        },
    )
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    let size = run.messages.size;
    meet(
        ground.transport,
        |connecting| {
            run_on(Threads::One, async move {
                let socket = socket(SocketType::Req, size)?;
                socket.connect(&*connecting.endpoint).await?;
                let mut trips = run.trips();
                while let Some(message) = trips.next() {
                    let message = Message::single(Bytes::from_static(message));
                    socket.send(message).await?;
                    let reply = socket.recv().await?;
                    trips.back(frame(&reply)?)?;
                }
                socket.send(Message::single(END)).await?;
                socket.close().await?;
                trips.finish()
            })
        },
        move |binding| {
            run_on(Threads::One, async move {
                let socket = socket(SocketType::Rep, size)?;
                let bound = socket.bind(&*binding.endpoint).await?;
                binding.tell(bound.to_string())?;
                loop {
                    let message = socket.recv().await?;
                    if message.byte_len() == 0 {
                        return Ok(());
                    }
                    socket.send(message).await?;
                }
            })
        },
    )
}

fn frame(message: &Message) -> Result<&[u8], Failure> {
    message
        .get(0)
        .ok_or_else(|| "a message without a frame".into())
}
