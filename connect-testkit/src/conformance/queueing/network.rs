//! Queues over real sockets, many tasks on each.

#![expect(missing_docs, reason = "the name of a behaviour says what it is")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use connect_proto::queue::QueueSender;
use connect_proto::{Config, ConnectDatagram, WriteError, WriteErrorKind};

use super::{Driver, assert_closed};
use crate::conformance::{Adapter, Reader, Writer, in_time, pair, zip};
use crate::datagrams::datagram;

const TASKS: usize = 16;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs every future as a task of its own.
fn all<A: Adapter>(mut tasks: Vec<Running>) -> Running {
    match tasks.pop() {
        Some(task) => Box::pin(A::both(task, all::<A>(tasks))),
        None => Box::pin(async {}),
    }
}

/// The message of a task, which is its recipient, too. Some are longer than the mark.
fn message(task: usize, number: usize) -> ConnectDatagram {
    let length = match number % 100 {
        50 => 70_000,
        other => 1 + other * 11,
    };
    datagram(task << 20 | number, task as u16, length)
}

/// Of each task, how many of its messages came, all of them in order.
#[derive(Default)]
struct Seen([usize; TASKS]);

impl Seen {
    fn check(&mut self, datagram: &ConnectDatagram) {
        let task = usize::from(datagram.recipient());
        let number = self.0[task];
        assert!(*datagram == message(task, number), "{number} of {task}");
        self.0[task] += 1;
    }

    async fn receive<A: Adapter>(&mut self, reader: &mut A::Reader) {
        let mut batch = Vec::new();
        while reader.next_many(&mut batch, 64).await.unwrap() > 0 {
            batch.drain(..).for_each(|datagram| self.check(&datagram));
        }
    }
}

async fn drive(driver: Driver) {
    driver.await.unwrap();
}

/// Each task sends so many messages through a handle of its own; the last handle closes the queue.
fn senders(sender: QueueSender, count: usize) -> Vec<Running> {
    let tasks = (0..TASKS).map(|task| {
        let sender = sender.clone();
        Box::pin(async move {
            for number in 0..count {
                sender.send(message(task, number)).await.unwrap();
                if number % 150 == task {
                    sender.flush().await.unwrap();
                }
            }
        }) as Running
    });
    tasks.collect()
}

pub fn many_tasks_share_a_connection<A: Adapter>() {
    const COUNT: usize = 300;
    in_time::<A>(async {
        let [(_reader, writer), (mut other_reader, _other_writer)] = pair::<A>().await;
        let (sender, driver) = writer.into_queue();
        let mut tasks: Vec<Running> = vec![Box::pin(drive(driver))];
        tasks.push(Box::pin(async move {
            all::<A>(senders(sender.clone(), COUNT)).await;
            sender.close().await.unwrap();
            let stats = sender.stats();
            assert_eq!(stats.messages, (TASKS * COUNT) as u64);
            assert_eq!((stats.queued_messages, stats.queued_bytes), (0, 0));
        }));
        tasks.push(Box::pin(async move {
            let mut seen = Seen::default();
            seen.receive::<A>(&mut other_reader).await;
            assert_eq!(seen.0, [COUNT; TASKS]);
        }));
        all::<A>(tasks).await;
    });
}

pub fn a_queue_echoes_what_many_tasks_send<A: Adapter>() {
    const COUNT: usize = 150;
    in_time::<A>(async {
        let [(mut reader, writer), (mut other_reader, other_writer)] = pair::<A>().await;
        let (sender, driver) = writer.into_queue();
        let mut tasks = senders(sender, COUNT);
        let (echo, echo_driver) = other_writer.into_queue();
        tasks.push(Box::pin(drive(driver)));
        tasks.push(Box::pin(drive(echo_driver)));
        tasks.push(Box::pin(async move {
            while let Some(datagram) = other_reader.next().await.unwrap() {
                echo.send(datagram).await.unwrap();
            }
            echo.close().await.unwrap();
        }));
        tasks.push(Box::pin(async move {
            let mut seen = Seen::default();
            seen.receive::<A>(&mut reader).await;
            assert_eq!(seen.0, [COUNT; TASKS]);
        }));
        all::<A>(tasks).await;
    });
}

/// Sends until it is told to stop. Gives how many messages were accepted, and why no more.
async fn send_on(
    sender: &QueueSender,
    task: usize,
    stop: &AtomicBool,
) -> (usize, Option<WriteError>) {
    let mut accepted = 0;
    while !stop.load(Ordering::SeqCst) {
        let next = message(task, accepted);
        match sender.send(next.clone()).await {
            Ok(()) => accepted += 1,
            Err(error) => {
                assert_eq!(error.datagram(), Some(&next));
                return (accepted, Some(error));
            }
        }
    }
    (accepted, None)
}

/// Waits until something is queued, and nothing has moved for a while: everybody waits, for room or for a turn.
async fn until_stuck(sender: &QueueSender) {
    let mut last = sender.stats();
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_millis(300) {
        nap().await;
        let stats = sender.stats();
        if stats != last || stats.queued_bytes == 0 {
            last = stats;
            since = Instant::now();
        }
    }
}

/// Lets the others run, and some time pass, on any runtime.
async fn nap() {
    let mut slept = false;
    std::future::poll_fn(|cx| {
        if slept {
            return std::task::Poll::Ready(());
        }
        slept = true;
        thread::sleep(Duration::from_millis(1));
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

pub fn a_peer_that_does_not_read_holds_the_senders_of_a_queue<A: Adapter>() {
    in_time::<A>(async {
        let [(_reader, writer), (mut other_reader, _other_writer)] = pair::<A>().await;
        let mark = Config::new().high_water_mark();
        let (sender, driver) = writer.into_queue();
        let stop = Arc::new(AtomicBool::new(false));
        let accepted = Arc::new(AtomicUsize::new(0));
        let mut tasks: Vec<Running> = vec![Box::pin(drive(driver))];
        for task in 0..TASKS {
            let (sender, stop) = (sender.clone(), Arc::clone(&stop));
            let accepted = Arc::clone(&accepted);
            tasks.push(Box::pin(async move {
                let (count, error) = send_on(&sender, task, &stop).await;
                assert!(error.is_none(), "{error:?}");
                accepted.fetch_add(count, Ordering::SeqCst);
            }));
        }
        zip(all::<A>(tasks), async move {
            until_stuck(&sender).await;
            let stats = sender.stats();
            // One message may be longer than the mark.
            let most = mark.max(70_008);
            assert!(stats.most_queued_bytes <= most, "{stats:?}");
            stop.store(true, Ordering::SeqCst);
            drop(sender);
            let mut seen = Seen::default();
            seen.receive::<A>(&mut other_reader).await;
            let received: usize = seen.0.iter().sum();
            assert_eq!(received, accepted.load(Ordering::SeqCst));
            assert!(received > TASKS);
        })
        .await;
    });
}

pub fn close_of_a_queue_under_load_loses_nothing<A: Adapter>() {
    in_time::<A>(async {
        let [(_reader, writer), (mut other_reader, _other_writer)] = pair::<A>().await;
        let (sender, driver) = writer.into_queue();
        let accepted = Arc::new(AtomicUsize::new(0));
        let mut tasks: Vec<Running> = vec![Box::pin(drive(driver))];
        for task in 1..TASKS {
            let (sender, accepted) = (sender.clone(), Arc::clone(&accepted));
            tasks.push(Box::pin(async move {
                let (count, error) = send_on(&sender, task, &AtomicBool::new(false)).await;
                assert_closed(error.unwrap(), Some(&message(task, count)));
                accepted.fetch_add(count, Ordering::SeqCst);
            }));
        }
        let of_first = Arc::clone(&accepted);
        tasks.push(Box::pin(async move {
            for number in 0..200 {
                sender.send(message(0, number)).await.unwrap();
            }
            of_first.fetch_add(200, Ordering::SeqCst);
            sender.close().await.unwrap();
            assert_eq!(sender.stats().queued_messages, 0);
        }));
        let seen = Arc::new(AtomicUsize::new(0));
        let received = Arc::clone(&seen);
        tasks.push(Box::pin(async move {
            let mut seen = Seen::default();
            seen.receive::<A>(&mut other_reader).await;
            received.store(seen.0.iter().sum(), Ordering::SeqCst);
        }));
        all::<A>(tasks).await;
        assert_eq!(seen.load(Ordering::SeqCst), accepted.load(Ordering::SeqCst));
    });
}

pub fn a_peer_that_vanishes_is_told_to_the_senders_of_a_queue<A: Adapter>() {
    in_time::<A>(async {
        let [(_reader, writer), other] = pair::<A>().await;
        let (sender, driver) = writer.into_queue();
        let mut tasks: Vec<Running> = vec![Box::pin(async move {
            assert_lost(&driver.await.unwrap_err());
        })];
        for task in 0..TASKS {
            let sender = sender.clone();
            tasks.push(Box::pin(async move {
                let (_, error) = send_on(&sender, task, &AtomicBool::new(false)).await;
                let error = error.unwrap();
                assert_lost(&error);
                let unsent = error.unsent().unwrap();
                let stats = sender.stats();
                assert_eq!(unsent.messages, stats.queued_messages);
                assert_eq!(unsent.bytes, stats.queued_bytes);
                assert!(unsent.messages > 0);
            }));
        }
        zip(all::<A>(tasks), async move {
            until_stuck(&sender).await;
            let (flushed, ()) = zip(sender.flush(), async { drop(other) }).await;
            assert_lost(&flushed.unwrap_err());
            assert_lost(&sender.closed().await.unwrap_err());
        })
        .await;
    });
}

fn assert_lost(error: &WriteError) {
    assert!(matches!(error.kind(), WriteErrorKind::Io(_)), "{error}");
}
