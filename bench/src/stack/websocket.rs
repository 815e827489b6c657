//! tokio-tungstenite, from where the handshake over HTTP is done.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Link;
use super::over::{End, Framing, Stream};
use crate::Failure;

pub struct WebSocket;

impl Framing for WebSocket {
    type Link<S: Stream> = WebSocketStream<S>;

    async fn over<S: Stream>(stream: S, end: End) -> WebSocketStream<S> {
        let role = match end {
            End::Server => Role::Server,
            End::Client => Role::Client,
        };
        WebSocketStream::from_raw_socket(stream, role, None).await
    }
}

impl<S: Stream> Link for WebSocketStream<S> {
    async fn send(&mut self, message: Bytes) -> Result<(), Failure> {
        Ok(SinkExt::send(self, Message::Binary(message)).await?)
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.next().await.transpose()? {
                Some(Message::Binary(message)) => return Ok(Some(message)),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                Some(Message::Close(_)) | None => return Ok(None),
                Some(other) => return Err(format!("{other:?} is not binary").into()),
            }
        }
    }

    async fn close(&mut self) -> Result<(), Failure> {
        Ok(self.close(None).await?)
    }
}
