//! Who takes part, and the two sides of each.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::{codec, floor, ours};
use connect_bench::Failure;
use connect_bench::messages::Messages;
use connect_bench::options::Feature;
use connect_bench::receipt::{Receipt, Received};
use connect_bench::stack::{Endpoints, TokioTcp};

#[derive(Clone, Copy)]
pub enum Contender {
    Floor,
    Codec,
    CodecTuned,
    PlainSend,
    Queue,
    #[cfg(feature = "libzmq")]
    Libzmq,
    #[cfg(feature = "zeromq")]
    ZeroMq,
}

/// The one that the others are compared with.
pub const SUBJECT: &str = "connect queue";

pub const CONTENDERS: &[(Contender, &str)] = &[
    (Contender::Floor, "floor"),
    (Contender::Codec, "mpsc + codec"),
    (Contender::CodecTuned, "mpsc + codec tuned"),
    (Contender::PlainSend, "connect plain send"),
    (Contender::Queue, SUBJECT),
    #[cfg(feature = "libzmq")]
    (Contender::Libzmq, "libzmq"),
    #[cfg(feature = "zeromq")]
    (Contender::ZeroMq, "zeromq"),
];

/// Features that bring more of them.
pub const FEATURES: &[Feature] = &[
    ("libzmq", cfg!(feature = "libzmq")),
    ("zeromq", cfg!(feature = "zeromq")),
];

/// What a sender is to do.
pub struct Sending {
    pub address: SocketAddr,
    pub messages: Messages,
    pub time: Duration,
    /// Ends when the receiver is done, for those that have to stay until then.
    #[cfg_attr(not(feature = "zeromq"), expect(dead_code))]
    pub received: oneshot::Receiver<()>,
}

/// What a receiver is to do.
pub struct Receiving {
    /// Where it is told which address to send to.
    pub address: oneshot::Sender<SocketAddr>,
    #[cfg_attr(not(feature = "libzmq"), expect(dead_code))]
    pub messages: Messages,
    pub receipt: Receipt,
}

impl Contender {
    /// How many messages each task has sent.
    pub async fn send(self, sending: Sending) -> Result<Vec<u64>, Failure> {
        match self {
            Self::Floor => floor::send(sending).await,
            Self::Codec => codec::send(sending).await,
            Self::CodecTuned => codec::send_tuned(sending).await,
            Self::PlainSend => ours::send_plainly(sending).await,
            Self::Queue => ours::send_queued(sending).await,
            #[cfg(feature = "libzmq")]
            Self::Libzmq => crate::libzmq::send(sending).await,
            #[cfg(feature = "zeromq")]
            Self::ZeroMq => crate::zeromq_rs::send(sending).await,
        }
    }

    pub async fn receive(self, receiving: Receiving) -> Result<Received, Failure> {
        match self {
            Self::Floor => floor::receive(receiving).await,
            Self::Codec => codec::receive(receiving).await,
            Self::CodecTuned => codec::receive_tuned(receiving).await,
            Self::PlainSend | Self::Queue => ours::receive(receiving).await,
            #[cfg(feature = "libzmq")]
            Self::Libzmq => crate::libzmq::receive(receiving),
            #[cfg(feature = "zeromq")]
            Self::ZeroMq => crate::zeromq_rs::receive(receiving).await,
        }
    }
}

impl Sending {
    /// A socket for the contenders that have none of their own.
    pub async fn connect(&self) -> Result<TcpStream, Failure> {
        TokioTcp::connect(&(), self.address).await
    }
}

/// Says where it listens, and accepts one connection.
pub async fn accept(address: oneshot::Sender<SocketAddr>) -> Result<TcpStream, Failure> {
    let (mut listener, bound) = TokioTcp::listen().await?;
    tell(address, bound)?;
    TokioTcp::accept(&mut listener).await
}

pub fn tell(sender: oneshot::Sender<SocketAddr>, address: SocketAddr) -> Result<(), Failure> {
    sender
        .send(address)
        .map_err(|_| "the sender is gone".into())
}
