//! Busy senders of one thread get about the same, in writes that are as long as the mark allows.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use connect_proto::queue::QueueSender;
use connect_proto::{Config, ConnectDatagram, Encoder, HEADER_LEN, Outbound, Step};
use connect_testkit::{datagrams, naive};

use crate::rig::{Driver, Task, frame, now, outbound, perform};

/// Tasks of one thread: each runs until it waits, and goes to the end of the queue when it is woken.
struct Executor {
    tasks: Vec<Pin<Box<dyn Future<Output = ()>>>>,
    ready: Arc<Mutex<VecDeque<usize>>>,
}

struct Ready {
    task: usize,
    ready: Arc<Mutex<VecDeque<usize>>>,
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap();
        if !ready.contains(&self.task) {
            ready.push_back(self.task);
        }
    }
}

impl Executor {
    fn run(mut self) {
        let all = 0..self.tasks.len();
        self.ready.lock().unwrap().extend(all);
        loop {
            let next = self.ready.lock().unwrap().pop_front();
            let Some(task) = next else {
                return;
            };
            let ready = Arc::clone(&self.ready);
            let waker = Waker::from(Arc::new(Ready { task, ready }));
            let mut cx = Context::from_waker(&waker);
            let _ = self.tasks[task].as_mut().poll(&mut cx);
        }
    }
}

/// How many of about `count` messages with `data_len` bytes of data are of each of `senders` tasks that send without
/// end, and how many writes there were. `waits`: the transport has to be waited for, once for each write.
fn share(
    senders: usize,
    (count, data_len): (usize, usize),
    mark: usize,
    waits: bool,
) -> (Vec<usize>, u64) {
    let mut outbound = Outbound::from(Encoder::new(&Config::new().with_high_water_mark(mark)));
    let (sender, mut drain) = QueueSender::new(&outbound);
    let wire = Arc::new(Mutex::new(Vec::new()));
    let mut tasks: Vec<Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
    for task in 0..senders {
        let sender = sender.clone();
        tasks.push(Box::pin(async move {
            let datagram = datagrams::datagram(0, task as u16, data_len);
            while sender.send(ConnectDatagram::clone(&datagram)).await.is_ok() {}
        }));
    }
    let written = Arc::clone(&wire);
    let frame_len = data_len + HEADER_LEN;
    let mut step_that_waits = None;
    tasks.push(Box::pin(std::future::poll_fn(move |cx| {
        loop {
            let step = match step_that_waits.take() {
                Some(step) => step,
                None => match drain.poll_step(cx, &mut outbound) {
                    Poll::Ready(Ok(Step::Write)) if waits => {
                        step_that_waits = Some(Step::Write);
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(step)) => step,
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                },
            };
            let mut wire = written.lock().unwrap();
            perform(step, &mut outbound, usize::MAX, &mut wire);
            if wire.len() >= count * frame_len {
                let enough = std::io::ErrorKind::Other.into();
                let error = outbound.fail(enough);
                drain.fail(&outbound, error);
                return Poll::Ready(());
            }
        }
    })));
    let ready = Arc::default();
    Executor { tasks, ready }.run();
    let mut shares = vec![0; senders];
    let messages = naive::parse(&wire.lock().unwrap(), usize::MAX).messages;
    // The first, before anybody has waited, fills the first write.
    for message in messages.iter().skip(mark / frame_len) {
        shares[usize::from(message.recipient)] += 1;
    }
    (shares, sender.stats().writes)
}

#[test]
fn tasks_of_one_thread_get_about_the_same() {
    for waits in [false, true] {
        for (senders, data_len, mark) in [
            (2, 64, 0x1_0000),
            (3, 64, 0x1_0000),
            (4, 64, 0x1_0000),
            (4, 42, 1000),
            (7, 64, 0x1_0000),
            (64, 64, 0x1_0000),
            (200, 64, 0x1_0000),
            (64, 500, 0x1_0000),
            (16, 1024, 0x1_0000),
            (16, 4096, 0x1_0000),
        ] {
            let (shares, writes) = share(senders, (200_000, data_len), mark, waits);
            let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
            let (each, full) = (200_000 / writes, mark / (data_len + HEADER_LEN));
            println!(
                "{senders} senders of {data_len} B: {least} to {most} each, {each} of {full} a write"
            );
            // The first round is for whoever comes first, and one message more or less shows where each has one.
            assert!(least * 2 >= *most - 1, "{shares:?}");
            // What is being written leaves less room for what comes next.
            let enough = if waits { full / 2 } else { full * 7 / 10 };
            assert!(each as usize >= enough, "{each} of {full} a write");
        }
    }
}

#[test]
fn a_sender_alone_fills_every_write() {
    let (_, writes) = share(1, (100_000, 64), 64 * 1024, false);
    assert!(100_000 / writes >= 900, "{writes} writes");
}

/// A queue of 300 bytes in a round that is for three: so many stood in line before it.
fn shared_by_three() -> (QueueSender, Driver) {
    let (sender, mut driver) = Driver::before(outbound(300));
    now(sender.send(frame(0, 300))).expect("there is room");
    let mut waiting: Vec<_> = (1..4)
        .map(|index| Task::waiting(sender.send(frame(index, 30))))
        .collect();
    assert_eq!(driver.step(usize::MAX), Some(Step::Write));
    assert!(driver.poll().is_pending(), "it gives way");
    for task in &mut waiting {
        task.ready().expect("accepted");
    }
    driver.run();
    drop(waiting);
    (sender, driver)
}

#[test]
fn who_rests_is_woken_when_the_driver_has_come_by_and_when_the_connection_is_lost() {
    let (sender, mut driver) = shared_by_three();
    // A hundred bytes each, so that of 40 two are sent before a rest.
    let other = sender.clone();
    now(sender.send(frame(4, 40))).expect("there is room");
    let mut resting = Task::waiting(sender.send(frame(5, 40)));
    now(other.send(frame(6, 40))).expect("that of another handle is another turn");
    assert_eq!(resting.woken(), 0);
    driver.run();
    resting.ready().expect("was accepted before");

    let mut waiting: Vec<_> = std::iter::repeat_with(|| sender.send(frame(7, 300)))
        .take(3)
        .map(Task::new)
        .collect();
    assert!(waiting.iter_mut().all(|task| task.poll().is_pending()));
    drop(driver);
    waiting[0].ready().expect("was accepted before");
    for task in &mut waiting[1..] {
        task.ready().expect_err("the connection is lost");
    }
}

/// Regression: a task that reserved room each time had no turns, and sent a thousand messages for each one of the
/// others.
#[test]
fn who_reserves_room_rests_as_well() {
    let (sender, mut driver) = shared_by_three();
    let permit = now(sender.reserve(32)).expect("there is room");
    permit.send(frame(4, 40)).expect("reserved");
    let mut resting = Task::waiting(sender.reserve(32));
    driver.run();
    drop(resting.ready().expect("there is room"));
    // Where there is nothing to take, the driver would not come by.
    drop(now(sender.reserve(250)).expect("there is room"));
    drop(now(sender.reserve(250)).expect("there is room"));
}
