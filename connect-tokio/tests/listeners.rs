//! Listeners and clients over real sockets.

use std::pin::Pin;

use connect_tokio::{
    Address, Config, ConnectDatagram, Connection, DecodeError, ReadError, TcpListener,
};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

fn datagram(text: &'static str) -> ConnectDatagram {
    ConnectDatagram::new(7, text).unwrap()
}

/// A12 of the predecessor: its TLS client gave the peer's address for its own.
#[tokio::test]
async fn both_ends_know_both_addresses() {
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bound = listener.local_addr();
    assert_ne!(bound.port(), 0);
    let client = Connection::tcp_client(bound).await.unwrap();
    let server = listener.accept().await.unwrap();
    assert_eq!(*client.peer_addr(), Address::Ip(bound));
    assert_eq!(server.local_addr(), client.peer_addr());
    assert_eq!(server.peer_addr(), client.local_addr());
    let (reader, writer) = server.split();
    assert_eq!(reader.peer_addr(), writer.peer_addr());
    assert_eq!(reader.local_addr(), writer.local_addr());
}

#[tokio::test]
async fn a_listener_is_a_stream() {
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr();
    for _ in 0..3 {
        let mut client = Connection::tcp_client(address).await.unwrap();
        client.writer().send(datagram("hello")).await.unwrap();
        let mut server = StreamExt::next(&mut listener).await.unwrap().unwrap();
        assert_eq!(
            server.reader().next().await.unwrap().unwrap().data(),
            "hello"
        );
    }
}

#[tokio::test]
async fn settings_reach_every_connection() {
    let config = Config::new().with_max_receive_len(4).with_max_send_len(5);
    let mut listener = TcpListener::bind_with("127.0.0.1:0", config).await.unwrap();
    let address = listener.local_addr();
    let mut client = Connection::tcp_client_with(address, config).await.unwrap();
    let mut server = listener.accept().await.unwrap();
    assert!(client.writer().send(datagram("123456")).await.is_err());
    client.writer().send(datagram("1234")).await.unwrap();
    client.writer().send(datagram("12345")).await.unwrap();
    assert_eq!(
        server.reader().next().await.unwrap().unwrap().data(),
        "1234"
    );
    let refused = server.reader().next().await.unwrap_err();
    assert!(matches!(
        refused,
        ReadError::Protocol(DecodeError::DataTooLarge { len: 5, max: 4 })
    ));
}

/// A4, A5 and A7 of the predecessor, seen from the other clients of the same server.
#[tokio::test]
async fn a_bad_client_ends_alone() {
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr();
    let (ends, mut errors) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(mut connection) = listener.accept().await {
            let ends = ends.clone();
            tokio::spawn(async move {
                loop {
                    match connection.reader().next().await {
                        Ok(Some(datagram)) => connection.writer().send(datagram).await.unwrap(),
                        Ok(None) => break,
                        Err(error) => {
                            ends.send(error).unwrap();
                            break;
                        }
                    }
                }
            });
        }
    });
    let mut good = Connection::tcp_client(address).await.unwrap();
    let cases: [&[u8]; 4] = [
        &[0, 0, 0, 0],
        &[0, 0, 0, 4, 0, 1, 0, 0],
        &[0xff; 4],
        &[0, 0, 0, 5, 0, 2, 0, 0, 1],
    ];
    for bytes in cases {
        let mut bad = tokio::net::TcpStream::connect(address).await.unwrap();
        bad.write_all(bytes).await.unwrap();
        // The bad client stays connected and silent; the verdict does not wait for it.
        assert!(matches!(
            errors.recv().await.unwrap(),
            ReadError::Protocol(_)
        ));
        good.writer().send(datagram("still here?")).await.unwrap();
        let reply = good.reader().next().await.unwrap().unwrap();
        assert_eq!(reply.data(), "still here?");
    }
}

#[tokio::test]
async fn a_dropped_accept_loses_no_connection() {
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr();
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(Connection::tcp_client(address).await.unwrap());
        // Given up after a single poll, whatever it found.
        let accept = std::future::poll_fn(|cx| {
            let first = Pin::new(&mut listener).poll_accept(cx).is_ready();
            std::task::Poll::Ready(first)
        });
        if accept.await {
            clients.pop();
        }
    }
    for _ in 0..clients.len() {
        listener.accept().await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_work_alike() {
    let path = std::env::temp_dir().join(format!("connect-tokio-test-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let mut listener = connect_tokio::UnixListener::bind(&path).unwrap();
    assert_eq!(*listener.local_addr(), Address::Unix(path.clone()));
    let mut client = Connection::unix_client(&path).await.unwrap();
    let mut server = StreamExt::next(&mut listener).await.unwrap().unwrap();
    assert_eq!(*client.peer_addr(), Address::Unix(path.clone()));
    assert_eq!(*client.local_addr(), Address::Unnamed);
    assert_eq!(*server.local_addr(), Address::Unix(path.clone()));
    assert_eq!(*server.peer_addr(), Address::Unnamed);
    client.writer().send(datagram("hello")).await.unwrap();
    assert_eq!(
        server.reader().next().await.unwrap().unwrap().data(),
        "hello"
    );
    server.close().await.unwrap();
    assert!(client.reader().next().await.unwrap().is_none());
    let taken = connect_tokio::UnixListener::bind(&path).unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_stream_that_is_not_send_or_not_boxed_works() {
    // Not `Send`: the halves of a local pair that share an `Rc`.
    struct Local<S>(
        S,
        #[expect(dead_code, reason = "makes the stream not Send")] std::rc::Rc<()>,
    );

    impl<S: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for Local<S> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
            buffer: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            Pin::new(&mut self.0).poll_read(cx, buffer)
        }
    }

    let shared = std::rc::Rc::new(());
    let (near, far) = tokio::io::duplex(100);
    let (near_read, near_write) = tokio::io::split(near);
    let mut near = Connection::from_halves(Local(near_read, shared), near_write, Config::new());
    let mut far = Connection::from_stream(far, Config::new());
    far.writer().send(datagram("hello")).await.unwrap();
    assert_eq!(near.reader().next().await.unwrap().unwrap().data(), "hello");
}

#[tokio::test]
async fn an_in_memory_pair_talks_both_ways_and_ends() {
    let (mut here, mut there) = Connection::in_memory(16);
    here.writer().send(datagram("a")).await.unwrap();
    there.writer().send(datagram("b")).await.unwrap();
    assert_eq!(there.reader().next().await.unwrap().unwrap().data(), "a");
    assert_eq!(here.reader().next().await.unwrap().unwrap().data(), "b");
    here.close().await.unwrap();
    assert!(there.reader().next().await.unwrap().is_none());
}
