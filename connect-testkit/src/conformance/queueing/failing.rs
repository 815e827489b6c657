//! A queue whose connection is lost, or whose driver: everybody is told, and nothing is dropped in silence.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::io;

use connect_proto::queue::{QueueSender, TrySendError};
use connect_proto::{Config, ConnectDatagram, DatagramRef, WriteError, WriteErrorKind};

use super::{Sent, Task, in_line, queue, try_send_all, waiting};
use crate::conformance::{Adapter, Writer, complete};
use crate::datagrams::of_lengths;
use crate::hostile::WriteStep::{self, Take, Wait};
use crate::hostile::{Fails, ScriptedRead, ScriptedWrite};
use crate::naive;

/// A lost connection, as everybody has to see it.
struct Loss {
    /// `None` if the driver was dropped.
    kind: Option<io::ErrorKind>,
    messages: usize,
    bytes: usize,
}

impl Loss {
    fn check(&self, error: WriteError, datagram: Option<&ConnectDatagram>) {
        match (error.kind(), self.kind) {
            (WriteErrorKind::Io(error), Some(kind)) => assert_eq!(error.kind(), kind),
            (WriteErrorKind::DriverDropped, None) => {}
            (other, _) => panic!("{other:?}"),
        }
        let unsent = error.unsent().unwrap();
        assert_eq!((unsent.messages, unsent.bytes), (self.messages, self.bytes));
        assert_eq!(error.into_datagram().as_ref(), datagram);
    }

    /// Whoever comes later, with whatever.
    fn check_later(&self, sender: &QueueSender) {
        let late = of_lengths(&[1]).remove(0);
        for _ in 0..2 {
            self.check(
                complete(sender.send(late.clone())).unwrap_err(),
                Some(&late),
            );
            match sender.try_send(late.clone()).unwrap_err() {
                TrySendError::Failed(error) => self.check(error, Some(&late)),
                TrySendError::Full(_) => panic!("there will never be room"),
            }
            let borrowed = DatagramRef::from(&late);
            self.check(complete(sender.send_ref(borrowed)).unwrap_err(), None);
            self.check(complete(sender.reserve(1)).unwrap_err(), None);
            self.check(sender.try_reserve(1).unwrap_err(), None);
            self.check(complete(sender.flush()).unwrap_err(), None);
            self.check(complete(sender.closed()).unwrap_err(), None);
            self.check(complete(sender.close()).unwrap_err(), None);
        }
        assert!(sender.is_closed());
        assert_eq!(sender.stats().waiting, 0);
        let stats = sender.stats();
        let queued = (stats.queued_messages, stats.queued_bytes);
        assert_eq!(queued, (self.messages, self.bytes));
    }
}

/// Loses a queue with two messages under way, nine accepted during their write, and some of everybody who waits.
fn lose<A: Adapter>(
    script: impl IntoIterator<Item = WriteStep>,
    lose: impl FnOnce(Sent<'static>) -> Option<WriteError>,
    loss: &Loss,
) {
    let mut sent = of_lengths(&[92; 11]);
    // So long that it waits even when some of the others are gone.
    sent.extend(of_lengths(&[592, 92]));
    let config = Config::new().with_high_water_mark(1100);
    let (sender, mut driver, written) = queue::<A>(script, config);
    let permit = complete(sender.reserve(92)).unwrap();
    try_send_all(&sender, &sent[..2]);
    assert!(driver.step().is_none());
    try_send_all(&sender, &sent[2..10]);
    permit.send(sent[10].clone()).unwrap();

    let mut line = [in_line(&sender, &sent[11]), in_line(&sender, &sent[12])];
    let mut borrowed = waiting(sender.send_ref(DatagramRef::from(&sent[12])));
    let mut reserving = waiting(sender.reserve(5));
    let mut watching = [
        waiting(sender.flush()),
        waiting(sender.closed()),
        waiting(sender.close()),
    ];
    if let Some(error) = lose(driver) {
        loss.check(error, None);
    }
    for (task, datagram) in line.iter_mut().zip(&sent[11..]) {
        loss.check(task.run_to_end().unwrap_err(), Some(datagram));
    }
    loss.check(borrowed.run_to_end().unwrap_err(), Some(&sent[12]));
    loss.check(reserving.run_to_end().unwrap_err(), None);
    for task in &mut watching {
        loss.check(task.run_to_end().unwrap_err(), None);
    }
    loss.check_later(&sender);
    let record = written.record();
    assert!(naive::encode(&sent).starts_with(&record.bytes));
    assert!(record.shut_down_at.is_empty());
}

pub fn a_failing_write_is_told_to_everybody_of_a_queue<A: Adapter>() {
    const FAIL: WriteStep = WriteStep::Fail(io::ErrorKind::BrokenPipe);
    let first = Take(200 + A::OVERHEAD);
    // What was taken, and what is lost then: of what is written in part, a layer's block counts whole.
    let cases = [
        (vec![Wait, FAIL], [(11, 1100), (11, 1100)]),
        (vec![Wait, Take(99), FAIL], [(11, 1001), (11, 1100)]),
        (vec![Wait, Take(100), FAIL], [(10, 1000), (11, 1100)]),
        (vec![Wait, Take(150), FAIL], [(10, 950), (11, 1100)]),
        (vec![Wait, first, FAIL], [(9, 900), (9, 900)]),
        (vec![Wait, first, Take(250), FAIL], [(7, 650), (9, 900)]),
    ];
    for (script, [plain, layered]) in cases {
        let (messages, bytes) = if A::OVERHEAD == 0 { plain } else { layered };
        let loss = Loss {
            kind: Some(io::ErrorKind::BrokenPipe),
            messages,
            bytes,
        };
        let run = |mut driver: Sent<'static>| {
            loss.check(driver.run_to_end().unwrap_err(), None);
            // Whoever asks again is told again.
            Some(driver.moved().run_to_end().unwrap_err())
        };
        lose::<A>(script, run, &loss);
    }
}

pub fn a_dropped_driver_is_told_to_everybody<A: Adapter>() {
    let loss = Loss {
        kind: None,
        messages: 11,
        bytes: 1100,
    };
    let drop_it = |driver: Sent<'static>| {
        drop(driver);
        None
    };
    lose::<A>([Wait], drop_it, &loss);
    // Before it has ever run.
    let sent = of_lengths(&[92; 2]);
    let (sender, driver, written) = queue::<A>([], Config::new());
    try_send_all(&sender, &sent);
    let mut closing = waiting(sender.close());
    drop(driver);
    let loss = Loss {
        kind: None,
        messages: 2,
        bytes: 200,
    };
    loss.check(closing.run_to_end().unwrap_err(), None);
    loss.check_later(&sender);
    assert!(written.record().bytes.is_empty());
}

/// Whoever has used its share of a write is made to wait although it has sent: that must end, too.
pub fn whoever_rests_is_woken_when_its_queue_is_lost<A: Adapter>() {
    let datagram = &of_lengths(&[92]).remove(0);
    let config = Config::new().with_high_water_mark(1000);
    let (sender, mut driver, _written) = queue::<A>([Wait, Take(usize::MAX)], config);
    let mut tasks = [sender.clone(), sender.clone()].map(|sender| {
        waiting(async move {
            loop {
                if let Err(error) = sender.send(datagram.clone()).await {
                    return error;
                }
            }
        })
    });
    // Who stood in line is known to be busy, so each has a half of a later write.
    let one_rests = (0..20).any(|_| {
        assert!(driver.step().is_none());
        tasks.iter_mut().for_each(Task::run_until_idle);
        sender.stats().waiting < 2
    });
    assert!(one_rests, "both stand in line");
    let stats = sender.stats();
    let loss = Loss {
        kind: None,
        messages: stats.queued_messages,
        bytes: stats.queued_bytes,
    };
    drop(driver);
    for task in &mut tasks {
        loss.check(task.run_to_end(), Some(datagram));
    }
}

pub fn a_failing_end_of_a_queue_says_so<A: Adapter>() {
    let sent = of_lengths(&[10]);
    for what in [Fails::Flush, Fails::ShutDown] {
        let kind = io::ErrorKind::ConnectionReset;
        let (write, written) = ScriptedWrite::new([], true);
        let write = write.failing(what, kind);
        let (_, writer) = A::over(ScriptedRead::silent(), write, Config::new());
        let (sender, driver) = writer.into_queue();
        let mut driver = Task::new(driver);
        let loss = Loss {
            kind: Some(kind),
            messages: 0,
            bytes: 0,
        };
        sender.try_send(sent[0].clone()).unwrap();
        let mut flush = waiting(sender.flush());
        let mut closing = waiting(sender.close());
        loss.check(driver.run_to_end().unwrap_err(), None);
        match what {
            Fails::Flush => loss.check(flush.run_to_end().unwrap_err(), None),
            Fails::ShutDown => flush.run_to_end().unwrap(),
        }
        loss.check(closing.run_to_end().unwrap_err(), None);
        loss.check_later(&sender);
        assert_eq!(written.record().bytes, naive::encode(&sent));
    }
}

pub fn a_permit_of_a_lost_queue_hands_back<A: Adapter>() {
    let sent = of_lengths(&[10, 20]);
    let fail = WriteStep::Fail(io::ErrorKind::BrokenPipe);
    let (sender, mut driver, _) = queue::<A>([fail], Config::new());
    let [permit, unused] = [20, 30].map(|len| complete(sender.reserve(len)).unwrap());
    sender.try_send(sent[0].clone()).unwrap();
    let loss = Loss {
        kind: Some(io::ErrorKind::BrokenPipe),
        messages: 1,
        bytes: 18,
    };
    loss.check(driver.run_to_end().unwrap_err(), None);
    loss.check(permit.send(sent[1].clone()).unwrap_err(), Some(&sent[1]));
    drop(unused);
    loss.check_later(&sender);
}

pub fn a_queue_of_a_lost_writer_is_lost<A: Adapter>() {
    let sent = of_lengths(&[10, 20]);
    let fail = WriteStep::Fail(io::ErrorKind::BrokenPipe);
    let (mut writer, _) = crate::conformance::writer::<A>([fail], true, Config::new());
    assert!(complete(writer.send(sent[0].clone())).is_err());
    let (sender, driver) = writer.into_queue();
    // The queue learns of it when its driver runs.
    sender.try_send(sent[1].clone()).unwrap();
    let mut flush = waiting(sender.flush());
    let loss = Loss {
        kind: Some(io::ErrorKind::BrokenPipe),
        messages: 2,
        bytes: 18 + 28,
    };
    loss.check(Task::new(driver).run_to_end().unwrap_err(), None);
    loss.check(flush.run_to_end().unwrap_err(), None);
    loss.check_later(&sender);
}
