//! The real `connect` 0.2.4 at the other end of a TCP connection, as client and as server.
//!
//! Its writer loses what the socket does not take at once and reports success. So it is paced where
//! a test is about this side, and overloaded where a test shows what this side makes of that.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connect_interop::messages::{Messages, Totals, content};
use connect_interop::old_peer::{self, SinkExt, StreamExt};
use connect_interop::recorded::{Record, Recorded};
use connect_interop::timed;
use connect_interop::window::Window;
use connect_interop::wire;
use connect_tokio::{
    Config, ConnectDatagram, Connection, ConnectionReader, ConnectionWriter, DatagramRef,
    DecodeError, ReadError, TcpListener,
};
use tokio::net::TcpSocket;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

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

#[test]
fn old_client_and_our_echo_server() {
    timed::run(LONG, async {
        let started = Instant::now();
        let (ours, old) = our_server_and_old_client().await;
        let window = Arc::new(Window::new(PACE_OF_OLD_CLIENT));
        let ours = tokio::spawn(our_echo(ours, ECHOED, Arc::clone(&window)));
        let (reader, writer) = old.split();
        let sending = old_peer::spawn(old_peer::send_paced(writer, ECHOED, window));
        let receiving = old_peer::spawn(old_peer::receive_all(reader, ECHOED));
        let old = async {
            let (writer, (reader, totals)) = tokio::join!(sending, receiving);
            drop((reader, writer));
            totals
        };
        let (received, returned) = tokio::join!(joined(ours), old);
        assert_eq!(received, returned);
        report("old client -> our echo server", received, started);
        report("our echo server -> old client", returned, started);
    });
}

#[test]
fn our_client_and_old_echo_server() {
    timed::run(LONG, async {
        let started = Instant::now();
        let (ours, old) = our_client_and_old_server().await;
        let old = old_peer::spawn(old_peer::echo(old, ECHOED));
        let window = Arc::new(Window::new(PACE_OF_OLD_SERVER));
        let (reader, writer) = ours.split();
        // What we send is what the old server sends back: it is for its writer that we are slow.
        let sending = tokio::spawn(send_paced(writer, ECHOED, Arc::clone(&window)));
        let receiving = tokio::spawn(receive_to_the_end(reader, ECHOED, window));
        let ((), returned, received) = tokio::join!(joined(sending), joined(receiving), old);
        assert_eq!(received, returned);
        report("our client -> old echo server", received, started);
        report("old echo server -> our client", returned, started);
    });
}

#[test]
fn our_client_needs_no_pacing_towards_an_old_reader() {
    timed::run(LONG, async {
        let (ours, old) = our_client_and_old_server().await;
        send_unpaced(ours, old, "our client -> old server, unpaced").await;
    });
}

#[test]
fn our_server_needs_no_pacing_towards_an_old_reader() {
    timed::run(LONG, async {
        let (ours, old) = our_server_and_old_client().await;
        send_unpaced(ours, old, "our server -> old client, unpaced").await;
    });
}

#[test]
fn our_close_is_the_end_for_an_old_reader() {
    timed::run(SHORT, async {
        for (mut ours, mut old) in both_roles().await {
            let datagram = ConnectDatagram::new(7, "the last").unwrap();
            ours.writer().feed(datagram).await.unwrap();
            ours.close().await.unwrap();
            assert_eq!(receive_from_us(&mut old).await, b"the last");
            assert!(old.reader().next().await.is_none());
        }
    });
}

#[test]
fn a_connection_of_ours_that_was_flushed_and_dropped_is_the_end_for_an_old_reader() {
    timed::run(SHORT, async {
        for (mut ours, mut old) in both_roles().await {
            let datagram = ConnectDatagram::new(7, "the last").unwrap();
            ours.writer().send(datagram).await.unwrap();
            drop(ours);
            assert_eq!(receive_from_us(&mut old).await, b"the last");
            assert!(old.reader().next().await.is_none());
        }
    });
}

#[test]
fn an_old_peer_can_still_answer_after_our_writer_has_closed() {
    timed::run(SHORT, async {
        for (mut ours, mut old) in both_roles().await {
            ours.writer().close().await.unwrap();
            assert!(old.reader().next().await.is_none());
            send_to_us(&mut old, "an answer").await;
            assert_eq!(receive(&mut ours).await, b"an answer");
            drop(old);
            assert_clean_end(ours.reader()).await;
        }
    });
}

#[test]
fn an_old_connection_that_is_dropped_is_a_clean_end_for_us() {
    timed::run(SHORT, async {
        for (mut ours, mut old) in both_roles().await {
            send_to_us(&mut old, "the last").await;
            drop(old);
            assert_eq!(receive(&mut ours).await, b"the last");
            assert_clean_end(ours.reader()).await;
        }
    });
}

#[test]
fn an_old_connection_that_is_closed_is_a_clean_end_for_us() {
    timed::run(SHORT, async {
        for (mut ours, mut old) in both_roles().await {
            send_to_us(&mut old, "the last").await;
            old.close().await;
            assert_eq!(receive(&mut ours).await, b"the last");
            assert_clean_end(ours.reader()).await;
        }
    });
}

/// The old sink's `close` tells the peer nothing: only dropping both halves ends the stream.
#[test]
fn an_old_writer_that_is_closed_can_still_be_answered() {
    timed::run(SHORT, async {
        for (mut ours, mut old) in both_roles().await {
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
#[test]
fn what_an_old_writer_forgets_behind_1024_queued_messages_leaves_no_trace() {
    const SENT_AT_ONCE: u64 = 1024;
    timed::run(SHORT, async {
        let (mut ours, mut old) = our_server_and_old_client().await;
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

#[test]
fn a_message_that_an_old_writer_cuts_at_the_end_is_an_unexpected_eof() {
    const LEN: usize = 4_000_000;
    timed::run(SHORT, async {
        let (mut ours, record, mut old) = narrow_pair(Config::new()).await;
        let datagram = old_peer::datagram(7, content(0, LEN));
        // It believes that all is well.
        old.writer().send(datagram).await.unwrap();
        drop(old);
        for _ in 0..2 {
            let error = ours.reader().next().await.unwrap_err();
            let received = record.bytes();
            let due = content(0, LEN);
            assert!(received.len() > wire::HEADER_LEN);
            assert!(due.starts_with(&received[wire::HEADER_LEN..]));
            let missing = wire::HEADER_LEN + LEN - received.len();
            let due = DecodeError::UnexpectedEof { missing };
            assert!(matches!(error, ReadError::Protocol(error) if error == due));
        }
        println!(
            "old writer, one message of {LEN} bytes: {} bytes came",
            record.bytes().len()
        );
    });
}

/// An old writer that is faster than its socket leaves out the rest of a frame, or whole frames, and
/// goes on with a header. The format cannot tell: up to the first gap everything is right, behind it a
/// reader can only make of the bytes what the format says, which is compared with a plain reading of
/// the bytes that came. Never does it hang, panic, or hold more than its limits allow.
#[test]
fn an_overloaded_old_writer_costs_no_more_than_its_connection() {
    timed::run(SHORT, async {
        for data in [Data::Random, Data::Zeros, Data::NeverAHeader] {
            overload(data, 64 * 1024).await;
        }
        // The length moves the gap against the small frames, so that some of them are hit.
        for shorter in 0..8 {
            overload(Data::FullOfSmallFrames, 64 * 1024 - shorter).await;
        }
    });
}

/// What the messages of an overloaded writer consist of, and with it what is taken for a header
/// behind a gap.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Data {
    Random,
    Zeros,
    /// Every size that is read from it is above every limit.
    NeverAHeader,
    FullOfSmallFrames,
}

impl Data {
    fn message(self, number: u64, len: usize) -> Vec<u8> {
        match self {
            Self::Random => content(number, len),
            Self::Zeros => vec![0; len],
            Self::NeverAHeader => {
                let mut data = content(number, len);
                data.iter_mut().for_each(|byte| *byte |= 0x80);
                data
            }
            Self::FullOfSmallFrames => {
                let frame = [0, 0, 0, 5, 0, 1, 0xff, 0xff, number as u8];
                let mut data = frame.repeat(len.div_ceil(frame.len()));
                data.truncate(len);
                data
            }
        }
    }
}

async fn overload(data: Data, len: usize) {
    const COUNT: u64 = 128;
    const LIMIT: usize = 128 * 1024;
    const MOST_TIME: Duration = Duration::from_secs(3);
    let recipient = |number| 0x8000 | number as u16;

    let config = Config::new().with_max_receive_len(LIMIT);
    let (mut ours, record, mut old) = narrow_pair(config).await;
    let started = Instant::now();
    let stalled = Arc::new(Notify::new());
    let stalling = Arc::clone(&stalled);
    let blast = old_peer::spawn(async move {
        let mut accepted = 0;
        for number in 0..COUNT {
            let datagram = old_peer::datagram(recipient(number), data.message(number, len));
            let mut send = pin!(old.writer().send(datagram));
            let result = poll_fn(|cx| {
                let result = send.as_mut().poll(cx);
                if result.is_pending() {
                    stalling.notify_one();
                }
                result
            });
            if result.await.is_err() {
                break;
            }
            accepted += 1;
        }
        accepted
    });

    // Once the old writer has to wait, it has lost something.
    stalled.notified().await;
    let mut received = Vec::new();
    let end = loop {
        match ours.reader().next().await {
            Ok(Some(datagram)) => received.push(datagram),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
        let buffered = ours.reader().buffered_bytes();
        assert!(buffered <= wire::HEADER_LEN + LIMIT + config.read_block_len());
        if received.len() < 20 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let end = end.map(|error| match error {
        ReadError::Protocol(error) => error,
        other => panic!("{other}"),
    });
    let again = match ours.reader().next().await {
        Ok(None) => None,
        Err(ReadError::Protocol(error)) => Some(error),
        other => panic!("{other:?} after {end:?}"),
    };
    assert_eq!(again, end, "the end is not final");

    let bytes = record.bytes();
    let reading = wire::read(&bytes, LIMIT);
    assert_eq!(end, reading.error);
    assert_eq!(received.len(), reading.messages.len());
    for (datagram, (recipient, data)) in received.iter().zip(&reading.messages) {
        assert_eq!(datagram.recipient(), *recipient);
        assert_eq!(datagram.data(), data);
    }

    // Before the first gap there is at least what the buffers hold when the blast begins.
    let untouched = received
        .iter()
        .zip(0..)
        .take_while(|(datagram, number)| {
            datagram.recipient() == recipient(*number)
                && datagram.data() == &data.message(*number, len)
        })
        .count();
    assert!(untouched > 0, "{data:?}: nothing came before the first gap");
    assert!(untouched < COUNT as usize, "{data:?}: there was no gap");

    // Our end goes away with what it has not read, which frees a writer that waits for room.
    drop(ours);
    let accepted = blast.await;
    assert!(started.elapsed() < MOST_TIME, "{:?}", started.elapsed());
    let end = end.map_or_else(|| "the end".into(), |error| error.to_string());
    println!(
        "old writer, {data:?}, {COUNT} messages of {len} bytes: it accepted {accepted}; \
         {} came, {untouched} of them before the first gap, then: {end}",
        received.len()
    );
}

// --- pairs ---

async fn our_server_and_old_client() -> (Connection, old_peer::Connection) {
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr();
    let (ours, old) = tokio::join!(listener.accept(), old_peer::connect(address));
    let ours = ours.unwrap();
    assert_eq!(ours.peer_addr().socket_addr(), Some(old.local_addr()));
    (ours, old)
}

async fn our_client_and_old_server() -> (Connection, old_peer::Connection) {
    let mut server = old_peer::Server::bind().await;
    let client = Connection::tcp_client(server.address());
    let (ours, old) = tokio::join!(client, server.accept());
    let ours = ours.unwrap();
    assert_eq!(ours.local_addr().socket_addr(), Some(old.peer_addr()));
    (ours, old)
}

async fn both_roles() -> [(Connection, old_peer::Connection); 2] {
    [
        our_server_and_old_client().await,
        our_client_and_old_server().await,
    ]
}

/// Our server and an old client with little room between them, and a record of what we read.
async fn narrow_pair(
    config: Config,
) -> (
    Connection<Recorded<OwnedReadHalf>, OwnedWriteHalf>,
    Record,
    old_peer::Connection,
) {
    const ROOM: u32 = 128 * 1024;
    let server = TcpSocket::new_v4().unwrap();
    server.set_recv_buffer_size(ROOM).unwrap();
    server.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = server.listen(1).unwrap();
    let client = TcpSocket::new_v4().unwrap();
    client.set_send_buffer_size(ROOM).unwrap();
    let client = client.connect(listener.local_addr().unwrap());
    let (accepted, connected) = tokio::join!(listener.accept(), client);
    let (read, write) = accepted.unwrap().0.into_split();
    let (read, record) = Recorded::new(read);
    let ours = Connection::from_halves(read, write, config);
    (
        ours,
        record,
        old_peer::over(connected.unwrap().into_std().unwrap()),
    )
}

// --- our side ---

async fn our_echo(ours: Connection, messages: Messages, window: Arc<Window>) -> Totals {
    let (mut reader, mut writer) = ours.split();
    let mut check = messages.check();
    let mut batch = Vec::new();
    while reader.next_many(&mut batch, 100).await.unwrap() > 0 {
        for datagram in batch.drain(..) {
            check.receive(datagram.recipient(), datagram.data());
            window.arrived(datagram.size());
            writer.feed(datagram).await.unwrap();
        }
        writer.flush().await.unwrap();
    }
    assert_clean_end(&mut reader).await;
    writer.close().await.unwrap();
    check.finish()
}

async fn send_paced(mut writer: ConnectionWriter, messages: Messages, window: Arc<Window>) {
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

async fn receive_to_the_end(
    mut reader: ConnectionReader,
    messages: Messages,
    window: Arc<Window>,
) -> Totals {
    let mut check = messages.check();
    while let Some(datagram) = reader.next().await.unwrap() {
        check.receive(datagram.recipient(), datagram.data());
        window.arrived(datagram.size());
    }
    assert_clean_end(&mut reader).await;
    check.finish()
}

async fn send_unpaced(mut ours: Connection, old: old_peer::Connection, title: &str) {
    let started = Instant::now();
    let (old_reader, _old_writer) = old.split();
    let old = old_peer::spawn(old_peer::receive_to_the_end(old_reader, SENT_BY_US));
    let sending = tokio::spawn(async move {
        let most_queued = Config::new().high_water_mark() + wire::HEADER_LEN + SENT_BY_US.largest;
        let writer = ours.writer();
        for number in 0..SENT_BY_US.count {
            if number % 2 == 0 {
                let datagram = our_datagram(SENT_BY_US, number);
                writer.feed(datagram).await.unwrap();
            } else {
                let data = SENT_BY_US.data(number);
                let datagram = DatagramRef::new(Messages::recipient(number), &data);
                writer.feed_ref(datagram).await.unwrap();
            }
            assert!(writer.queued_bytes() <= most_queued);
        }
        writer.flush().await.unwrap();
        assert_eq!(writer.queued_bytes(), 0);
        ours.close().await.unwrap();
    });
    let ((), received) = tokio::join!(joined(sending), old);
    report(title, received, started);
}

fn our_datagram(messages: Messages, number: u64) -> ConnectDatagram {
    ConnectDatagram::new(Messages::recipient(number), messages.data(number)).unwrap()
}

async fn assert_clean_end(reader: &mut ConnectionReader) {
    for _ in 0..2 {
        assert_eq!(reader.next().await.unwrap(), None);
    }
}

async fn receive(ours: &mut Connection) -> Vec<u8> {
    let datagram = ours.reader().next().await.unwrap();
    let datagram = datagram.expect("a message, not the end");
    assert_eq!(datagram.recipient(), 7);
    datagram.data().to_vec()
}

// --- the old side, for single messages ---

async fn send_to_us(old: &mut old_peer::Connection, data: &str) {
    let datagram = old_peer::datagram(7, data.into());
    old.writer().send(datagram).await.unwrap();
}

async fn receive_from_us(old: &mut old_peer::Connection) -> Vec<u8> {
    let datagram = old.reader().next().await;
    let mut datagram = datagram.expect("a message, not the end");
    assert_eq!(datagram.recipient(), 7);
    datagram.take_data().unwrap()
}

// --- all of them ---

/// Waits for a task, and panics as soon as it has.
async fn joined<T>(task: tokio::task::JoinHandle<T>) -> T {
    task.await.unwrap()
}

fn report(title: &str, totals: Totals, started: Instant) {
    println!("{title}: {totals} in {:.1?}", started.elapsed());
}
