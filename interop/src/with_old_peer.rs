//! What every adapter has to do with the real `connect` 0.2.4 at the other end of a TCP connection, as
//! client and as server.
//!
//! The writer of 0.2.4 loses what its socket does not take at once and reports success. So it is paced
//! where a behaviour is about this side.

use std::sync::Arc;
use std::time::{Duration, Instant};

use connect_tokio::connect_proto::ConnectDatagram;

use crate::exchange::{
    assert_clean_end, our_datagram, our_echo, receive, receive_all, receive_from_us, report,
    send_to_us, send_unpaced_to_old,
};
use crate::messages::{Messages, content};
use crate::old_peer::{self, SinkExt, StreamExt};
use crate::ours::{Adapter, Connection, Listener, Reader, Writer};
use crate::timed;
use crate::window::Window;

/// Makes a test of every behaviour for one adapter.
#[macro_export]
macro_rules! tests_with_old_peer {
    ($adapter:ty) => {
        $crate::tests_with_old_peer! { $adapter:
            old_client_and_our_echo_server
            our_client_and_old_echo_server
            our_client_needs_no_pacing_towards_an_old_reader
            our_server_needs_no_pacing_towards_an_old_reader
            our_close_is_the_end_for_an_old_reader
            a_connection_of_ours_that_was_flushed_and_dropped_is_the_end_for_an_old_reader
            an_old_peer_can_still_answer_after_our_writer_has_closed
            an_old_connection_that_is_dropped_is_a_clean_end_for_us
            an_old_connection_that_is_closed_is_a_clean_end_for_us
            an_old_writer_that_is_closed_can_still_be_answered
            what_an_old_writer_forgets_behind_1024_queued_messages_leaves_no_trace
        }
    };
    ($adapter:ty: $($behaviour:ident)+) => {
        $(
            #[test]
            fn $behaviour() {
                $crate::with_old_peer::$behaviour::<$adapter>();
            }
        )+
    };
}

const LONG: Duration = Duration::from_secs(45);
const SHORT: Duration = Duration::from_secs(10);

/// Sent by the old writer, too: no message may be longer than what an idle socket takes at once.
const ECHOED: Messages = Messages {
    count: 100_000,
    largest: 1_000_000,
};

const SENT_BY_US: Messages = Messages {
    count: 100_000,
    largest: 2_000_000,
};

/// What an old client may have on its way.
const PACE_OF_OLD_CLIENT: usize = 16 * 1024;

/// What an old server may have on its way: a fraction of what its socket takes, and yet more, since the
/// old listener leaves `TCP_NODELAY` off. A window's worth of small echoes then waits for our delayed
/// acknowledgement, tens of milliseconds each time.
const PACE_OF_OLD_SERVER: usize = 256 * 1024;

/// An old client sends, our server sends back.
pub fn old_client_and_our_echo_server<A: Adapter>() {
    timed::run::<A>(LONG, async {
        let started = Instant::now();
        let (ours, old) = our_server_and_old_client::<A>().await;
        let window = Arc::new(Window::new(PACE_OF_OLD_CLIENT));
        let ours = A::spawn(our_echo(ours, ECHOED, arrived(&window)));
        let (reader, writer) = old.split();
        let sending = old_peer::spawn(old_peer::send_paced(writer, ECHOED, window));
        let receiving = old_peer::spawn(old_peer::receive_all(reader, ECHOED));
        let old = async {
            let (writer, (reader, totals)) = tokio::join!(sending, receiving);
            drop((reader, writer));
            totals
        };
        let (received, returned) = tokio::join!(ours, old);
        assert_eq!(received, returned);
        report::<A>("old client -> our echo server", received, started);
        report::<A>("our echo server -> old client", returned, started);
    });
}

/// Our client sends, an old server sends back.
pub fn our_client_and_old_echo_server<A: Adapter>() {
    timed::run::<A>(LONG, async {
        let started = Instant::now();
        let (ours, old) = our_client_and_old_server::<A>().await;
        let old = old_peer::spawn(old_peer::echo(old, ECHOED));
        let window = Arc::new(Window::new(PACE_OF_OLD_SERVER));
        let (reader, writer) = ours.split();
        // What we send is what the old server sends back: it is for its writer that we are slow.
        let sending = A::spawn(send_paced(writer, ECHOED, Arc::clone(&window)));
        let receiving = A::spawn(receive_all(reader, ECHOED, arrived(&window)));
        let ((), (mut reader, returned), received) = tokio::join!(sending, receiving, old);
        assert_clean_end(&mut reader).await;
        assert_eq!(received, returned);
        report::<A>("our client -> old echo server", received, started);
        report::<A>("old echo server -> our client", returned, started);
    });
}

/// Our client sends as fast as it can.
pub fn our_client_needs_no_pacing_towards_an_old_reader<A: Adapter>() {
    timed::run::<A>(LONG, async {
        let (ours, old) = our_client_and_old_server::<A>().await;
        send_unpaced_to_old::<A>(ours, old, SENT_BY_US, "our client -> old server, unpaced").await;
    });
}

/// Our server sends as fast as it can.
pub fn our_server_needs_no_pacing_towards_an_old_reader<A: Adapter>() {
    timed::run::<A>(LONG, async {
        let (ours, old) = our_server_and_old_client::<A>().await;
        send_unpaced_to_old::<A>(ours, old, SENT_BY_US, "our server -> old client, unpaced").await;
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

/// The same without a close.
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

/// Our close ends one direction only.
pub fn an_old_peer_can_still_answer_after_our_writer_has_closed<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            ours.writer().close().await.unwrap();
            assert!(old.reader().next().await.is_none());
            send_to_us(&mut old, "an answer").await;
            assert_eq!(receive(&mut ours).await, b"an answer");
            drop(old);
            assert_clean_end(ours.reader()).await;
        }
    });
}

/// We get everything, then `Ok(None)`, in both roles.
pub fn an_old_connection_that_is_dropped_is_a_clean_end_for_us<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            send_to_us(&mut old, "the last").await;
            drop(old);
            assert_eq!(receive(&mut ours).await, b"the last");
            assert_clean_end(ours.reader()).await;
        }
    });
}

/// The same when both old halves are closed first.
pub fn an_old_connection_that_is_closed_is_a_clean_end_for_us<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            send_to_us(&mut old, "the last").await;
            old.close().await;
            assert_eq!(receive(&mut ours).await, b"the last");
            assert_clean_end(ours.reader()).await;
        }
    });
}

/// The old sink's `close` tells the peer nothing: only dropping both halves ends the stream.
pub fn an_old_writer_that_is_closed_can_still_be_answered<A: Adapter>() {
    timed::run::<A>(SHORT, async {
        for (mut ours, mut old) in both_roles::<A>().await {
            send_to_us(&mut old, "the last").await;
            old.writer().close().await.unwrap();
            assert_eq!(receive(&mut ours).await, b"the last");
            let answer = ConnectDatagram::new(7, "an answer").unwrap();
            ours.writer().send(answer).await.unwrap();
            assert_eq!(receive_from_us(&mut old).await, b"an answer");
            drop(old);
            assert_clean_end(ours.reader()).await;
        }
    });
}

/// One system call takes 1024 pieces at most; the old writer forgets the others. What arrives is
/// whole, so that nothing is wrong for us.
pub fn what_an_old_writer_forgets_behind_1024_queued_messages_leaves_no_trace<A: Adapter>() {
    const SENT_AT_ONCE: u64 = 1024;
    timed::run::<A>(SHORT, async {
        let (mut ours, mut old) = our_server_and_old_client::<A>().await;
        for number in 0..3000_u16 {
            let datagram = old_peer::datagram(number, content(number.into(), 20));
            old.writer().feed(datagram).await.unwrap();
        }
        old.writer().flush().await.unwrap();
        send_to_us(&mut old, "after the loss").await;
        drop(old);
        for number in 0..SENT_AT_ONCE {
            let datagram = ours.reader().next().await.unwrap().unwrap();
            assert_eq!(u64::from(datagram.recipient()), number);
            assert_eq!(datagram.data(), &content(number, 20));
        }
        assert_eq!(receive(&mut ours).await, b"after the loss");
        assert_clean_end(ours.reader()).await;
    });
}

// --- pairs ---

async fn our_server_and_old_client<A: Adapter>() -> (A::Connection, old_peer::Connection) {
    let mut listener = A::listen().await;
    let address = listener.local_addr();
    let (ours, old) = tokio::join!(listener.accept(), old_peer::connect(address));
    assert_eq!(ours.peer_addr().socket_addr(), Some(old.local_addr()));
    (ours, old)
}

async fn our_client_and_old_server<A: Adapter>() -> (A::Connection, old_peer::Connection) {
    let mut server = old_peer::Server::bind().await;
    let client = A::connect(server.address());
    let (ours, old) = tokio::join!(client, server.accept());
    assert_eq!(ours.local_addr().socket_addr(), Some(old.peer_addr()));
    (ours, old)
}

async fn both_roles<A: Adapter>() -> [(A::Connection, old_peer::Connection); 2] {
    [
        our_server_and_old_client::<A>().await,
        our_client_and_old_server::<A>().await,
    ]
}

// --- our side ---

async fn send_paced(mut writer: impl Writer, messages: Messages, window: Arc<Window>) {
    for number in 0..messages.count {
        let datagram = our_datagram(messages, number);
        if !window.admits(datagram.size()) {
            writer.flush().await.unwrap();
            window.wait(datagram.size()).await;
        }
        writer.feed(datagram).await.unwrap();
    }
    writer.close().await.unwrap();
}

fn arrived(window: &Arc<Window>) -> impl FnMut(usize) + Send + use<> {
    let window = Arc::clone(window);
    move |frame_len| window.arrived(frame_len)
}
