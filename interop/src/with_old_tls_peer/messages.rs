//! Messages of many sizes, both ways in both roles.

use std::time::Instant;

use super::LONG;
use super::pairs::{assert_truncated, our_client_and_old_server, our_server_and_old_client};
use crate::exchange::{our_echo, receive_all, report, send_unpaced, send_unpaced_to_old};
use crate::messages::Messages;
use crate::old_peer::{self, SinkExt};
use crate::ours::{Adapter, Connection};
use crate::timed;

const MESSAGES: Messages = Messages {
    count: 40_000,
    largest: 2_000_000,
};

/// An old client sends and closes, our server sends back and closes.
pub fn old_client_and_our_echo_server<A: Adapter>() {
    timed::run::<A>(LONG, async {
        let (ours, old) = our_server_and_old_client::<A>().await;
        let started = Instant::now();
        let ours = A::spawn(our_echo(ours, MESSAGES, |_| {}));
        let (reader, writer) = old.split();
        // In one task, see `what_an_old_peer_loses_between_two_threads_leaves_no_trace`. First the writer: it
        // reads, too, and wakes no reader for what it has read.
        let old = old_peer::spawn(async {
            let sending = async {
                let mut writer = old_peer::send_one_by_one(writer, MESSAGES).await;
                writer.close().await.unwrap();
                writer
            };
            let receiving = old_peer::receive_to_the_end(reader, MESSAGES);
            let (_writer, totals) = tokio::join!(biased; sending, receiving);
            totals
        });
        let (received, returned) = tokio::join!(ours, old);
        assert_eq!(received, returned);
        report::<A>("TLS, old client -> our echo server", received, started);
        report::<A>("TLS, our echo server -> old client", returned, started);
    });
}

/// Our client sends, an old server sends back, as the example program of 0.2.4 does: it does not close.
pub fn our_client_and_old_echo_server<A: Adapter>() {
    timed::run::<A>(LONG, async {
        let (ours, old) = our_client_and_old_server::<A>().await;
        let started = Instant::now();
        let old = old_peer::spawn(old_peer::echo(old, MESSAGES));
        let (reader, writer) = ours.split();
        let sending = A::spawn(send_unpaced(writer, MESSAGES));
        let receiving = A::spawn(receive_all(reader, MESSAGES, |_| {}));
        let ((), (mut reader, returned), received) = tokio::join!(sending, receiving, old);
        assert_truncated(&mut reader).await;
        assert_eq!(received, returned);
        report::<A>("TLS, our client -> old echo server", received, started);
        report::<A>("TLS, old echo server -> our client", returned, started);
    });
}

/// Our client sends, and an old server does nothing but read.
pub fn our_client_and_old_reader<A: Adapter>() {
    timed::run::<A>(LONG, async {
        let (ours, old) = our_client_and_old_server::<A>().await;
        send_unpaced_to_old::<A>(ours, old, MESSAGES, "TLS, our client -> old server").await;
    });
}

/// Our server sends, and an old client does nothing but read.
pub fn our_server_and_old_reader<A: Adapter>() {
    timed::run::<A>(LONG, async {
        let (ours, old) = our_server_and_old_client::<A>().await;
        send_unpaced_to_old::<A>(ours, old, MESSAGES, "TLS, our server -> old client").await;
    });
}
