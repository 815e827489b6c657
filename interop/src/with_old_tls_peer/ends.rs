//! How either side ends, and what the other makes of it.

use connect_tokio::connect_proto::ConnectDatagram;

use super::SHORT;
use super::pairs::{
    assert_truncated, both_roles, our_client_and_old_server, our_server_and_old_client,
};
use crate::exchange::{assert_clean_end, receive, receive_from_us, send_to_us};
use crate::old_peer::{self, SinkExt, StreamExt};
use crate::ours::{Adapter, Connection, Writer};
use crate::timed;

/// We get everything, and hear that it may not have been everything.
pub fn an_old_connection_that_is_dropped_is_truncated_for_us<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            send_to_us(&mut old, "the last").await;
            drop(old);
            assert_eq!(receive(&mut ours).await, b"the last");
            assert_truncated(ours.reader()).await;
        }
    });
}

/// `Connection::close` of 0.2.4 drops both halves and says nothing.
pub fn an_old_connection_that_is_closed_is_truncated_for_us<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            send_to_us(&mut old, "the last").await;
            old.close().await;
            assert_eq!(receive(&mut ours).await, b"the last");
            assert_truncated(ours.reader()).await;
        }
    });
}

/// The sink's `close` says `close_notify`, and ends one direction only.
pub fn an_old_writer_that_is_closed_is_a_clean_end_for_us_and_can_be_answered<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            send_to_us(&mut old, "the last").await;
            old.writer().close().await.unwrap();
            assert_eq!(receive(&mut ours).await, b"the last");
            assert_clean_end(ours.reader()).await;
            let answer = ConnectDatagram::new(7, "an answer").unwrap();
            ours.writer().send(answer).await.unwrap();
            assert_eq!(receive_from_us(&mut old).await, b"an answer");
            drop(old);
            assert_clean_end(ours.reader()).await;
        }
    });
}

/// An old writer reports success as soon as its rustls has the message. What the socket did not take by the
/// time the connection is dropped is gone.
pub fn a_message_that_an_old_writer_leaves_in_part_is_truncated_for_us<A: Adapter>() {
    // More than Linux buffers for a connection, unless it is told to.
    const LEN: usize = 32_000_000;
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            send_to_us(&mut old, "whole").await;
            let datagram = old_peer::datagram(7, vec![0; LEN]);
            // It believes that all is well.
            old.writer().send(datagram).await.unwrap();
            drop(old);
            assert_eq!(receive(&mut ours).await, b"whole");
            assert_truncated(ours.reader()).await;
        }
    });
}

/// An old reader gets everything, then `None`.
pub fn our_close_is_the_end_for_an_old_reader<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            let datagram = ConnectDatagram::new(7, "the last").unwrap();
            ours.writer().feed(datagram).await.unwrap();
            ours.close().await.unwrap();
            assert_eq!(receive_from_us(&mut old).await, b"the last");
            assert!(old.reader().next().await.is_none());
        }
    });
}

/// The same without a close: an old reader cannot tell.
pub fn a_connection_of_ours_that_was_flushed_and_dropped_is_the_end_for_an_old_reader<
    A: Adapter,
>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            let datagram = ConnectDatagram::new(7, "the last").unwrap();
            ours.writer().send(datagram).await.unwrap();
            drop(ours);
            assert_eq!(receive_from_us(&mut old).await, b"the last");
            assert!(old.reader().next().await.is_none());
        }
    });
}

/// Our close ends one direction only. An old peer answers it with its own `close_notify`, without being
/// asked, as soon as it has read it and writes; and it writes on behind that, which is to be ignored
/// (RFC 8446, section 6.1).
pub fn an_old_peer_can_answer_until_it_has_read_our_close<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            ours.writer().close().await.unwrap();
            send_to_us(&mut old, "an answer").await;
            assert_eq!(receive(&mut ours).await, b"an answer");
            assert!(old.reader().next().await.is_none());
            send_to_us(&mut old, "behind the end").await;
            assert_clean_end(ours.reader()).await;
        }
    });
}

/// After the peer's clean end, our `close_notify` finds nobody, and the system has forgotten the connection
/// by the time that we shut it down. Nothing was lost.
pub fn an_old_server_that_has_closed_and_gone_does_not_make_our_close_fail<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let (ours, old) = our_client_and_old_server::<A>().await;
        closed_and_gone(ours, old).await;
    });
}

/// The same where our server has not said anything, not even its tickets: they are not worth a write of
/// their own, which would make the next one fail.
pub fn an_old_client_that_has_closed_and_gone_does_not_make_our_close_fail<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        let (ours, old) = our_server_and_old_client::<A>().await;
        closed_and_gone(ours, old).await;
    });
}

async fn closed_and_gone(mut ours: impl Connection, mut old: old_peer::Connection) {
    send_to_us(&mut old, "the last").await;
    old.writer().close().await.unwrap();
    drop(old);
    assert_eq!(receive(&mut ours).await, b"the last");
    assert_clean_end(ours.reader()).await;
    ours.close().await.unwrap();
}
