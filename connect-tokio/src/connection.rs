//! Both halves of a connection.

use std::fmt;
use std::sync::Arc;

use connect_proto::{
    Address, Config, ConnectionStats, Decoder, Encoder, Inbound, Outbound, WriteError,
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::reader::ConnectionReader;
use crate::writer::ConnectionWriter;

/// The reading side of any transport, with its type forgotten.
///
/// ```
/// use connect_tokio::{BoxedRead, BoxedWrite, Config, Connection};
///
/// let read: BoxedRead = Box::new(tokio::io::empty());
/// let write: BoxedWrite = Box::new(tokio::io::sink());
/// let connection: Connection = Connection::from_halves(read, write, Config::new());
/// ```
pub type BoxedRead = Box<dyn AsyncRead + Send + Sync + Unpin>;

/// The writing side of any transport, with its type forgotten: see [`BoxedRead`].
pub type BoxedWrite = Box<dyn AsyncWrite + Send + Sync + Unpin>;

/// A [`ConnectionReader`] and a [`ConnectionWriter`].
///
/// Without type parameters it is a connection over whichever transport, which is what most
/// applications want: the transport is called through a pointer once per system call and never per
/// message. [`from_halves`](Self::from_halves) keeps the types of its streams, which need be neither `Send` nor
/// `Sync` then.
///
/// ```
/// use connect_tokio::Connection;
/// # use connect_tokio::ConnectDatagram;
///
/// /// Sends every message back, until the peer closes.
/// async fn echo(mut connection: Connection) -> Result<(), Box<dyn std::error::Error>> {
///     while let Some(datagram) = connection.reader().next().await? {
///         connection.writer().send(datagram).await?;
///     }
///     connection.close().await?;
///     Ok(())
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (mut client, server) = Connection::in_memory(1024);
/// # client.writer().send(ConnectDatagram::new(1, "hello")?).await?;
/// # client.writer().close().await?;
/// # echo(server).await?;
/// # assert_eq!(client.reader().next().await?.unwrap().data(), "hello");
/// # assert!(client.reader().next().await?.is_none());
/// # Ok(())
/// # }
/// ```
pub struct Connection<R = BoxedRead, W = BoxedWrite> {
    reader: ConnectionReader<R>,
    writer: ConnectionWriter<W>,
}

/// What both halves know about the ends of their connection.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    pub(crate) local: Address,
    pub(crate) peer: Address,
    #[cfg(feature = "tls-no-provider")]
    pub(crate) tls: Option<connect_tls::TlsHandle>,
}

impl Ends {
    pub(crate) const fn unnamed() -> Self {
        Self {
            local: Address::Unnamed,
            peer: Address::Unnamed,
            #[cfg(feature = "tls-no-provider")]
            tls: None,
        }
    }
}

impl<R, W> Connection<R, W> {
    /// Access to the reading half.
    pub fn reader(&mut self) -> &mut ConnectionReader<R> {
        &mut self.reader
    }

    /// Access to the writing half.
    pub fn writer(&mut self) -> &mut ConnectionWriter<W> {
        &mut self.writer
    }

    /// Access to both halves, to read and to write concurrently within one task.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (mut here, mut there) = Connection::in_memory(1024);
    /// # there.writer().send(ConnectDatagram::new(1, "hello")?).await?;
    /// let (reader, writer) = here.halves();
    /// let (received, sent) = tokio::join!(
    ///     reader.next(),
    ///     writer.send(ConnectDatagram::new(2, "at the same time")?),
    /// );
    /// assert_eq!(received?.unwrap().data(), "hello");
    /// sent?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn halves(&mut self) -> (&mut ConnectionReader<R>, &mut ConnectionWriter<W>) {
        (&mut self.reader, &mut self.writer)
    }

    /// Takes the halves apart, to read and to write concurrently. They share no lock unless the
    /// transport itself needs one.
    ///
    /// ```
    /// # use connect_tokio::{ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (here, mut there) = Connection::in_memory(1024);
    /// # there.writer().send(ConnectDatagram::new(1, "hello")?).await?;
    /// # there.writer().close().await?;
    /// let (mut reader, mut writer) = here.split();
    /// let sending = tokio::spawn(async move {
    ///     writer.send(ConnectDatagram::new(2, "at the same time")?).await?;
    ///     writer.close().await
    /// });
    /// while let Some(datagram) = reader.next().await? {
    ///     assert_eq!(datagram.data(), "hello");
    /// }
    /// sending.await??;
    /// # Ok(())
    /// # }
    /// ```
    pub fn split(self) -> (ConnectionReader<R>, ConnectionWriter<W>) {
        (self.reader, self.writer)
    }

    /// Puts two halves together again. That they belong together is not checked: addresses and TLS are those of the reader.
    pub fn join(reader: ConnectionReader<R>, writer: ConnectionWriter<W>) -> Self {
        Self { reader, writer }
    }

    /// What was received, what was sent, and what waits to be.
    pub fn stats(&self) -> ConnectionStats {
        ConnectionStats::new(self.reader.stats(), self.writer.stats())
    }

    /// The address of this end.
    pub fn local_addr(&self) -> &Address {
        self.reader.local_addr()
    }

    /// The address of the peer.
    pub fn peer_addr(&self) -> &Address {
        self.reader.peer_addr()
    }

    /// Names the two ends of a connection that was made from streams.
    #[must_use = "returns the named connection"]
    pub fn with_addresses(mut self, local: Address, peer: Address) -> Self {
        let mut ends = Ends::clone(&self.reader.ends);
        ends.local = local;
        ends.peer = peer;
        self.set_ends(ends);
        self
    }

    #[cfg(feature = "tls-no-provider")]
    pub(crate) fn ends(&self) -> &Ends {
        &self.reader.ends
    }

    pub(crate) fn set_ends(&mut self, ends: Ends) {
        let ends = Arc::new(ends);
        self.reader.ends = Arc::clone(&ends);
        self.writer.ends = ends;
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// A connection that reads from one stream and writes to another.
    ///
    /// ```
    /// # use connect_tokio::{Config, ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let frame = ConnectDatagram::new(1, "hello")?.encode()?;
    /// let mut conn = Connection::from_halves(&frame[..], tokio::io::sink(), Config::new());
    /// assert_eq!(conn.reader().next().await?.unwrap().data(), "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_halves(read: R, write: W, config: Config) -> Self {
        Self::from_parts(
            read,
            Decoder::new(&config).into(),
            write,
            Encoder::new(&config).into(),
        )
    }

    /// A connection of streams and state machines: the way in for byte stages (see
    /// [`connect_proto::stage`]). Before a stage that is not ready to send, as TLS before its handshake, a flush is an error
    /// that is not final.
    ///
    /// ```
    /// # use connect_tokio::{Config, ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use connect_tokio::connect_proto::{Decoder, Encoder};
    ///
    /// let frame = ConnectDatagram::new(1, "hello")?.encode()?;
    /// let inbound = Decoder::new(&Config::new()).into(); // with a stage: `Inbound::with_stage`
    /// let outbound = Encoder::new(&Config::new()).into();
    /// let mut connection = Connection::from_parts(&frame[..], inbound, tokio::io::sink(), outbound);
    /// assert_eq!(connection.reader().next().await?.unwrap().data(), "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_parts(read: R, inbound: Inbound, write: W, outbound: Outbound) -> Self {
        let ends = Arc::new(Ends::unnamed());
        Self {
            reader: ConnectionReader::new(read, inbound, Arc::clone(&ends)),
            writer: ConnectionWriter::new(write, outbound, ends),
        }
    }

    /// Forgets the types of the streams.
    #[must_use = "returns the boxed connection"]
    pub fn boxed(self) -> Connection
    where
        R: Send + Sync + 'static,
        W: Send + Sync + 'static,
    {
        Connection {
            reader: self.reader.boxed(),
            writer: self.writer.boxed(),
        }
    }

    /// Closes the connection: [`ConnectionWriter::close`], then both halves are dropped.
    ///
    /// See [Closing](crate#closing) on when to read to the end first.
    ///
    /// # Errors
    ///
    /// As [`ConnectionWriter::close`]. The connection is gone in either case.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection, and what was queued with it.
    pub async fn close(mut self) -> Result<(), WriteError> {
        self.writer.close().await
    }
}

impl<R, W> fmt::Debug for Connection<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("reader", &self.reader)
            .field("writer", &self.writer)
            .finish()
    }
}

impl Connection {
    /// A connection over a stream that is both reader and writer.
    ///
    /// The halves share the stream through the lock of [`tokio::io::split`]. Streams that can be
    /// taken apart without one do better with [`from_halves`](Self::from_halves).
    ///
    /// ```
    /// # use connect_tokio::{Config, ConnectDatagram, Connection};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (here, there) = tokio::io::duplex(1024); // any stream
    /// let mut here = Connection::from_stream(here, Config::new());
    /// let mut there = Connection::from_stream(there, Config::new());
    /// here.writer().send(ConnectDatagram::new(1, "hello")?).await?;
    /// assert_eq!(there.reader().next().await?.unwrap().data(), "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_stream<S>(stream: S, config: Config) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Sync + 'static,
    {
        let (read, write) = tokio::io::split(Box::pin(stream));
        Connection::from_halves(read, write, config).boxed()
    }
}
