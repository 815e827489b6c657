//! The real `connect` 0.2.4 at the other end of a TCP connection of `connect-tokio`.
//!
//! Its writer loses what the socket does not take at once and reports success. Here it is overloaded, to
//! show what this side makes of that.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connect_interop::messages::content;
use connect_interop::old_peer::{self, SinkExt, StreamExt};
use connect_interop::ours::OnTokio;
use connect_interop::recorded::{Record, Recorded};
use connect_interop::timed;
use connect_interop::wire;
use connect_tokio::{Config, Connection, DecodeError, ReadError};
use tokio::net::TcpSocket;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

connect_interop::tests_with_old_peer!(OnTokio);

const SHORT: Duration = Duration::from_secs(10);

#[test]
fn a_message_that_an_old_writer_cuts_at_the_end_is_an_unexpected_eof() {
    const LEN: usize = 4_000_000;
    timed::run::<OnTokio>(SHORT, async {
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

/// tokio's half of a socket ends its direction when it is dropped, which 0.2.4 and async-std's do not: MIGRATING.md
/// warns of it.
#[test]
fn a_writer_of_ours_that_is_dropped_alone_is_the_end_for_an_old_reader() {
    timed::run::<OnTokio>(SHORT, async {
        let (ours, _, mut old) = narrow_pair(Config::new()).await;
        let (_reader, writer) = ours.split();
        drop(writer);
        assert!(old.reader().next().await.is_none());
    });
}

/// An old writer that is faster than its socket leaves out the rest of a frame, or whole frames, and
/// goes on with a header. The format cannot tell: up to the first gap everything is right, behind it a
/// reader can only make of the bytes what the format says, which is compared with a plain reading of
/// the bytes that came. Never does it hang, panic, or hold more than its limits allow.
#[test]
fn an_overloaded_old_writer_costs_no_more_than_its_connection() {
    timed::run::<OnTokio>(SHORT, async {
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
