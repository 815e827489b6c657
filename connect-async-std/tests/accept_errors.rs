//! A full table of file descriptors must neither stop a listener nor make it spin.
//!
//! The fault A10 of the predecessor: after an accept error it returned `Pending` without a waker and
//! never accepted again. A file of its own, because the limit concerns the whole process.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::time::{Duration, Instant};

use connect_async_std::{Connection, TcpListener};

const DESCRIPTORS: u64 = 256;

#[test]
fn a_listener_survives_a_full_descriptor_table() {
    async_std::task::block_on(survive());
}

async fn survive() {
    let (_, hard) = rlimit::Resource::NOFILE.get().unwrap();
    rlimit::Resource::NOFILE
        .set(DESCRIPTORS.min(hard), hard)
        .unwrap();
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Connection::tcp_client(listener.local_addr()).await.unwrap();

    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    let begin = Instant::now();
    let mut errors = 0;
    while begin.elapsed() < Duration::from_millis(450) {
        assert!(listener.accept().await.is_err());
        errors += 1;
    }
    // One at once, then one after each pause: a loop that spins makes many thousands.
    assert!((2..=10).contains(&errors), "{errors} errors");

    hoard.clear();
    let server = listener.accept().await.unwrap();
    assert_eq!(server.peer_addr(), client.local_addr());
}
