//! Everything that touches `connect` 0.2.4, which runs on async-std.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use async_std::stream::Stream;

pub use async_std::future::timeout;
pub use async_std::task::{JoinHandle, spawn};
pub use connect::{
    ConnectDatagram, Connection, ConnectionReader, ConnectionWriteError, ConnectionWriter, SinkExt,
    StreamExt,
};

use crate::messages::{Check, Messages, Totals};
use crate::window::Window;

/// A message.
///
/// # Panics
///
/// If there is no data, or more than may be sent.
pub fn datagram(recipient: u16, data: Vec<u8>) -> ConnectDatagram {
    ConnectDatagram::new(recipient, data).expect("the data has a length that can be sent")
}

/// Connects to a server.
///
/// # Panics
///
/// If that fails.
pub async fn connect(address: SocketAddr) -> Connection {
    let connection = Connection::tcp_client(address).await;
    connection.expect("an old client can connect")
}

/// A connection over a stream that was prepared, and does not block.
pub fn over(stream: TcpStream) -> Connection {
    Connection::from(async_std::net::TcpStream::from(stream))
}

/// A listener.
pub struct Server {
    listener: Box<dyn Stream<Item = Connection> + Send + Unpin>,
    address: SocketAddr,
}

impl Server {
    /// Listens on a port of its own.
    ///
    /// # Panics
    ///
    /// If no port can be had.
    pub async fn bind() -> Self {
        Self::bind_by(connect::tcp::TcpListener::bind).await
    }

    /// Listens on a port of its own, in a way that is told the address.
    ///
    /// # Panics
    ///
    /// If no port can be had.
    pub(crate) async fn bind_by<L, E, F>(bind: impl Fn(SocketAddr) -> F) -> Self
    where
        L: Stream<Item = Connection> + Send + Unpin + 'static,
        F: Future<Output = Result<L, E>>,
    {
        // The old listener does not tell which port the system chose, so one is chosen for it; until
        // it listens there, somebody else may have taken it.
        for _ in 0..100 {
            let address = free_address();
            if let Ok(listener) = bind(address).await {
                let listener = Box::new(listener);
                return Self { listener, address };
            }
        }
        panic!("no port to listen on");
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn accept(&mut self) -> Connection {
        let connection = self.listener.next().await;
        connection.expect("an old listener can accept")
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("the system has a free port")
}

/// Sends all messages of a run, never more at once than the window admits: as many as it admits in
/// one flush.
///
/// # Panics
///
/// If a write fails.
pub async fn send_paced(
    mut writer: ConnectionWriter,
    messages: Messages,
    window: Arc<Window>,
) -> ConnectionWriter {
    for number in 0..messages.count {
        let datagram = datagram(Messages::recipient(number), messages.data(number));
        if !window.admits(datagram.size()) {
            writer.flush().await.expect("an old writer can flush");
            window.wait(datagram.size()).await;
        }
        writer.feed(datagram).await.expect("an old writer can feed");
    }
    writer.flush().await.expect("an old writer can flush");
    writer
}

/// Sends all messages of a run, each with a flush of its own, as fast as it can.
///
/// # Panics
///
/// If a write fails.
pub async fn send_one_by_one(mut writer: ConnectionWriter, messages: Messages) -> ConnectionWriter {
    for number in 0..messages.count {
        let datagram = datagram(Messages::recipient(number), messages.data(number));
        writer.send(datagram).await.expect("an old writer can send");
    }
    writer
}

/// Receives all messages of a run, and leaves the connection open.
///
/// # Panics
///
/// If one is missing or wrong.
pub async fn receive_all(
    mut reader: ConnectionReader,
    messages: Messages,
) -> (ConnectionReader, Totals) {
    let mut check = messages.check();
    while !check.is_complete() {
        let datagram = reader.next().await;
        receive(&mut check, &datagram.expect("the stream ended too early"));
    }
    (reader, check.finish())
}

/// Receives all messages of a run, and the end.
///
/// # Panics
///
/// If one is missing or wrong, or if there is one too many.
pub async fn receive_to_the_end(mut reader: ConnectionReader, messages: Messages) -> Totals {
    let mut check = messages.check();
    while let Some(datagram) = reader.next().await {
        receive(&mut check, &datagram);
    }
    check.finish()
}

/// Sends back what comes, as the example program of 0.2.4 does, until the peer closes.
///
/// # Panics
///
/// If a message is missing or wrong, or if a write fails.
pub async fn echo(mut connection: Connection, messages: Messages) -> Totals {
    let mut check = messages.check();
    while let Some(datagram) = connection.reader().next().await {
        receive(&mut check, &datagram);
        let result = connection.writer().send(datagram).await;
        result.expect("an old writer can send");
    }
    check.finish()
}

fn receive(check: &mut Check, datagram: &ConnectDatagram) {
    assert_eq!(datagram.version(), 1);
    let data = datagram.data().expect("a received datagram has data");
    check.receive(datagram.recipient(), data);
}
