//! What a TLS connection costs while it waits, counted by an allocator.

use connect_proto::ConnectDatagram;

use super::TlsAdapter;
use crate::conformance::{Adapter, Reader, Writer, pair, zip};
use crate::task::Task;

const CONNECTIONS: usize = 150;

/// Bytes of heap for each side: what rustls needs to remember, beside what a plain connection costs. With
/// cryptography in C, whose heap is not counted, it is less; no block fits in with any.
const MOST_PER_CONNECTION: usize = 7 * 1024;

/// Run it alone in its process, with `used` saying how many bytes are allocated: whatever happens
/// beside it is counted, too.
pub fn a_waiting_connection_holds_no_block<A: TlsAdapter>(used: fn() -> usize) {
    A::block_on(async move {
        // What the runtime allocates once, and what both configurations remember of earlier sessions.
        let warm = waiting::<A>().await;
        drop(warm);

        let before = used();
        let mut pairs = waiting::<A>().await;
        let waiting = used().saturating_sub(before) / CONNECTIONS;

        let data = vec![7; 64 * 1024];
        for [client, server] in &mut pairs {
            for (from, to) in [
                (&mut client.1, &mut server.0),
                (&mut server.1, &mut client.0),
            ] {
                let datagram = ConnectDatagram::new(7, data.clone()).unwrap();
                let (sent, received) = zip(from.send(datagram), to.next()).await;
                sent.unwrap();
                assert_eq!(received.unwrap().unwrap().data().len(), data.len());
            }
            assert!(Task::new(client.0.next()).run_at_most(2).is_none());
            assert!(Task::new(server.0.next()).run_at_most(2).is_none());
        }
        let data_len = data.capacity();
        let afterwards = used().saturating_sub(before + data_len) / CONNECTIONS;

        let both = used();
        let (clients, servers): (Vec<_>, Vec<_>) = pairs
            .into_iter()
            .map(|[client, server]| (client, server))
            .unzip();
        drop(clients);
        let of_clients = both.saturating_sub(used()) / CONNECTIONS;
        let both = used();
        drop(servers);
        let of_servers = both.saturating_sub(used()) / CONNECTIONS;

        println!(
            "{waiting} bytes a waiting pair of TLS connections, {afterwards} after 64 KiB each way: {of_clients} \
             of the client, {of_servers} of the server"
        );
        for of_pair in [waiting, afterwards] {
            assert!(of_pair <= 2 * MOST_PER_CONNECTION, "{of_pair}");
        }
        for of_one in [of_clients, of_servers] {
            assert!(of_one <= MOST_PER_CONNECTION, "{of_one}");
        }
    });
}

type Pair<A> = [(<A as Adapter>::Reader, <A as Adapter>::Writer); 2];

/// Connections with both sides waiting in `next`.
async fn waiting<A: TlsAdapter>() -> Vec<Pair<A>> {
    let mut pairs = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let [mut client, mut server] = pair::<A>().await;
        // The server's tickets go out with its first message.
        let hello = ConnectDatagram::new(7, "hello").unwrap();
        server.1.send(hello).await.unwrap();
        assert!(client.0.next().await.unwrap().is_some());
        assert!(Task::new(client.0.next()).run_at_most(2).is_none());
        assert!(Task::new(server.0.next()).run_at_most(2).is_none());
        pairs.push([client, server]);
    }
    pairs
}
