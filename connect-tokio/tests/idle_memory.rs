//! What a connection costs while it waits, counted by the allocator.
//!
//! One test function, because everything that runs beside it would be counted, too.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use connect_proto::Header;
use connect_tokio::TcpListener;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const CONNECTIONS: usize = 200;

/// Bytes of heap for a connection and its task.
const MOST_PER_CONNECTION: usize = 1000;

async fn until(count: &AtomicUsize, expected: usize) {
    while count.load(Ordering::SeqCst) < expected {
        tokio::task::yield_now().await;
    }
    // Let the tasks that have counted go on to wait.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_waiting_connection_costs_next_to_nothing() {
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr();
    let received = Arc::new(AtomicUsize::new(0));
    // Peers without any heap of their own.
    let mut clients = Vec::with_capacity(CONNECTIONS);
    let before = ALLOCATOR.current_usage();
    for _ in 0..CONNECTIONS {
        clients.push(TcpStream::connect(address).unwrap());
        let mut connection = listener.accept().await.unwrap();
        let received = Arc::clone(&received);
        tokio::spawn(async move {
            while connection.reader().next().await.unwrap().is_some() {
                received.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    until(&received, 0).await;
    let waiting = (ALLOCATOR.current_usage() - before) / CONNECTIONS;

    let header = Header::new(7, 64 * 1024).unwrap().to_bytes();
    let data = vec![0; 64 * 1024];
    for client in &mut clients {
        client.write_all(&header).unwrap();
        client.write_all(&data).unwrap();
    }
    drop(data);
    until(&received, CONNECTIONS).await;
    let afterwards = (ALLOCATOR.current_usage() - before) / CONNECTIONS;

    println!("{waiting} bytes a waiting connection, {afterwards} after a message of 64 KiB");
    assert!(waiting <= MOST_PER_CONNECTION, "{waiting}");
    assert!(afterwards <= MOST_PER_CONNECTION, "{afterwards}");
}
