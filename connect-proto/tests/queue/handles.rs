//! The handles as futures: who is woken, where, and what a dropped future leaves behind.

use std::pin::{Pin, pin};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use connect_proto::Step;
use connect_proto::queue::{QueueSender, TrySendError};

use crate::rig::{Driver, Task, frame, indices, now};

#[test]
fn who_waits_is_woken_once_and_in_order() {
    let (sender, mut driver) = Driver::new(50);
    let other = sender.clone();
    now(sender.send(frame(0, 50))).expect("there is room");
    let mut first = Task::waiting(other.send(frame(1, 30)));
    let long = frame(2, 30);
    let mut second = Task::waiting(sender.send_ref((&long).into()));
    let Err(TrySendError::Full(datagram)) = sender.try_send(frame(3, 9)) else {
        panic!("others wait");
    };
    assert_eq!(datagram, frame(3, 9));
    assert_eq!(driver.step(29), Some(Step::Write));
    assert!(matches!(driver.poll(), Poll::Ready(Ok(_))));
    assert_eq!((first.woken(), second.woken()), (0, 0));
    assert_eq!(driver.step(1), Some(Step::Write));
    assert!(matches!(driver.poll(), Poll::Ready(Ok(_))));
    assert_eq!(second.woken(), 0);
    first.ready().expect("accepted");
    driver.run();
    driver.run();
    second.ready().expect("accepted");
    assert_eq!(indices(&driver.wire), [0, 1, 2]);
    assert_eq!((first.woken(), second.woken()), (0, 0));
}

/// Room is given as soon as a part is written, not only when all of it is.
#[test]
fn who_waits_is_served_after_a_partial_write() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 50))).expect("there is room");
    let mut waiting = Task::waiting(sender.send(frame(1, 20)));
    assert_eq!(driver.step(20), Some(Step::Write));
    let Poll::Ready(Ok(Step::Write)) = driver.poll() else {
        panic!("30 bytes are left");
    };
    waiting.ready().expect("accepted");
}

#[test]
fn a_send_that_is_dropped_in_line_is_not_accepted() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 50))).expect("there is room");
    let dropped = Task::waiting(sender.send(frame(1, 30)));
    let mut next = Task::waiting(sender.send(frame(2, 30)));
    drop(dropped);
    drop(sender.send(frame(3, 9)));
    driver.run();
    driver.run();
    next.ready().expect("accepted");
    assert_eq!(indices(&driver.wire), [0, 2]);
    assert_eq!(sender.stats().waiting, 0);
}

#[test]
fn a_send_that_is_dropped_after_it_was_served_is_accepted_whole() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 50))).expect("there is room");
    let served = Task::waiting(sender.send(frame(1, 30)));
    driver.run();
    assert_eq!(served.woken(), 1);
    drop(served);
    driver.run();
    assert_eq!(indices(&driver.wire), [0, 1]);
}

/// As a future may move from one task to another.
#[test]
fn who_is_polled_elsewhere_is_woken_there() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 50))).expect("there is room");
    let mut sending = Task::waiting(sender.send(frame(1, 30)));
    let mut reserving = Task::waiting(sender.reserve(12));
    let mut flushing = Task::waiting(sender.flush());
    assert!(sending.poll_elsewhere().is_pending());
    assert!(reserving.poll_elsewhere().is_pending());
    assert!(flushing.poll_elsewhere().is_pending());
    driver.run();
    sending.ready().expect("accepted");
    drop(reserving.ready().expect("set aside"));
    driver.run();
    flushing.ready().expect("flushed");
}

/// A woken task that is slow to come is not passed by anybody meanwhile.
#[test]
fn the_place_in_the_order_is_that_of_acceptance() {
    let (sender, mut driver) = Driver::new(50);
    now(sender.send(frame(0, 50))).expect("there is room");
    let mut slow = Task::waiting(sender.send(frame(1, 20)));
    driver.step(usize::MAX);
    assert!(driver.poll().is_pending(), "it gives way");
    now(sender.send(frame(2, 20))).expect("there is room");
    driver.run();
    slow.ready().expect("accepted");
    assert_eq!(indices(&driver.wire), [0, 1, 2]);
}

#[test]
fn handles_can_be_sent_to_other_threads() {
    fn assert_send_and_sync<T: Send + Sync>(_: &T) {}
    let (sender, mut driver) = Driver::new(50);
    let permit = now(sender.reserve(12)).expect("open");
    assert_send_and_sync(&sender);
    assert_send_and_sync(&permit);
    assert_send_and_sync(&driver.drain);
    assert_send_and_sync(&sender.send(frame(0, 20)));
    assert_send_and_sync(&sender.flush());
    assert_send_and_sync(&sender.close());
    assert!(driver.poll().is_pending());
}

/// A task whose last reference is a waker, and which uses its handle when it is dropped.
struct DyingTask(QueueSender);

impl Wake for DyingTask {
    fn wake(self: Arc<Self>) {}
}

impl Drop for DyingTask {
    fn drop(&mut self) {
        let _ = self.0.stats();
    }
}

/// Polls with the waker of a task of which nothing else is left, and with another one.
fn poll_in_a_dying_task<T>(
    sender: &QueueSender,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) {
    let waker = Waker::from(Arc::new(DyingTask(sender.clone())));
    assert!(poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    assert!(poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

/// Regression: wakers were dropped under the lock.
#[test]
fn a_waker_may_use_the_queue_when_it_is_dropped() {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || {
        let (sender, mut driver) = Driver::new(0);
        poll_in_a_dying_task(&sender, |cx| {
            driver.drain.poll_step(cx, &mut driver.outbound)
        });
        now(sender.send(frame(0, 50))).expect("there is room");
        let mut sending = pin!(sender.send(frame(1, 30)));
        poll_in_a_dying_task(&sender, |cx| sending.as_mut().poll(cx));
        let mut flushing = pin!(sender.flush());
        poll_in_a_dying_task(&sender, |cx| flushing.as_mut().poll(cx));

        let (sender, mut driver) = Driver::new(100);
        now(sender.send(frame(0, 90))).expect("there is room");
        let mut line = [1, 2].map(|index| Task::waiting(sender.send(frame(index, 20))));
        driver.step(usize::MAX);
        assert!(driver.poll().is_pending(), "it gives way");
        assert!(line.iter_mut().all(|task| task.poll().is_ready()));
        driver.run();
        let mut resting = pin!(sender.send(frame(3, 60)));
        poll_in_a_dying_task(&sender, |cx| resting.as_mut().poll(cx));

        // Dropped with the future, and with the driver.
        let mut sending = Box::pin(sender.send(frame(1, 30)));
        let mut closed = Box::pin(sender.closed());
        for future in [
            sending.as_mut() as Pin<&mut dyn Future<Output = _>>,
            closed.as_mut(),
        ] {
            let waker = Waker::from(Arc::new(DyingTask(sender.clone())));
            assert!(future.poll(&mut Context::from_waker(&waker)).is_pending());
        }
        drop(sending);
        drop(closed);
        let (sender, mut driver) = Driver::new(0);
        let waker = Waker::from(Arc::new(DyingTask(sender)));
        let mut cx = Context::from_waker(&waker);
        assert!(
            driver
                .drain
                .poll_step(&mut cx, &mut driver.outbound)
                .is_pending()
        );
        drop(waker);
        drop(driver);
        done.send(()).expect("somebody waits");
    });
    let done = is_done.recv_timeout(Duration::from_secs(10));
    done.expect("it waits for its own lock");
}
