//! Sending: everything exactly once however the transport takes it, and no more queued than agreed.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::pin::Pin;

use connect_proto::{Config, ConnectDatagram, DatagramRef, EncodeError, WriteErrorKind};
use futures_sink::Sink;

use super::{Adapter, Writer, complete, poll_at_most, writer};
use crate::datagrams::of_lengths;
use crate::hostile::WriteStep::{Take, Wait};
use crate::naive;

/// Lengths around everything that is special: copied, chained, more than a block.
const LENGTHS: &[usize] = &[1, 5, 4095, 4096, 1, 70_000, 3, 65_528, 200_000, 2];

pub fn short_writes_lose_and_repeat_nothing<A: Adapter>() {
    for vectored in [false, true] {
        // Every length of a short write of a small batch.
        let batch = of_lengths(&[3, 20, 1]);
        let expected = naive::encode(&batch);
        for most in 1..=expected.len() {
            let (mut writer, written) = writer::<A>([Take(most)], vectored, Config::new());
            for datagram in batch.clone() {
                complete(writer.feed(datagram)).unwrap();
            }
            complete(writer.flush()).unwrap();
            assert_eq!(written.record().bytes, expected, "writes of {most}");
        }
        // Odd ones for large data.
        let large = of_lengths(LENGTHS);
        let script = [Take(1), Take(7), Take(4096), Take(8), Take(100_000)];
        let (mut writer, written) = writer::<A>(script, vectored, Config::new());
        for datagram in large.clone() {
            complete(writer.send(datagram)).unwrap();
        }
        assert_eq!(written.record().bytes, naive::encode(&large));
    }
}

pub fn waiting_transports_keep_everything<A: Adapter>() {
    let sent = of_lengths(LENGTHS);
    for script in [
        vec![Wait, Take(usize::MAX)],
        vec![Wait, Wait, Take(1000), Take(13)],
    ] {
        let (mut writer, written) = writer::<A>(script, true, Config::new());
        for datagram in &sent {
            complete(writer.send_ref(DatagramRef::from(datagram))).unwrap();
        }
        assert_eq!(written.record().bytes, naive::encode(&sent));
        assert_eq!(writer.queued_bytes(), 0);
    }
}

pub fn the_transport_is_flushed_after_the_last_write<A: Adapter>() {
    let sent = of_lengths(&[10, 20]);
    let (mut writer, written) = writer::<A>([Take(9)], true, Config::new());
    complete(writer.feed(sent[0].clone())).unwrap();
    assert!(written.record().flushed_at.is_empty());
    complete(writer.send(sent[1].clone())).unwrap();
    assert_eq!(written.record().flushed_at, [46]);
    // Nothing new: nothing to flush.
    complete(writer.flush()).unwrap();
    assert_eq!(written.record().flushed_at, [46]);
}

pub fn a_lone_header_never_travels_without_vectored_writes<A: Adapter>() {
    for (vectored, most_pieces) in [(false, 1), (true, 2)] {
        let sent = of_lengths(&[100_000]);
        let (mut writer, written) = writer::<A>([], vectored, Config::new());
        complete(writer.send(sent[0].clone())).unwrap();
        let record = written.record();
        assert_eq!(record.bytes, naive::encode(&sent));
        assert!(record.writes[0] > 8, "{:?}", record.writes);
        assert_eq!(record.most_pieces, most_pieces);
    }
}

pub fn a_full_queue_makes_the_sender_wait<A: Adapter>() {
    let config = Config::new().with_high_water_mark(1000);
    // Takes one byte in a hundred polls: a peer that does not read.
    let mut script = vec![Wait; 99];
    script.push(Take(1));
    let (mut writer, written) = writer::<A>(script, true, config);
    let sent = of_lengths(&[92; 10]);
    for datagram in &sent {
        assert!(writer.queued_bytes() < 1000 && writer.is_ready());
        complete(writer.feed(datagram.clone())).unwrap();
    }
    assert_eq!(writer.queued_bytes(), 1000);
    assert!(!writer.is_ready());
    assert!(poll_at_most(writer.ready(), 50).is_none());
    assert_eq!(writer.queued_bytes(), 1000 + A::OVERHEAD);
    complete(writer.ready()).unwrap();
    assert!(writer.is_ready());
    // What a layer has made of the queue has to go as a whole.
    let left = if A::OVERHEAD == 0 { 999 } else { 0 };
    assert_eq!(writer.queued_bytes(), left);
    // Below the mark any length is accepted, above it none.
    let large = of_lengths(&[50_000]).remove(0);
    complete(writer.feed(large)).unwrap();
    assert_eq!(writer.queued_bytes(), left + 50_008);
    assert!(poll_at_most(writer.feed(sent[0].clone()), 1000).is_none());
    let gone = 1000 + A::OVERHEAD - left;
    assert!(written.record().writes.len() <= gone + 11);
}

pub fn many_are_queued_up_to_the_mark<A: Adapter>() {
    let config = Config::new().with_high_water_mark(1000);
    let (mut writer, written) = writer::<A>([], true, config);
    let sent = of_lengths(&[92; 25]);
    let mut rest = sent.iter().map(DatagramRef::from);
    let mut pauses = 0;
    while !writer.push_while_ready(&mut rest).unwrap() {
        assert_eq!(writer.queued_bytes(), 1000);
        pauses += 1;
        // The transport takes all of it.
        complete(writer.ready()).unwrap();
        assert_eq!(writer.queued_bytes(), 0);
    }
    assert_eq!((pauses, writer.queued_bytes()), (2, 500));
    complete(writer.close()).unwrap();
    let late = writer.push_while_ready(&mut sent.iter().map(DatagramRef::from));
    assert!(matches!(
        late.unwrap_err().kind(),
        WriteErrorKind::Refused(EncodeError::Finished)
    ));
    assert_eq!(written.record().bytes, naive::encode(&sent));
}

pub fn what_cannot_be_sent_comes_back<A: Adapter>() {
    let config = Config::new().with_max_send_len(100);
    let (mut writer, written) = writer::<A>([], true, config);
    let too_large = of_lengths(&[101]).remove(0);
    let mut empty = ConnectDatagram::new(9, "taken").unwrap();
    empty.take_data().unwrap();
    let reasons = [
        (too_large, EncodeError::DataTooLarge { len: 101, max: 100 }),
        (empty, EncodeError::EmptyData),
    ];
    for (datagram, reason) in reasons {
        for error in [
            complete(writer.send(datagram.clone())).unwrap_err(),
            complete(writer.feed(datagram.clone())).unwrap_err(),
            writer.push(datagram.clone()).unwrap_err(),
        ] {
            assert!(matches!(error.kind(), WriteErrorKind::Refused(why) if *why == reason));
            assert_eq!(error.into_datagram(), Some(datagram.clone()));
        }
    }
    assert_eq!(writer.queued_bytes(), 0);
    let good = of_lengths(&[100]);
    complete(writer.send(good[0].clone())).unwrap();
    assert_eq!(written.record().bytes, naive::encode(&good));
}

pub fn a_sink_does_the_same<A: Adapter>() {
    let sent = of_lengths(&[10, 5000, 20]);
    let (mut writer, written) = writer::<A>([Wait, Take(100)], true, Config::new());
    for datagram in &sent {
        complete(std::future::poll_fn(|cx| {
            Pin::new(&mut writer).poll_ready(cx)
        }))
        .unwrap();
        Pin::new(&mut writer).start_send(datagram.clone()).unwrap();
    }
    complete(std::future::poll_fn(|cx| {
        Pin::new(&mut writer).poll_flush(cx)
    }))
    .unwrap();
    assert_eq!(written.record().bytes, naive::encode(&sent));
    complete(std::future::poll_fn(|cx| {
        Pin::new(&mut writer).poll_close(cx)
    }))
    .unwrap();
    assert_eq!(written.record().shut_down_at, [naive::encode(&sent).len()]);
}
