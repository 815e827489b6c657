//! Room in a queue that is set aside for one datagram.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use connect_proto::{Config, EncodeError, WriteErrorKind};

use super::{Task, assert_closed, in_line, queue, try_send_all, waiting};
use crate::conformance::{Adapter, complete};
use crate::datagrams::of_lengths;
use crate::hostile::WriteStep::{Take, Wait};
use crate::naive;

fn mark() -> Config {
    Config::new().with_high_water_mark(1000)
}

pub fn a_permit_sends_into_a_full_queue<A: Adapter>() {
    let sent = of_lengths(&[592, 292, 92]);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], mark());
    let permit = complete(sender.reserve(92)).unwrap();
    assert_eq!(permit.data_len(), 92);
    try_send_all(&sender, &sent[..2]);
    assert_eq!(sender.stats().queued_bytes, 900);
    // What is set aside is nobody else's.
    let error = sender.try_send(sent[2].clone()).unwrap_err();
    assert!(error.is_full());
    assert!(sender.try_reserve(1).unwrap().is_none());
    // Its place in the order is that of this call.
    permit.send(sent[2].clone()).unwrap();
    assert_eq!(sender.stats().queued_bytes, 1000);
    driver.run_until_idle();
    assert_eq!(written.record().bytes, naive::encode(&sent));
    // The room is that of the queue again.
    assert!(sender.try_reserve(992).unwrap().is_some());
}

pub fn what_a_permit_does_not_use_goes_to_the_line<A: Adapter>() {
    let sent = of_lengths(&[492, 192, 192]);
    for uses in [true, false] {
        let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], mark());
        sender.try_send(sent[0].clone()).unwrap();
        let permit = sender.try_reserve(392).unwrap().unwrap();
        let mut task = in_line(&sender, &sent[2]);
        let mut expected = vec![sent[0].clone()];
        if uses {
            permit.send(sent[1].clone()).unwrap();
            expected.push(sent[1].clone());
        } else {
            drop(permit);
        }
        expected.push(sent[2].clone());
        task.run_to_end().unwrap();
        driver.run_until_idle();
        assert_eq!(written.record().bytes, naive::encode(&expected));
    }
}

pub fn a_permit_refuses_what_is_longer_and_is_used_up<A: Adapter>() {
    let sent = of_lengths(&[892, 93, 50]);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], mark());
    sender.try_send(sent[0].clone()).unwrap();
    let permit = sender.try_reserve(92).unwrap().unwrap();
    let mut task = in_line(&sender, &sent[2]);
    let error = permit.send(sent[1].clone()).unwrap_err();
    let reason = EncodeError::DataTooLarge { len: 93, max: 92 };
    assert!(matches!(error.kind(), WriteErrorKind::Refused(why) if *why == reason));
    assert_eq!(error.into_datagram().as_ref(), Some(&sent[1]));
    task.run_to_end().unwrap();
    driver.run_until_idle();
    let expected = [sent[0].clone(), sent[2].clone()];
    assert_eq!(written.record().bytes, naive::encode(&expected));
}

pub fn a_queue_that_closes_waits_for_its_permits<A: Adapter>() {
    let sent = of_lengths(&[10, 20]);
    for uses in [true, false] {
        let (sender, mut driver, written) = queue::<A>([], Config::new());
        let permit = complete(sender.reserve(20)).unwrap();
        sender.try_send(sent[0].clone()).unwrap();
        let mut closing = waiting(sender.close());
        driver.run_until_idle();
        assert_eq!(written.record().flushed_at, [18]);
        assert!(written.record().shut_down_at.is_empty());
        assert_closed(complete(sender.reserve(1)).unwrap_err(), None);
        assert_closed(sender.try_reserve(1).unwrap_err(), None);
        let expected = if uses {
            permit.send(sent[1].clone()).unwrap();
            &sent[..]
        } else {
            drop(permit);
            &sent[..1]
        };
        driver.run_to_end().unwrap();
        closing.run_to_end().unwrap();
        let record = written.record();
        assert_eq!(record.bytes, naive::encode(expected));
        assert_eq!(record.shut_down_at, [record.bytes.len()]);
    }
}

pub fn a_permit_keeps_its_queue_open<A: Adapter>() {
    let sent = of_lengths(&[10]);
    for uses in [true, false] {
        let (sender, mut driver, written) = queue::<A>([], Config::new());
        let permit = complete(sender.reserve(10)).unwrap();
        drop(sender);
        driver.run_until_idle();
        assert!(written.record().shut_down_at.is_empty());
        let expected = if uses {
            permit.send(sent[0].clone()).unwrap();
            &sent[..]
        } else {
            drop(permit);
            &[]
        };
        driver.run_to_end().unwrap();
        let record = written.record();
        assert_eq!(record.bytes, naive::encode(expected));
        assert_eq!(record.shut_down_at, [record.bytes.len()]);
    }
}

pub fn a_dropped_reserve_sets_nothing_aside<A: Adapter>() {
    let sent = of_lengths(&[992, 992, 10]);
    for served in [false, true] {
        let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], mark());
        sender.try_send(sent[0].clone()).unwrap();
        let reserving = waiting(sender.reserve(992));
        let mut task = in_line(&sender, &sent[1]);
        if served {
            // It has got its room, and does not know yet.
            driver.run_until_idle();
            assert!(reserving.is_woken());
            assert!(!task.is_woken());
        }
        drop(reserving);
        driver.run_until_idle();
        task.run_to_end().unwrap();
        assert_eq!(written.record().bytes, naive::encode(&sent[..2]));
        assert_eq!(sender.stats().waiting, 0);
        let mut flushing = Task::new(sender.flush());
        flushing.run_to_end().unwrap();
        sender.try_send(sent[2].clone()).unwrap();
    }
}
