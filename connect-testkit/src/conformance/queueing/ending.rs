//! Flushing and closing a queue.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use connect_proto::queue::TrySendError;
use connect_proto::{Config, DatagramRef};

use super::{Task, assert_closed, in_line, queue, waiting};
use crate::conformance::{Adapter, Writer, complete, writer};
use crate::datagrams::{frame_ends, of_lengths};
use crate::hostile::WriteStep::{Take, Wait};
use crate::naive;

pub fn flush_waits_for_what_came_before_and_no_more<A: Adapter>() {
    let sent = of_lengths(&[10, 20, 30]);
    let ends = frame_ends(&sent);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], Config::new());
    complete(sender.flush()).unwrap();
    let mut flushes = Vec::new();
    for (index, datagram) in sent.iter().enumerate() {
        sender.clone().try_send(datagram.clone()).unwrap();
        // Twice: whoever asks for the same gets it, too.
        for _ in 0..2 {
            flushes.push((index, waiting(sender.flush())));
        }
        assert!(driver.step().is_none());
        // The one before is written, and flushed although more is here.
        flushes.retain_mut(|(waits_for, flush)| {
            let is_done = flush.step().map(Result::unwrap).is_some();
            assert_eq!(is_done, *waits_for < index);
            !is_done
        });
        assert_eq!(written.record().flushed_at, ends[..index]);
    }
    driver.run_until_idle();
    for (_, flush) in &mut flushes {
        flush.run_to_end().unwrap();
    }
    let record = written.record();
    assert_eq!(record.bytes, naive::encode(&sent));
    assert_eq!(record.flushed_at, ends);
    // Nothing new: nothing to wait for, and nothing to flush.
    complete(sender.flush()).unwrap();
    assert!(!driver.is_woken());
}

pub fn flush_does_not_wait_for_the_line<A: Adapter>() {
    let sent = of_lengths(&[92, 50]);
    let config = Config::new().with_high_water_mark(100);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], config);
    sender.try_send(sent[0].clone()).unwrap();
    let _line = in_line(&sender, &sent[1]);
    let mut flush = waiting(sender.flush());
    assert!(driver.step().is_none());
    while flush.step().map(Result::unwrap).is_none() {
        assert!(written.record().flushed_at.is_empty());
        assert!(driver.is_woken());
        assert!(driver.step().is_none());
    }
    assert_eq!(written.record().bytes, naive::encode(&sent[..1]));
    assert_eq!(written.record().flushed_at, [100]);
}

pub fn close_of_a_queue_serves_its_line_and_shuts_down_once<A: Adapter>() {
    let sent = of_lengths(&[10, 5000, 20, 30]);
    let late = of_lengths(&[1]).remove(0);
    let config = Config::new().with_high_water_mark(100);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(700)], config);
    let other = sender.clone();
    sender.try_send(sent[0].clone()).unwrap();
    let mut line: Vec<_> = sent[1..3]
        .iter()
        .map(|datagram| in_line(&sender, datagram))
        .collect();
    let mut reserving = waiting(sender.reserve(30));
    assert!(!sender.is_closed());
    let mut closing = [
        waiting(sender.close()),
        waiting(other.close()),
        waiting(other.closed()),
    ];
    assert!(sender.is_closed());
    for sender in [&sender, &other] {
        assert_closed(
            complete(sender.send(late.clone())).unwrap_err(),
            Some(&late),
        );
        match sender.try_send(late.clone()).unwrap_err() {
            TrySendError::Failed(error) => assert_closed(error, Some(&late)),
            TrySendError::Full(_) => panic!("it will never be accepted"),
        }
        let borrowed = DatagramRef::from(&late);
        assert_closed(complete(sender.send_ref(borrowed)).unwrap_err(), None);
    }
    driver.run_until_idle();
    for task in &mut line {
        task.run_to_end().unwrap();
    }
    let permit = reserving.run_to_end().unwrap();
    assert!(closing.iter().all(|task| !task.is_woken()));
    permit.send(sent[3].clone()).unwrap();
    driver.run_to_end().unwrap();
    for task in &mut closing {
        task.run_to_end().unwrap();
    }
    complete(sender.close()).unwrap();
    complete(sender.closed()).unwrap();
    complete(sender.flush()).unwrap();
    assert_closed(
        complete(sender.send(late.clone())).unwrap_err(),
        Some(&late),
    );
    let record = written.record();
    assert_eq!(record.bytes, naive::encode(&sent));
    assert_eq!(record.flushed_at.last(), Some(&record.bytes.len()));
    assert_eq!(record.shut_down_at, [record.bytes.len()]);
    // Whoever drops a driver that is done has lost nothing.
    drop(driver);
    complete(sender.close()).unwrap();
}

pub fn close_wakes_a_driver_that_has_nothing_to_do<A: Adapter>() {
    let (sender, mut driver, written) = queue::<A>([], Config::new());
    driver.run_until_idle();
    let mut closing = waiting(sender.close());
    driver.run_to_end().unwrap();
    closing.run_to_end().unwrap();
    let record = written.record();
    assert!(record.bytes.is_empty());
    assert_eq!(record.shut_down_at, [0]);
}

pub fn the_last_handle_of_a_queue_closes_it<A: Adapter>() {
    let sent = of_lengths(&[10, 5000, 20]);
    // Before the driver runs, and while it waits.
    for idle in [false, true] {
        let (sender, mut driver, written) = queue::<A>([Wait, Take(700)], Config::new());
        if idle {
            driver.run_until_idle();
        }
        let handles = [sender.clone(), sender.clone(), sender];
        for (handle, datagram) in handles.into_iter().zip(&sent) {
            if idle {
                driver.run_until_idle();
            }
            assert!(written.record().shut_down_at.is_empty());
            handle.try_send(datagram.clone()).unwrap();
        }
        driver.run_to_end().unwrap();
        let record = written.record();
        assert_eq!(record.bytes, naive::encode(&sent));
        assert_eq!(record.flushed_at.last(), Some(&record.bytes.len()));
        assert_eq!(record.shut_down_at, [record.bytes.len()]);
    }
}

pub fn the_queue_of_a_closed_writer_is_closed<A: Adapter>() {
    let late = of_lengths(&[10]).remove(0);
    let (mut writer, written) = writer::<A>([], true, Config::new());
    complete(writer.close()).unwrap();
    let (sender, driver) = writer.into_queue();
    assert!(sender.is_closed());
    assert_closed(
        complete(sender.send(late.clone())).unwrap_err(),
        Some(&late),
    );
    let mut closed = waiting(sender.closed());
    Task::new(driver).run_to_end().unwrap();
    closed.run_to_end().unwrap();
    let record = written.record();
    assert!(record.bytes.is_empty());
    assert_eq!(record.shut_down_at, [0]);
}

pub fn what_is_sent_by_turns_with_flushes_keeps_its_order<A: Adapter>() {
    let sent = of_lengths(&[50; 60]);
    let config = Config::new().with_high_water_mark(200);
    let (sender, mut driver, written) = queue::<A>([Take(33), Wait], config);
    let mut line: Vec<_> = sent
        .iter()
        .map(|datagram| {
            Task::new(async {
                sender.send(datagram.clone()).await?;
                sender.flush().await
            })
        })
        .collect();
    for task in &mut line {
        task.run_until_idle();
    }
    for _ in 0..1000 {
        assert!(driver.step().is_none());
        line.retain_mut(|task| task.run().map(Result::unwrap).is_none());
    }
    assert!(line.is_empty());
    assert_eq!(written.record().bytes, naive::encode(&sent));
}
