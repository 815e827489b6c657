//! What the behaviours do on either transport, on our side and on the old one.

use std::time::Instant;

use connect_tokio::connect_proto::{Config, ConnectDatagram, DatagramRef};

use crate::messages::{Messages, Totals};
use crate::old_peer::{self, SinkExt, StreamExt};
use crate::ours::{Adapter, Connection, Reader, Writer};
use crate::wire;

// --- our side ---

/// Sends back what comes, until the peer closes, and tells the length of every frame that arrived.
pub(crate) async fn our_echo(
    ours: impl Connection,
    messages: Messages,
    mut arrived: impl FnMut(usize) + Send,
) -> Totals {
    let (mut reader, mut writer) = ours.split();
    let mut check = messages.check();
    let mut batch = Vec::new();
    while reader.next_many(&mut batch, 100).await.unwrap() > 0 {
        for datagram in batch.drain(..) {
            check.receive(datagram.recipient(), datagram.data());
            arrived(datagram.size());
            writer.feed(datagram).await.unwrap();
        }
        writer.flush().await.unwrap();
    }
    assert_clean_end(&mut reader).await;
    writer.close().await.unwrap();
    check.finish()
}

/// Receives all messages of a run, and tells the length of every frame that arrived. The end is left for the
/// caller.
pub(crate) async fn receive_all<R: Reader>(
    mut reader: R,
    messages: Messages,
    mut arrived: impl FnMut(usize) + Send,
) -> (R, Totals) {
    let mut check = messages.check();
    while !check.is_complete() {
        let datagram = reader.next().await.unwrap();
        let datagram = datagram.expect("a message, not the end");
        check.receive(datagram.recipient(), datagram.data());
        arrived(datagram.size());
    }
    (reader, check.finish())
}

/// Sends all messages of a run as fast as it can, and closes. Over TLS, keys are changed on the way.
pub(crate) async fn send_unpaced(mut writer: impl Writer, messages: Messages) {
    const MESSAGES_TO_A_KEY: u64 = 1000;
    // Records and alerts, where there are any.
    let overhead = if writer.tls().is_some() { 1024 } else { 0 };
    let most_queued =
        Config::new().high_water_mark() + wire::HEADER_LEN + messages.largest + overhead;
    for number in 0..messages.count {
        if number % 2 == 0 {
            let datagram = our_datagram(messages, number);
            writer.feed(datagram).await.unwrap();
        } else {
            let data = messages.data(number);
            let datagram = DatagramRef::new(Messages::recipient(number), &data);
            writer.feed_ref(datagram).await.unwrap();
        }
        assert!(writer.queued_bytes() <= most_queued);
        if let Some(tls) = writer.tls() {
            if number % MESSAGES_TO_A_KEY == 0 {
                tls.refresh_keys().unwrap();
            }
        }
    }
    writer.flush().await.unwrap();
    assert_eq!(writer.queued_bytes(), 0);
    writer.close().await.unwrap();
}

/// The same towards an old reader, which has to get all of them, and the end.
pub(crate) async fn send_unpaced_to_old<A: Adapter>(
    ours: A::Connection,
    old: old_peer::Connection,
    messages: Messages,
    title: &str,
) {
    let started = Instant::now();
    let (old_reader, _old_writer) = old.split();
    let (_our_reader, writer) = ours.split();
    let old = old_peer::spawn(old_peer::receive_to_the_end(old_reader, messages));
    let ((), received) = tokio::join!(A::spawn(send_unpaced(writer, messages)), old);
    report::<A>(title, received, started);
}

/// A message of a run.
pub(crate) fn our_datagram(messages: Messages, number: u64) -> ConnectDatagram {
    ConnectDatagram::new(Messages::recipient(number), messages.data(number)).unwrap()
}

/// The end, which is final.
pub(crate) async fn assert_clean_end(reader: &mut impl Reader) {
    for _ in 0..2 {
        assert_eq!(reader.next().await.unwrap(), None);
    }
}

/// What is in the single message that comes.
pub(crate) async fn receive(ours: &mut impl Connection) -> Vec<u8> {
    let datagram = ours.reader().next().await.unwrap();
    let datagram = datagram.expect("a message, not the end");
    assert_eq!(datagram.recipient(), 7);
    datagram.data().to_vec()
}

// --- the old side, for single messages ---

/// A single message.
pub(crate) async fn send_to_us(old: &mut old_peer::Connection, data: &str) {
    let datagram = old_peer::datagram(7, data.into());
    old.writer().send(datagram).await.unwrap();
}

/// What is in the single message that comes.
pub(crate) async fn receive_from_us(old: &mut old_peer::Connection) -> Vec<u8> {
    let datagram = old.reader().next().await;
    let mut datagram = datagram.expect("a message, not the end");
    assert_eq!(datagram.recipient(), 7);
    datagram.take_data().unwrap()
}

// --- all of them ---

/// For the output of the tests.
pub(crate) fn report<A: Adapter>(title: &str, totals: Totals, started: Instant) {
    println!(
        "{}, {title}: {totals} in {:.1?}",
        A::NAME,
        started.elapsed()
    );
}
