//! omq, whose sockets run on the runtime of their task, or on a thread of a context of theirs.

use std::collections::VecDeque;

use bytes::Bytes;
use omq_tokio::{Context, ContextConfig, Message, Options, Socket, SocketType, TrySendError};

use connect_bench::Failure;
use connect_bench::messages::Feed;
use connect_bench::receipt::Received;
use connect_bench::runtime::{PATIENCE, Threads, run as run_on};

use crate::contender::Run;
use crate::ground::Ground;
use crate::meeting::meet;
use crate::trips::Times;

/// A stream of ours ends; here the last message says so.
const END: Bytes = Bytes::new();

/// Messages that are handed over or received together: the most that it takes at once.
const BATCH_LEN: usize = 256;

/// As many messages on each side as by default, or 64 MiB. From 1,000 to 100,000 makes no difference that can be
/// measured.
fn options(size: usize) -> Result<Options, Failure> {
    let high_water_mark = u32::try_from((64 * 1024 * 1024 / size).clamp(4, 1000))?;
    Ok(Options::new()
        .send_hwm(high_water_mark)
        .recv_hwm(high_water_mark)
        .linger(PATIENCE))
}

/// With as many threads for the sockets on each side; without any they run beside the task that has them.
pub fn one_way<const IO_THREADS: usize>(
    ground: &Ground,
    run: Run,
) -> Result<(u64, Received), Failure> {
    let options = options(run.messages.size)?;
    let receiving = options.clone().recv_batching(true);
    meet(
        ground.transport,
        |connecting| {
            run_on(Threads::One, async move {
                let context = context(IO_THREADS);
                let socket = context.socket(SocketType::Push, options);
                socket.connect(&*connecting.endpoint).await?;
                let sent = send_all(&socket, run.feed()).await?;
                socket.send(Message::single(END)).await?;
                socket.close().await?;
                Ok(sent)
            })
        },
        move |binding| {
            run_on(Threads::One, async move {
                let context = context(IO_THREADS);
                let socket = context.socket(SocketType::Pull, receiving);
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

fn context(io_threads: usize) -> Context {
    Context::with_config(ContextConfig { io_threads })
}

async fn send_all(socket: &Socket, mut feed: Feed) -> Result<u64, Failure> {
    let mut batch = VecDeque::with_capacity(BATCH_LEN);
    loop {
        let messages = std::iter::from_fn(|| feed.next_bytes());
        batch.extend(messages.take(BATCH_LEN).map(Message::single));
        if batch.is_empty() {
            return Ok(feed.sent());
        }
        while !batch.is_empty() {
            match socket.try_send_many(&mut batch, BATCH_LEN) {
                Ok(_) => {}
                Err(TrySendError::Full(message)) => socket.send(message).await?,
                Err(error) => return Err(error.to_string().into()),
            }
        }
    }
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    let options = options(run.messages.size)?;
    let replying = options.clone();
    meet(
        ground.transport,
        |connecting| {
            run_on(Threads::One, async move {
                let socket = Socket::try_new(SocketType::Req, options)?;
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
                let socket = Socket::try_new(SocketType::Rep, replying)?;
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
