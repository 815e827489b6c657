//! The crate zeromq, whose sockets hide their connections: all that are accepted belong to one PULL socket, which one
//! task waits for.

use std::net::SocketAddr;

use bytes::Bytes;
use connect_bench::Failure;
use connect_bench::child::Side;
use connect_bench::console::Console;
use connect_bench::opening::Opening;
use connect_bench::stack::{Endpoints, Link, Runtime, TokioTcp};
use futures_util::{Stream, StreamExt};
use zeromq::{Endpoint, PullSocket, PushSocket, Socket, SocketEvent, SocketRecv, SocketSend};

use crate::side::{Role, obey};

type Tokio = <TokioTcp as Endpoints>::Runtime;

pub fn side(side: Side, role: Role) -> Result<(), Failure> {
    Tokio::block_on(async move {
        let console = Console::new();
        match side {
            Side::Server => {
                let pulling = Pulling::new(&console).await?;
                obey::<Tokio, _>(console, pulling, role).await
            }
            Side::Client(address) => obey::<Tokio, _>(console, Pushing(address), role).await,
        }
    })?
}

struct Pulling {
    /// Until it is handed over with the first connections.
    socket: Option<PullSocket>,
    events: Box<dyn Stream<Item = SocketEvent> + Send + Unpin>,
}

impl Pulling {
    async fn new(console: &Console) -> Result<Self, Failure> {
        let mut socket = PullSocket::new();
        let events = Box::new(socket.monitor());
        match socket.bind("tcp://127.0.0.1:0").await? {
            Endpoint::Tcp(host, port) => console.answer(format_args!("{host}:{port}")),
            other => return Err(format!("{other} is not TCP").into()),
        }
        let socket = Some(socket);
        Ok(Self { socket, events })
    }
}

impl Opening for Pulling {
    type Link = Pull;

    /// Hands the socket over once, for all connections.
    async fn open(&mut self, count: usize, take: impl FnMut(Pull) + Send) -> Result<(), Failure> {
        self.socket.take().map(Pull).into_iter().for_each(take);
        let mut accepted = 0;
        while accepted < count {
            match self.events.next().await {
                Some(SocketEvent::Accepted(..)) => accepted += 1,
                Some(SocketEvent::Listening(_)) => {}
                other => return Err(format!("{other:?} instead of a connection").into()),
            }
        }
        Ok(())
    }
}

struct Pushing(SocketAddr);

impl Opening for Pushing {
    type Link = Push;

    async fn open(
        &mut self,
        count: usize,
        mut take: impl FnMut(Push) + Send,
    ) -> Result<(), Failure> {
        let endpoint = format!("tcp://{}", self.0);
        for _ in 0..count {
            let mut socket = PushSocket::new();
            socket.connect(&endpoint).await?;
            take(Push(socket));
        }
        Ok(())
    }
}

struct Pull(PullSocket);

impl Link for Pull {
    async fn send(&mut self, _: Bytes) -> Result<(), Failure> {
        Err("PULL sends nothing".into())
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        let message = self.0.recv().await?;
        Ok(message.get(0).cloned())
    }

    async fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

struct Push(PushSocket);

impl Link for Push {
    async fn send(&mut self, message: Bytes) -> Result<(), Failure> {
        Ok(self.0.send(message.into()).await?)
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Failure> {
        Err("PUSH receives nothing".into())
    }

    async fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
