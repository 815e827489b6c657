//! This side: what the tests use of an adapter, for tests that every adapter has to pass.

use std::net::SocketAddr;
use std::sync::Arc;

use connect_tokio::connect_proto::{Address, ConnectDatagram, DatagramRef, ReadError, WriteError};
use connect_tokio::connect_tls::rustls::{ClientConfig, ServerConfig};
use connect_tokio::connect_tls::{AcceptError, HandshakeError, TlsHandle};

/// A runtime.
pub trait Runtime: 'static {
    /// Starts a task. The future waits for its result, and panics as the task.
    fn spawn<T: Send + 'static>(
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static;

    /// Runs a future.
    fn block_on(future: impl Future<Output = ()> + Send + 'static);
}

/// An adapter on its runtime.
pub trait Adapter: Runtime {
    /// What the output of the tests calls it.
    const NAME: &str;

    /// The adapter's connection.
    type Connection: Connection;
    /// The adapter's listener.
    type Listener: Listener<Self::Connection>;
    /// The adapter's TLS listener.
    type TlsListener: TlsListener<Self::Connection>;

    /// Listens on a port of its own on loopback.
    fn listen() -> impl Future<Output = Self::Listener> + Send;

    /// Connects to a server.
    fn connect(address: SocketAddr) -> impl Future<Output = Self::Connection> + Send;

    /// Listens for TLS on a port of its own on loopback.
    fn listen_tls(config: Arc<ServerConfig>) -> impl Future<Output = Self::TlsListener> + Send;

    /// The inherent method `tls_client` of the connection.
    fn connect_tls(
        address: SocketAddr,
        server_name: &str,
        config: Arc<ClientConfig>,
    ) -> impl Future<Output = Result<Self::Connection, HandshakeError>> + Send;
}

/// A listener whose connections are of type `C`.
pub trait Listener<C>: Send {
    /// The inherent method of this name.
    fn local_addr(&self) -> SocketAddr;

    /// The next connection.
    fn accept(&mut self) -> impl Future<Output = C> + Send;
}

/// A TLS listener whose connections are of type `C`.
pub trait TlsListener<C>: Send {
    /// The inherent method of this name.
    fn local_addr(&self) -> SocketAddr;

    /// The inherent method of this name.
    fn accept(&mut self) -> impl Future<Output = Result<C, AcceptError>> + Send;
}

/// A connection.
pub trait Connection: Send + Sync + 'static {
    /// Its reading half.
    type Reader: Reader;
    /// Its writing half.
    type Writer: Writer;

    /// The inherent method of this name.
    fn local_addr(&self) -> &Address;

    /// The inherent method of this name.
    fn peer_addr(&self) -> &Address;

    /// The inherent method of this name.
    fn tls(&self) -> Option<&TlsHandle>;

    /// The inherent method of this name.
    fn reader(&mut self) -> &mut Self::Reader;

    /// The inherent method of this name.
    fn writer(&mut self) -> &mut Self::Writer;

    /// The inherent method of this name.
    fn split(self) -> (Self::Reader, Self::Writer);

    /// The inherent method of this name.
    fn close(self) -> impl Future<Output = Result<(), WriteError>> + Send;
}

/// A reading half.
pub trait Reader: Send + Sync + 'static {
    /// The inherent method of this name.
    fn next(&mut self) -> impl Future<Output = Result<Option<ConnectDatagram>, ReadError>> + Send;

    /// The inherent method of this name.
    fn next_many(
        &mut self,
        datagrams: &mut Vec<ConnectDatagram>,
        limit: usize,
    ) -> impl Future<Output = Result<usize, ReadError>> + Send;
}

/// A writing half.
pub trait Writer: Send + Sync + 'static {
    /// The inherent method of this name.
    fn send(
        &mut self,
        datagram: ConnectDatagram,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn feed(
        &mut self,
        datagram: ConnectDatagram,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn feed_ref(
        &mut self,
        datagram: DatagramRef<'_>,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn flush(&mut self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn close(&mut self) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// The inherent method of this name.
    fn queued_bytes(&self) -> usize;

    /// The inherent method of this name.
    fn tls(&self) -> Option<&TlsHandle>;
}

/// `connect-tokio`.
#[derive(Debug)]
pub struct OnTokio;

impl Runtime for OnTokio {
    fn spawn<T: Send + 'static>(
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        let task = tokio::spawn(task);
        async { task.await.expect("the task does not panic") }
    }

    fn block_on(future: impl Future<Output = ()> + Send + 'static) {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime can be built")
            .block_on(future);
    }
}

/// `connect-async-std`.
#[derive(Debug)]
pub struct OnAsyncStd;

impl Runtime for OnAsyncStd {
    fn spawn<T: Send + 'static>(
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        async_std::task::spawn(task)
    }

    fn block_on(future: impl Future<Output = ()> + Send + 'static) {
        async_std::task::block_on(future);
    }
}

/// Implements the traits of an adapter by its inherent methods.
macro_rules! adapter {
    ($adapter:ty, $name:literal, $ours:ident) => {
        impl Adapter for $adapter {
            const NAME: &str = $name;

            type Connection = $ours::Connection;
            type Listener = $ours::TcpListener;
            type TlsListener = $ours::TlsListener;

            async fn listen() -> Self::Listener {
                let listener = $ours::TcpListener::bind("127.0.0.1:0").await;
                listener.expect("our listener finds a port")
            }

            async fn connect(address: SocketAddr) -> Self::Connection {
                let connection = $ours::Connection::tcp_client(address).await;
                connection.expect("our client can connect")
            }

            async fn listen_tls(config: Arc<ServerConfig>) -> Self::TlsListener {
                let listener = $ours::TlsListener::bind("127.0.0.1:0", config).await;
                listener.expect("our listener finds a port")
            }

            async fn connect_tls(
                address: SocketAddr,
                server_name: &str,
                config: Arc<ClientConfig>,
            ) -> Result<Self::Connection, HandshakeError> {
                $ours::Connection::tls_client(address, server_name, config).await
            }
        }

        impl TlsListener<$ours::Connection> for $ours::TlsListener {
            fn local_addr(&self) -> SocketAddr {
                self.local_addr()
            }

            async fn accept(&mut self) -> Result<$ours::Connection, AcceptError> {
                self.accept().await
            }
        }

        impl Listener<$ours::Connection> for $ours::TcpListener {
            fn local_addr(&self) -> SocketAddr {
                self.local_addr()
            }

            async fn accept(&mut self) -> $ours::Connection {
                self.accept().await.expect("our listener can accept")
            }
        }

        impl Connection for $ours::Connection {
            type Reader = $ours::ConnectionReader;
            type Writer = $ours::ConnectionWriter;

            fn local_addr(&self) -> &Address {
                self.local_addr()
            }

            fn peer_addr(&self) -> &Address {
                self.peer_addr()
            }

            fn tls(&self) -> Option<&TlsHandle> {
                self.tls()
            }

            fn reader(&mut self) -> &mut Self::Reader {
                self.reader()
            }

            fn writer(&mut self) -> &mut Self::Writer {
                self.writer()
            }

            fn split(self) -> (Self::Reader, Self::Writer) {
                self.split()
            }

            async fn close(self) -> Result<(), WriteError> {
                self.close().await
            }
        }

        impl Reader for $ours::ConnectionReader {
            async fn next(&mut self) -> Result<Option<ConnectDatagram>, ReadError> {
                self.next().await
            }

            async fn next_many(
                &mut self,
                datagrams: &mut Vec<ConnectDatagram>,
                limit: usize,
            ) -> Result<usize, ReadError> {
                self.next_many(datagrams, limit).await
            }
        }

        impl Writer for $ours::ConnectionWriter {
            async fn send(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
                self.send(datagram).await
            }

            async fn feed(&mut self, datagram: ConnectDatagram) -> Result<(), WriteError> {
                self.feed(datagram).await
            }

            async fn feed_ref(&mut self, datagram: DatagramRef<'_>) -> Result<(), WriteError> {
                self.feed_ref(datagram).await
            }

            async fn flush(&mut self) -> Result<(), WriteError> {
                self.flush().await
            }

            async fn close(&mut self) -> Result<(), WriteError> {
                self.close().await
            }

            fn queued_bytes(&self) -> usize {
                self.queued_bytes()
            }

            fn tls(&self) -> Option<&TlsHandle> {
                self.tls()
            }
        }
    };
}

adapter!(OnTokio, "connect-tokio", connect_tokio);
adapter!(OnAsyncStd, "connect-async-std", connect_async_std);
