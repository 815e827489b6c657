//! The crate zeromq. A lone task has the socket to itself; several send it their messages through a channel, which
//! is many times as fast as a mutex that they lock for each.

use std::net::SocketAddr;

use bytes::Bytes;
use tokio::sync::mpsc;
use zeromq::{Endpoint, PullSocket, PushSocket, Socket, SocketSend};

use crate::contender::{Receiving, Sending, tell};
use connect_bench::Failure;
use connect_bench::messages::{Feed, spawn_each};
use connect_bench::receipt::Received;
use connect_bench::stack::LOOPBACK;
use connect_bench::zeromq_rs::{END, Window, receive_all, send_all};

const QUEUE_LEN: usize = 1024;

pub async fn send(sending: Sending) -> Result<Vec<u64>, Failure> {
    let mut socket = PushSocket::new();
    let endpoint = format!("tcp://{}", sending.address);
    socket.connect(&endpoint).await?;
    let mut feeds = sending.messages.feeds(sending.time);
    let sent = if feeds.len() == 1 {
        vec![send_all(&mut socket, feeds.remove(0), &Window::unlimited()).await?]
    } else {
        send_together(&mut socket, feeds).await?
    };
    socket.send(END.into()).await?;
    // The socket does not linger.
    let _ = sending.received.await;
    Ok(sent)
}

async fn send_together(socket: &mut PushSocket, feeds: Vec<Feed>) -> Result<Vec<u64>, Failure> {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(QUEUE_LEN);
    let tasks = spawn_each(feeds, move |mut feed| {
        let sender = sender.clone();
        async move {
            while let Some(message) = feed.next_bytes() {
                sender.send(message).await?;
            }
            Ok(feed.sent())
        }
    });
    let tasks = tokio::spawn(tasks);
    let mut batch = Vec::with_capacity(QUEUE_LEN);
    while receiver.recv_many(&mut batch, QUEUE_LEN).await > 0 {
        for message in batch.drain(..) {
            socket.send(message.into()).await?;
        }
    }
    tasks.await?
}

pub async fn receive(receiving: Receiving) -> Result<Received, Failure> {
    let mut socket = PullSocket::new();
    let endpoint = socket.bind(&format!("tcp://{LOOPBACK}")).await?;
    let Endpoint::Tcp(host, port) = endpoint else {
        return Err(format!("{endpoint} is not TCP").into());
    };
    let address: SocketAddr = format!("{host}:{port}").parse()?;
    tell(receiving.address, address)?;
    receive_all(&mut socket, receiving.receipt, &Window::unlimited()).await
}
