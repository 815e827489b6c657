//! The crate zeromq.

use bytes::Bytes;
use zeromq::{
    PullSocket, PushSocket, RepSocket, ReqSocket, Socket, SocketRecv, SocketSend, ZmqMessage,
};

use connect_bench::Failure;
use connect_bench::receipt::Received;
use connect_bench::runtime::{Threads, run as run_on};
use connect_bench::zeromq_rs::{END, Window, receive_all, send_all};

use crate::contender::Run;
use crate::ground::Ground;
use crate::meeting::meet;
use crate::trips::Times;

pub fn one_way(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    let window = Window::new(run.messages.size);
    let receiving = window.clone();
    meet(
        ground.transport,
        |connecting| {
            run_on(Threads::One, async move {
                let mut socket = PushSocket::new();
                socket.connect(&connecting.endpoint).await?;
                let sent = send_all(&mut socket, run.feed(), &window).await?;
                socket.send(END.into()).await?;
                // The socket does not linger.
                let _ = connecting.other.await;
                Ok(sent)
            })
        },
        move |binding| {
            run_on(Threads::One, async move {
                let mut socket = PullSocket::new();
                let bound = socket.bind(&binding.endpoint).await?;
                binding.tell(bound.to_string())?;
                receive_all(&mut socket, run.receipt(), &receiving).await
            })
        },
    )
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    meet(
        ground.transport,
        |connecting| {
            run_on(Threads::One, async move {
                let mut socket = ReqSocket::new();
                socket.connect(&connecting.endpoint).await?;
                let mut trips = run.trips();
                while let Some(message) = trips.next() {
                    socket.send(Bytes::from_static(message).into()).await?;
                    let reply = socket.recv().await?;
                    trips.back(frame(&reply)?)?;
                }
                socket.send(END.into()).await?;
                // The socket does not linger.
                let _ = connecting.other.await;
                trips.finish()
            })
        },
        move |binding| {
            run_on(Threads::One, async move {
                let mut socket = RepSocket::new();
                let bound = socket.bind(&binding.endpoint).await?;
                binding.tell(bound.to_string())?;
                loop {
                    let message = socket.recv().await?;
                    if *frame(&message)? == END {
                        return Ok(());
                    }
                    socket.send(message).await?;
                }
            })
        },
    )
}

fn frame(message: &ZmqMessage) -> Result<&Bytes, Failure> {
    message
        .get(0)
        .ok_or_else(|| "a message without a frame".into())
}
