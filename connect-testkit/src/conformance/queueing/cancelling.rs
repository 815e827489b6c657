//! Futures of a queue that are dropped, or moved to another task.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use connect_proto::Config;

use super::{in_line, queue, try_send_all, waiting};
use crate::conformance::{Adapter, complete};
use crate::datagrams::of_lengths;
use crate::hostile::WriteStep::{Take, Wait};
use crate::naive;

/// More polls of the driver than any of the short scripts here needs.
const POLLS: usize = 40;

pub fn a_dropped_send_is_queued_whole_or_not_at_all<A: Adapter>() {
    let sent = of_lengths(&[40, 5000, 7]);
    let mut outcomes = [0; 2];
    for polls in 0..POLLS {
        let config = Config::new().with_high_water_mark(0);
        let (sender, mut driver, written) = queue::<A>([Wait, Take(11), Take(500)], config);
        sender.try_send(sent[0].clone()).unwrap();
        let given_up = in_line(&sender, &sent[1]);
        let mut last = in_line(&sender, &sent[2]);
        for _ in 0..polls {
            assert!(driver.step().is_none());
        }
        let accepted = given_up.is_woken();
        drop(given_up);
        driver.run_until_idle();
        last.run_to_end().unwrap();
        let expected = if accepted {
            sent.clone()
        } else {
            vec![sent[0].clone(), sent[2].clone()]
        };
        assert_eq!(written.record().bytes, naive::encode(&expected));
        outcomes[usize::from(accepted)] += 1;
    }
    assert!(outcomes.iter().all(|&count| count > 0), "{outcomes:?}");
}

pub fn whoever_leaves_the_line_lets_the_others_pass<A: Adapter>() {
    let sent = of_lengths(&[492, 792, 92, 92]);
    let config = Config::new().with_high_water_mark(1000);
    let (sender, mut driver, written) = queue::<A>([Wait, Take(usize::MAX)], config);
    sender.try_send(sent[0].clone()).unwrap();
    assert!(driver.step().is_none());
    let large = in_line(&sender, &sent[1]);
    let mut next = in_line(&sender, &sent[2]);
    let reserving = waiting(sender.reserve(792));
    let mut last = in_line(&sender, &sent[3]);
    // At once: there was room for those behind all the time.
    drop(large);
    next.run_to_end().unwrap();
    assert!(!last.is_woken());
    drop(reserving);
    last.run_to_end().unwrap();
    assert_eq!(sender.stats().waiting, 0);
    driver.run_until_idle();
    let expected = [sent[0].clone(), sent[2].clone(), sent[3].clone()];
    assert_eq!(written.record().bytes, naive::encode(&expected));
}

pub fn a_dropped_flush_or_close_of_a_queue_goes_on<A: Adapter>() {
    let sent = of_lengths(&[10, 5000]);
    for polls in 0..POLLS {
        let script = [Wait, Take(11), Take(2000)];
        let (sender, mut driver, written) = queue::<A>(script, Config::new());
        try_send_all(&sender, &sent);
        drop(waiting(sender.flush()));
        let flush = waiting(sender.flush());
        for _ in 0..polls {
            assert!(driver.step().is_none());
        }
        drop(flush);
        drop(waiting(sender.close()));
        let mut ended = None;
        for _ in 0..polls {
            ended = ended.or_else(|| driver.step());
        }
        ended.or_else(|| driver.run()).unwrap().unwrap();
        complete(sender.close()).unwrap();
        let record = written.record();
        assert_eq!(record.bytes, naive::encode(&sent));
        assert_eq!(record.shut_down_at, [record.bytes.len()]);
    }
}

pub fn whoever_moves_to_another_task_is_woken_there<A: Adapter>() {
    let sent = of_lengths(&[992, 100, 10]);
    let config = Config::new().with_high_water_mark(1000);
    let (sender, mut driver, written) = queue::<A>([], config);
    driver.run_until_idle();
    let mut driver = driver.moved();
    driver.run_until_idle();
    sender.try_send(sent[0].clone()).unwrap();
    assert!(driver.is_woken());

    let mut sending = in_line(&sender, &sent[1]).moved();
    let mut reserving = waiting(sender.reserve(10)).moved();
    let mut flushing = waiting(sender.flush()).moved();
    let mut ending = waiting(sender.closed()).moved();
    sending.run_until_idle();
    reserving.run_until_idle();
    flushing.run_until_idle();
    ending.run_until_idle();
    driver.run_until_idle();
    sending.run_to_end().unwrap();
    reserving
        .run_to_end()
        .unwrap()
        .send(sent[2].clone())
        .unwrap();
    flushing.run_to_end().unwrap();
    assert!(!ending.is_woken());
    let mut closing = waiting(sender.close()).moved();
    closing.run_until_idle();
    driver.run_to_end().unwrap();
    closing.run_to_end().unwrap();
    ending.run_to_end().unwrap();
    assert_eq!(written.record().bytes, naive::encode(&sent));
}
