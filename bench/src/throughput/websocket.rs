//! tokio-tungstenite, without the HTTP handshake. Who sends one way is the server, because only clients mask.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use connect_bench::Failure;
use connect_bench::receipt::Received;

use crate::contender::Run;
use crate::end::{End, Stream, close};
use crate::ground::Ground;
use crate::trips::Times;

/// Reads and writes as large as by default, 128 KiB.
async fn websocket(end: End, role: Role) -> Result<WebSocketStream<Stream>, Failure> {
    let config = WebSocketConfig::default();
    Ok(WebSocketStream::from_raw_socket(end.stream().await?, role, Some(config)).await)
}

pub fn one_way(ground: &Ground, run: Run) -> Result<(u64, Received), Failure> {
    ground.on_tokio(
        move |end| async move {
            let mut socket = websocket(end, Role::Server).await?;
            let mut feed = run.feed();
            while let Some(message) = feed.next_bytes() {
                socket.feed(Message::Binary(message)).await?;
            }
            socket.close(None).await?;
            close(socket.get_mut()).await?;
            Ok(feed.sent())
        },
        move |end| async move {
            let mut socket = websocket(end, Role::Client).await?;
            let mut receipt = run.receipt();
            while let Some(message) = binary(&mut socket).await? {
                receipt.message(&message)?;
            }
            // Before anything is closed, which is no part of what is timed.
            let received = receipt.finish();
            close(socket.get_mut()).await?;
            received
        },
    )
}

pub fn round_trip(ground: &Ground, run: Run) -> Result<(Times, ()), Failure> {
    ground.on_tokio(
        move |end| async move {
            let mut socket = websocket(end, Role::Client).await?;
            let mut trips = run.trips();
            while let Some(message) = trips.next() {
                let message = Message::Binary(Bytes::from_static(message));
                socket.send(message).await?;
                let reply = binary(&mut socket).await?;
                trips.back(&reply.ok_or("the peer has closed")?)?;
            }
            socket.close(None).await?;
            close(socket.get_mut()).await?;
            trips.finish()
        },
        move |end| async move {
            let mut socket = websocket(end, Role::Server).await?;
            while let Some(message) = binary(&mut socket).await? {
                socket.send(Message::Binary(message)).await?;
            }
            close(socket.get_mut()).await
        },
    )
}

/// `None` when the peer closes.
async fn binary(socket: &mut WebSocketStream<Stream>) -> Result<Option<Bytes>, Failure> {
    match socket.next().await.ok_or("cut")?? {
        Message::Binary(message) => Ok(Some(message)),
        Message::Close(_) => Ok(None),
        other => Err(format!("{other:?} is none of ours").into()),
    }
}
