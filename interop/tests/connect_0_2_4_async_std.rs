//! The real `connect` 0.2.4 at the other end of a TCP connection of `connect-async-std`.

use std::time::Duration;

use connect_interop::old_peer::{self, SinkExt, StreamExt};
use connect_interop::ours::{Adapter, OnAsyncStd};
use connect_interop::timed;

connect_interop::tests_with_old_peer!(OnAsyncStd);

/// Both halves are handles of one socket, as in 0.2.4; with tokio it is otherwise, of which MIGRATING.md warns.
#[test]
fn a_writer_of_ours_that_is_dropped_alone_ends_nothing() {
    const SHORT: Duration = Duration::from_secs(10);
    const A_WHILE: Duration = Duration::from_millis(300);
    timed::run::<OnAsyncStd>(SHORT, async {
        let mut listener = OnAsyncStd::listen().await;
        let old = old_peer::connect(listener.local_addr());
        let (ours, mut old) = tokio::join!(listener.accept(), old);
        let (mut reader, writer) = ours.unwrap().split();
        drop(writer);
        let end = old_peer::timeout(A_WHILE, old.reader().next()).await;
        assert!(end.is_err(), "the old reader got its end");
        let datagram = old_peer::datagram(7, b"still there".to_vec());
        old.writer().send(datagram).await.unwrap();
        let received = reader.next().await.unwrap().unwrap();
        assert_eq!(received.data(), "still there");
    });
}
