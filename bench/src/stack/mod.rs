//! The contenders with many connections: what carries messages over a socket, and how both ends of it are made.

mod delimited;
mod on_async_std;
mod on_tokio;
mod ours;
mod over;
mod raw;
mod websocket;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;

pub use delimited::Delimited;
pub use on_async_std::AsyncStdTcp;
pub use on_tokio::{TokioTcp, TokioTls};
pub use ours::{Connect, ConnectAsyncStd, ConnectTls};
pub use over::Over;
pub use raw::Raw;
pub use websocket::WebSocket;

use crate::Failure;

/// One connection, which carries messages.
pub trait Link: Send + 'static {
    /// Returns when the message is handed to the system.
    fn send(&mut self, message: Bytes) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The next message; `None` at the end.
    fn receive(&mut self) -> impl Future<Output = Result<Option<Bytes>, Failure>> + Send;

    /// Tells the peer that nothing will follow.
    fn close(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// How both ends of connections are made. They are [`Link`]s, or streams that links are made of.
pub trait Endpoints: 'static {
    type Runtime: Runtime;
    type Listener: Send;
    /// May have a handshake before it.
    type Accepted: Send;
    type Server: Send;
    type Connector: Send + Sync;
    type Client: Send;

    /// On loopback, and on which port.
    fn listen() -> impl Future<Output = Result<(Self::Listener, SocketAddr), Failure>> + Send;

    fn accept(
        listener: &mut Self::Listener,
    ) -> impl Future<Output = Result<Self::Accepted, Failure>> + Send;

    fn establish(
        accepted: Self::Accepted,
    ) -> impl Future<Output = Result<Self::Server, Failure>> + Send;

    fn connector() -> Result<Self::Connector, Failure>;

    fn connect(
        connector: &Self::Connector,
        address: SocketAddr,
    ) -> impl Future<Output = Result<Self::Client, Failure>> + Send;
}

/// What tasks run on.
pub trait Runtime {
    fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure>;

    fn spawn(future: impl Future<Output = ()> + Send + 'static);

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send;
}

/// The system chooses the port.
pub const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
