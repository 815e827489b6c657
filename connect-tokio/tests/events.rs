//! Events for `tracing`: some for each connection, none for each message.
//!
//! The fault A14 of the predecessor: it logged about ten lines a frame. A file of its own, because the
//! subscriber is that of the whole process.
#![cfg(feature = "tracing")]

use std::sync::atomic::{AtomicUsize, Ordering};

use connect_tokio::{ConnectDatagram, Connection, TcpListener};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static EVENTS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

impl Subscriber for Counting {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "connect"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        EVENTS.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn connections_are_reported_and_messages_are_not() {
    tracing::subscriber::set_global_default(Counting).unwrap();
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = Connection::tcp_client(listener.local_addr()).await.unwrap();
    let mut server = listener.accept().await.unwrap();
    let opened = EVENTS.load(Ordering::SeqCst);
    assert_eq!(opened, 3, "listening, connected, accepted");
    for _ in 0..1000 {
        let datagram = ConnectDatagram::new(1, "hello").unwrap();
        client.writer().send(datagram).await.unwrap();
        assert!(server.reader().next().await.unwrap().is_some());
    }
    assert_eq!(EVENTS.load(Ordering::SeqCst), opened);
    client.close().await.unwrap();
    assert!(server.reader().next().await.unwrap().is_none());
    assert_eq!(
        EVENTS.load(Ordering::SeqCst),
        opened + 2,
        "closed, end of stream"
    );
}
