//! Sending through a queue: writes that are shared, and a line for those who have to wait.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::sync::atomic::{AtomicUsize, Ordering};

use connect_proto::queue::TrySendError;
use connect_proto::{
    Config, ConnectDatagram, DatagramRef, EncodeError, WriteError, WriteErrorKind,
};

use super::{Task, in_line, queue, try_send_all, waiting};
use crate::conformance::{Adapter, Writer, complete, writer};
use crate::datagrams::{frame_ends, of_lengths};
use crate::hostile::WriteStep::{Take, Wait};
use crate::naive;

pub fn what_is_sent_during_a_write_shares_the_next<A: Adapter>() {
    let sent = of_lengths(&[10; 12]);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], Config::new());
    let other = sender.clone();
    sender.try_send(sent[0].clone()).unwrap();
    assert!(driver.step().is_none());
    // The driver is in its first write.
    for (index, datagram) in sent.iter().enumerate().skip(1) {
        let sender = [&sender, &other][index % 2];
        complete(sender.send_ref(DatagramRef::from(datagram))).unwrap();
    }
    assert!(written.record().writes.is_empty());
    driver.run_until_idle();
    let record = written.record();
    assert_eq!(record.bytes, naive::encode(&sent));
    assert_eq!(record.writes, [18, 11 * 18].map(|len| len + A::OVERHEAD));
    assert_eq!(record.flushed_at, [12 * 18], "when nothing more was there");
}

pub fn a_lone_message_is_written_and_flushed_at_once<A: Adapter>() {
    let sent = of_lengths(&[10, 5000, 1]);
    let ends = frame_ends(&sent);
    let (sender, mut driver, written) = queue::<A>([], Config::new());
    driver.run_until_idle();
    for (index, datagram) in sent.iter().enumerate() {
        complete(sender.send(datagram.clone())).unwrap();
        // In the poll that follows: nothing waits for more, or for a timer.
        assert!(driver.step().is_none());
        let record = written.record();
        assert_eq!(record.bytes, naive::encode(&sent[..=index]));
        assert_eq!(record.writes.len(), index + 1);
        assert_eq!(record.flushed_at, ends[..=index]);
        assert!(!driver.is_woken(), "there is nothing to do");
    }
}

pub fn whoever_was_served_may_add_to_the_write<A: Adapter>() {
    let sent = of_lengths(&[92; 15]);
    let config = Config::new().with_high_water_mark(1000);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], config);
    try_send_all(&sender, &sent[..10]);
    let mut task = waiting(async {
        for datagram in &sent[10..] {
            sender.send(datagram.clone()).await.unwrap();
        }
    });
    assert!(driver.step().is_none());
    assert!(driver.step().is_none());
    task.run_to_end();
    driver.run_until_idle();
    let record = written.record();
    assert_eq!(record.bytes, naive::encode(&sent));
    assert_eq!(record.writes, [1000, 500].map(|len| len + A::OVERHEAD));
}

pub fn a_full_queue_serves_its_line_in_order<A: Adapter>() {
    let sent = of_lengths(&[92; 40]);
    let config = Config::new().with_high_water_mark(1000);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(150)], config);
    try_send_all(&sender, &sent[..10]);
    let mut line: Vec<_> = sent[10..]
        .iter()
        .map(|datagram| in_line(&sender, datagram))
        .collect();
    assert_eq!(sender.stats().waiting, 30);
    let mut served = 0;
    for _ in 0..1000 {
        assert!(driver.step().is_none());
        let mut now = Vec::new();
        // The last is asked first: what counts is who came first.
        for index in (served..line.len()).rev() {
            if let Some(result) = line[index].step() {
                result.unwrap();
                now.insert(0, index);
            }
        }
        assert_eq!(now, (served..served + now.len()).collect::<Vec<_>>());
        served += now.len();
        let stats = sender.stats();
        assert_eq!(stats.waiting, line.len() - served);
        // Room is what the transport has taken, also in the middle of a write.
        let taken = written.record().bytes.len();
        assert_eq!(stats.queued_bytes, (10 + served) * 100 - taken);
        assert!(stats.queued_bytes <= 1000);
        let has_room = stats.queued_bytes <= 900;
        assert!(stats.waiting == 0 || !has_room, "nobody waits beside room");
    }
    assert_eq!(served, line.len());
    assert_eq!(written.record().bytes, naive::encode(&sent));
    assert_eq!(sender.stats().most_queued_bytes, 1000);
}

pub fn nobody_passes_the_line_of_a_queue<A: Adapter>() {
    let sent = of_lengths(&[592, 592, 92, 10, 20]);
    let config = Config::new().with_high_water_mark(1000);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], config);
    sender.try_send(sent[0].clone()).unwrap();
    let mut large = in_line(&sender, &sent[1]);
    // There would be room for these, but somebody came before.
    let mut small = in_line(&sender, &sent[2]);
    let mut borrowed = waiting(sender.send_ref(DatagramRef::from(&sent[3])));
    let mut reserving = waiting(sender.reserve(20));
    for refused in [&sent[2], &sent[4]] {
        let error = sender.try_send(refused.clone()).unwrap_err();
        assert_eq!(error.into_datagram().as_ref(), Some(refused));
    }
    assert!(sender.try_reserve(20).unwrap().is_none());
    assert!(driver.step().is_none());
    assert!(driver.step().is_none());
    large.run_to_end().unwrap();
    small.run_to_end().unwrap();
    borrowed.run_to_end().unwrap();
    let permit = reserving.run_to_end().unwrap();
    permit.send(sent[4].clone()).unwrap();
    driver.run_until_idle();
    assert_eq!(written.record().bytes, naive::encode(&sent));
}

pub fn busy_tasks_share_a_queue<A: Adapter>() {
    let script = [Wait, Take(usize::MAX)];
    let (sender, mut driver, _written) = queue::<A>(script, Config::new());
    let datagram = &of_lengths(&[42]).remove(0);
    let counts = [const { AtomicUsize::new(0) }; 4];
    let mut tasks = counts.each_ref().map(|count| {
        let sender = sender.clone();
        Task::new(async move {
            loop {
                sender.send(datagram.clone()).await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for _ in 0..40 {
        assert!(driver.step().is_none());
        // Always in the same order, and each sends as long as it can.
        for task in &mut tasks {
            let never: Option<()> = task.step();
            assert!(never.is_none());
        }
    }
    let counts = counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    let (least, most) = (counts.iter().min(), counts.iter().max());
    assert!(least.unwrap() * 2 > *most.unwrap(), "{counts:?}");
}

pub fn a_message_above_the_mark_passes_an_empty_queue<A: Adapter>() {
    let sent = of_lengths(&[5000, 10, 6000, 10]);
    for mark in [0, 100] {
        let config = Config::new().with_high_water_mark(mark);
        let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], config);
        sender.try_send(sent[0].clone()).unwrap();
        let mut line: Vec<_> = sent[1..]
            .iter()
            .map(|datagram| in_line(&sender, datagram))
            .collect();
        driver.run_until_idle();
        for task in &mut line {
            task.run_to_end().unwrap();
        }
        let record = written.record();
        assert_eq!(record.bytes, naive::encode(&sent));
        let alone = [5008, 18, 6008, 18].map(|len| len + A::OVERHEAD);
        assert_eq!(record.writes, alone);
        assert_eq!(sender.stats().most_queued_bytes, 6008);
    }
}

pub fn a_queue_hands_back_what_it_does_not_accept<A: Adapter>() {
    let config = Config::new()
        .with_max_send_len(100)
        .with_high_water_mark(150);
    let (sender, mut driver, written) = queue::<A>([], config);
    let good = of_lengths(&[100, 50]);
    let too_large = of_lengths(&[101]).remove(0);
    let mut empty = ConnectDatagram::new(9, "taken").unwrap();
    empty.take_data().unwrap();
    let reasons = [
        (too_large, EncodeError::DataTooLarge { len: 101, max: 100 }),
        (empty, EncodeError::EmptyData),
    ];
    // With room and without: what can never be sent does not wait for it.
    for full in [false, true] {
        if full {
            sender.try_send(good[0].clone()).unwrap();
            match sender.try_send(good[1].clone()).unwrap_err() {
                TrySendError::Full(datagram) => assert_eq!(datagram, good[1]),
                TrySendError::Failed(error) => panic!("{error}"),
            }
        }
        for (datagram, reason) in &reasons {
            let given = Some(datagram);
            let refused = complete(sender.send(datagram.clone())).unwrap_err();
            assert_refused(refused, *reason, given);
            match sender.try_send(datagram.clone()).unwrap_err() {
                TrySendError::Failed(refused) => assert_refused(refused, *reason, given),
                TrySendError::Full(_) => panic!("it will never fit"),
            }
            let borrowed = DatagramRef::from(datagram);
            let refused = complete(sender.send_ref(borrowed)).unwrap_err();
            assert_refused(refused, *reason, None);
            let len = datagram.data().len();
            assert_refused(complete(sender.reserve(len)).unwrap_err(), *reason, None);
            assert_refused(sender.try_reserve(len).unwrap_err(), *reason, None);
        }
    }
    // The connection is as it was.
    driver.run_until_idle();
    sender.try_send(good[1].clone()).unwrap();
    driver.run_until_idle();
    assert_eq!(written.record().bytes, naive::encode(&good));
}

fn assert_refused(error: WriteError, reason: EncodeError, datagram: Option<&ConnectDatagram>) {
    assert!(
        matches!(error.kind(), WriteErrorKind::Refused(why) if *why == reason),
        "{error}"
    );
    assert_eq!(error.unsent(), None);
    assert_eq!(error.into_datagram().as_ref(), datagram);
}

pub fn what_was_fed_to_the_writer_goes_before_its_queue<A: Adapter>() {
    let sent = of_lengths(&[10, 5000, 20, 30]);
    let (mut writer, written) = writer::<A>([Take(30)], true, Config::new());
    complete(writer.send(sent[0].clone())).unwrap();
    for datagram in &sent[1..3] {
        complete(writer.feed(datagram.clone())).unwrap();
    }
    let (sender, driver) = writer.into_queue();
    assert_eq!(sender.stats().messages, 1);
    assert_eq!(sender.stats().queued_bytes, 5008 + 28);
    sender.try_send(sent[3].clone()).unwrap();
    let mut driver = Task::new(driver);
    driver.run_until_idle();
    assert_eq!(written.record().bytes, naive::encode(&sent));
    complete(sender.flush()).unwrap();
}

pub fn a_queue_counts_what_it_does<A: Adapter>() {
    let sent = of_lengths(&[92; 13]);
    let config = Config::new().with_high_water_mark(1000);
    let (sender, mut driver, _written) = queue::<A>([Wait, Take(usize::MAX)], config);
    let other = sender.clone();
    // A handshake may have been before.
    let flushed = other.stats().flushes;
    try_send_all(&sender, &sent[..4]);
    assert!(driver.step().is_none());
    // What is being written is queued still, and so is what came after.
    try_send_all(&other, &sent[4..10]);
    let _line: Vec<_> = sent[10..]
        .iter()
        .map(|datagram| in_line(&sender, datagram))
        .collect();
    let stats = other.stats();
    assert_eq!((stats.queued_messages, stats.queued_bytes), (10, 1000));
    assert_eq!((stats.messages, stats.bytes, stats.writes), (0, 0, 0));
    assert_eq!(stats.waiting, 3);
    driver.run_until_idle();
    let stats = other.stats();
    assert_eq!((stats.messages, stats.bytes), (13, 1300));
    assert_eq!((stats.queued_messages, stats.queued_bytes), (0, 0));
    assert_eq!((stats.writes, stats.flushes - flushed), (2, 1));
    assert_eq!((stats.most_queued_bytes, stats.waiting), (1000, 0));
}
