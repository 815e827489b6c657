//! What a connection costs while it waits, counted by an allocator.

use std::io::Write;
use std::net::TcpStream;

use connect_proto::router::{RouteConfig, Routes};
use connect_proto::{Config, Header};

use super::{Adapter, Reader, until};
use crate::task::Task;

const CONNECTIONS: usize = 200;

/// Bytes of heap for each: what the runtime keeps for its socket, and both halves. The runtimes differ, and
/// grow their tables in steps; but not even the shortest block fits in.
const MOST_PER_CONNECTION: usize = 2000;

/// Bytes of heap for a router with one route, and for its driver: no buffer and no queue.
const MOST_PER_ROUTER: usize = 1500;

/// Run it alone in its process, with `used` saying how many bytes are allocated: whatever happens
/// beside it is counted, too.
pub fn a_waiting_connection_holds_no_block<A: Adapter>(used: fn() -> usize) {
    A::block_on(async move {
        // Peers without any heap of their own.
        let mut clients = Vec::with_capacity(CONNECTIONS);
        let data = vec![0; 64 * 1024];
        let header = Header::new(7, data.len()).unwrap().to_bytes();
        // What the runtime allocates once.
        let (address, accepted) = A::listen(Config::new()).await;
        clients.push(TcpStream::connect(address).unwrap());
        let (mut first, _writer) = accepted.await;
        assert!(Task::new(first.next()).run_at_most(2).is_none());
        clients.clear();

        let before = used();
        let mut servers = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let (address, accepted) = A::listen(Config::new()).await;
            clients.push(TcpStream::connect(address).unwrap());
            let (mut reader, writer) = accepted.await;
            assert!(Task::new(reader.next()).run_at_most(2).is_none());
            servers.push((reader, writer));
        }
        let waiting = (used() - before) / CONNECTIONS;

        for (client, (reader, _)) in clients.iter_mut().zip(&mut servers) {
            client.write_all(&header).unwrap();
            client.write_all(&data).unwrap();
            let datagram = reader.next().await.unwrap().unwrap();
            assert_eq!(datagram.data().len(), data.len());
            drop(datagram);
            assert!(Task::new(reader.next()).run_at_most(2).is_none());
        }
        let afterwards = (used() - before) / CONNECTIONS;

        // The same with a router before its receiver.
        let mut routed = Vec::with_capacity(CONNECTIONS);
        for (client, (reader, writer)) in clients.iter_mut().zip(servers) {
            let mut routes = Routes::new();
            let mut receiver = routes.add_rest(RouteConfig::new()).unwrap();
            let mut driver = reader.into_router(routes);
            client.write_all(&header).unwrap();
            client.write_all(&data).unwrap();
            let received = async {
                let datagram = receiver.next().await.unwrap().unwrap();
                assert_eq!(datagram.data().len(), data.len());
            };
            until(&mut driver, received).await;
            assert!(Task::new(receiver.next()).step().is_none());
            assert!(Task::new(&mut driver).run_at_most(2).is_none());
            routed.push((receiver, driver, writer));
        }
        let behind_router = (used() - before) / CONNECTIONS;

        println!(
            "{waiting} bytes a waiting connection, {afterwards} after a message of 64 KiB, \
             {behind_router} behind a router"
        );
        assert!(waiting <= MOST_PER_CONNECTION, "{waiting}");
        assert!(afterwards <= MOST_PER_CONNECTION, "{afterwards}");
        assert!(
            behind_router <= afterwards + MOST_PER_ROUTER,
            "{behind_router}"
        );
    });
}
