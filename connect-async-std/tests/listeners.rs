//! Listeners and clients over the sockets of async-std.

use std::io::Write;

use async_std::task::block_on;
use connect_async_std::{
    Address, Config, ConnectDatagram, Connection, DecodeError, ReadError, TcpListener,
};
use futures_lite::future;
use futures_util::StreamExt;

fn datagram(text: &'static str) -> ConnectDatagram {
    ConnectDatagram::new(7, text).unwrap()
}

/// A12 of the predecessor: its TLS client gave the peer's address for its own.
#[test]
fn both_ends_know_both_addresses() {
    block_on(async {
        let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bound = listener.local_addr();
        assert_ne!(bound.port(), 0);
        let client = Connection::tcp_client(bound).await.unwrap();
        let server = listener.accept().await.unwrap();
        assert_eq!(*client.peer_addr(), Address::Ip(bound));
        assert_eq!(server.local_addr(), client.peer_addr());
        assert_eq!(server.peer_addr(), client.local_addr());
    });
}

#[test]
fn a_listener_is_a_stream_and_gives_its_settings() {
    let config = Config::new().with_max_receive_len(4);
    block_on(async {
        let mut listener = TcpListener::bind_with("127.0.0.1:0", config).await.unwrap();
        let address = listener.local_addr();
        for _ in 0..3 {
            let mut client = Connection::tcp_client(address).await.unwrap();
            client.writer().send(datagram("1234")).await.unwrap();
            client.writer().send(datagram("12345")).await.unwrap();
            let mut server = StreamExt::next(&mut listener).await.unwrap().unwrap();
            let received = server.reader().next().await.unwrap().unwrap();
            assert_eq!(received.data(), "1234");
            let refused = server.reader().next().await.unwrap_err();
            assert!(matches!(
                refused,
                ReadError::Protocol(DecodeError::DataTooLarge { len: 5, max: 4 })
            ));
        }
    });
}

/// A4 and A5 of the predecessor, seen from another client of the same server.
#[test]
fn a_bad_client_ends_alone() {
    block_on(async {
        let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr();
        let mut good = Connection::tcp_client(address).await.unwrap();
        let mut good_server = listener.accept().await.unwrap();
        for bytes in [&[0; 4][..], &[0xff; 4], &[0, 0, 0, 5, 0, 2, 0, 0, 1]] {
            let mut bad = std::net::TcpStream::connect(address).unwrap();
            bad.write_all(bytes).unwrap();
            // The bad client stays connected and silent; the verdict does not wait for it.
            let mut server = listener.accept().await.unwrap();
            let error = server.reader().next().await.unwrap_err();
            assert!(matches!(error, ReadError::Protocol(_)));
            good.writer().send(datagram("still here?")).await.unwrap();
            let received = good_server.reader().next().await.unwrap().unwrap();
            assert_eq!(received.data(), "still here?");
        }
    });
}

#[test]
fn a_dropped_accept_loses_no_connection() {
    block_on(async {
        let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr();
        for _ in 0..20 {
            // Given up after a single poll, before anybody has connected.
            assert!(future::poll_once(listener.accept()).await.is_none());
            let client = Connection::tcp_client(address).await.unwrap();
            let server = listener.accept().await.unwrap();
            assert_eq!(server.peer_addr(), client.local_addr());
        }
    });
}

#[cfg(unix)]
#[test]
fn unix_sockets_work_alike() {
    let path = std::env::temp_dir().join(format!("connect-async-std-test-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    block_on(async {
        let mut listener = connect_async_std::UnixListener::bind(&path).await.unwrap();
        assert_eq!(*listener.local_addr(), Address::Unix(path.clone()));
        let mut client = Connection::unix_client(&path).await.unwrap();
        let mut server = StreamExt::next(&mut listener).await.unwrap().unwrap();
        assert_eq!(*client.peer_addr(), Address::Unix(path.clone()));
        assert_eq!(*server.peer_addr(), Address::Unnamed);
        client.writer().send(datagram("hello")).await.unwrap();
        let received = server.reader().next().await.unwrap().unwrap();
        assert_eq!(received.data(), "hello");
        // The end arrives although the reading half is still alive.
        server.writer().close().await.unwrap();
        assert!(client.reader().next().await.unwrap().is_none());
        drop(server);
        let taken = connect_async_std::UnixListener::bind(&path)
            .await
            .unwrap_err();
        assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    });
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_stream_behind_a_lock_and_a_pair_in_memory_talk_both_ways_and_end() {
    block_on(async {
        let listener = async_std::net::TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let near = smol::net::TcpStream::connect(address).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let over_lock = (
            Connection::from_stream(near, Config::new()),
            Connection::from_tcp(far, Config::new()).unwrap(),
        );
        for (mut here, mut there) in [over_lock, Connection::in_memory(16)] {
            here.writer().send(datagram("a")).await.unwrap();
            there.writer().send(datagram("b")).await.unwrap();
            let (a, b) = future::zip(there.reader().next(), here.reader().next()).await;
            assert_eq!(a.unwrap().unwrap().data(), "a");
            assert_eq!(b.unwrap().unwrap().data(), "b");
            here.close().await.unwrap();
            assert!(there.reader().next().await.unwrap().is_none());
        }
    });
}
