//! Opening many connections, on either side.

use std::net::SocketAddr;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;

use crate::Failure;
use crate::console::Console;
use crate::held::allow_sockets;
use crate::stack::{Endpoints, Link, Runtime};

/// Connections that are being opened at the same time: enough that neither side waits for the other.
const BESIDE_EACH_OTHER: usize = 16;

/// One side, which can have more connections.
pub trait Opening: Send {
    type Link: Link;

    /// Opens `count` more and hands each over.
    fn open(
        &mut self,
        count: usize,
        take: impl FnMut(Self::Link) + Send,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub struct Accepting<S: Endpoints> {
    listener: S::Listener,
    opened: usize,
}

pub struct Connecting<S: Endpoints> {
    connector: S::Connector,
    address: SocketAddr,
    opened: usize,
}

impl<S: Endpoints> Accepting<S> {
    /// Says where it listens.
    pub async fn new(console: &Console) -> Result<Self, Failure> {
        let (listener, address) = S::listen().await?;
        console.answer(address);
        Ok(Self {
            listener,
            opened: 0,
        })
    }
}

impl<S: Endpoints<Server: Link>> Opening for Accepting<S> {
    type Link = S::Server;

    async fn open(
        &mut self,
        count: usize,
        mut take: impl FnMut(S::Server) + Send,
    ) -> Result<(), Failure> {
        self.opened += count;
        allow_sockets(self.opened)?;
        let (sender, mut established) = mpsc::unbounded_channel();
        let mut taken = 0;
        for _ in 0..count {
            let accepted = S::accept(&mut self.listener).await?;
            let sender = sender.clone();
            // A task of its own, so that one handshake does not wait for the next.
            S::Runtime::spawn(async move {
                // Nobody wants it when another one has failed.
                let _ = sender.send(S::establish(accepted).await);
            });
            // Now and not at the end, or all of them would be in the channel, and leave their room behind.
            while let Ok(link) = established.try_recv() {
                take(link?);
                taken += 1;
            }
        }
        drop(sender);
        while taken < count {
            let link = established.recv().await.ok_or("a handshake panicked")?;
            take(link?);
            taken += 1;
        }
        Ok(())
    }
}

impl<S: Endpoints> Connecting<S> {
    pub fn new(address: SocketAddr) -> Result<Self, Failure> {
        Ok(Self {
            connector: S::connector()?,
            address,
            opened: 0,
        })
    }
}

impl<S: Endpoints<Client: Link>> Opening for Connecting<S> {
    type Link = S::Client;

    async fn open(
        &mut self,
        count: usize,
        mut take: impl FnMut(S::Client) + Send,
    ) -> Result<(), Failure> {
        self.opened += count;
        allow_sockets(self.opened)?;
        let mut links = stream::iter(0..count)
            .map(|_| S::connect(&self.connector, self.address))
            .buffer_unordered(BESIDE_EACH_OTHER);
        while let Some(link) = links.try_next().await? {
            take(link);
        }
        Ok(())
    }
}
