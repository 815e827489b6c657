//! A full table of file descriptors must stop no handshake that is under way.
//!
//! A file of its own, because the limit concerns the whole process.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::time::{Duration, Instant};

use connect_testkit::conformance::tls::{SERVER_NAME, client_config, server_config};
use connect_tokio::connect_tls::{AcceptError, TlsConnection};
use connect_tokio::{Config, Connection, TlsListener};
use tokio::net::TcpStream;
use tokio::time::timeout;

const DESCRIPTORS: u64 = 256;

fn client() -> TlsConnection {
    let name = SERVER_NAME.try_into().unwrap();
    TlsConnection::client(client_config(), name, &Config::new()).unwrap()
}

#[tokio::test]
async fn handshakes_go_on_with_a_full_descriptor_table() {
    let (_, hard) = rlimit::Resource::NOFILE.get().unwrap();
    rlimit::Resource::NOFILE
        .set(DESCRIPTORS.min(hard), hard)
        .unwrap();
    let mut listener = TlsListener::bind("127.0.0.1:0", server_config())
        .await
        .unwrap();
    let begun = TcpStream::connect(listener.local_addr()).await.unwrap();
    // Accepted, and its handshake waits for it.
    let accept = timeout(Duration::from_millis(50), listener.accept());
    assert!(accept.await.is_err());
    let waiting = TcpStream::connect(listener.local_addr()).await.unwrap();

    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    let begin = Instant::now();
    let begun = tokio::spawn(Connection::tls_over_tcp(begun, client()));
    let mut errors = 0;
    let mut servers = Vec::new();
    while servers.is_empty() || errors < 3 {
        assert!(begin.elapsed() < Duration::from_secs(10), "it stands still");
        match listener.accept().await {
            Ok(server) => servers.push((server, begin.elapsed())),
            Err(AcceptError::Accept(_)) => errors += 1,
            Err(error) => panic!("{error}"),
        }
    }
    // One at once, then one after each pause: a loop that spins makes many thousands.
    let most = 2 + begin.elapsed().as_millis() / 50;
    assert!(errors <= most, "{errors} errors");
    let begun = begun.await.unwrap().unwrap();
    let (server, took) = &servers[0];
    assert_eq!(server.peer_addr(), begun.local_addr());
    println!("a handshake was done after {took:?} beside {errors} accept errors");

    hoard.clear();
    let waiting = Connection::tls_over_tcp(waiting, client());
    let (waiting, server) = tokio::join!(waiting, listener.accept());
    assert_eq!(server.unwrap().peer_addr(), waiting.unwrap().local_addr());
}
