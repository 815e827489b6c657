//! Regression: data was dropped under the lock of its queue. Its owner may do anything then, also with the queue.

use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use connect_proto::ConnectDatagram;
use connect_proto::queue::QueueSender;

use crate::rig::{Driver, Task, now};

/// Data of somebody who looks at the queue when it is dropped.
struct Owner(QueueSender, Vec<u8>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.1
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.0.stats();
    }
}

fn owned(sender: &QueueSender, len: usize) -> ConnectDatagram {
    let data = Bytes::from_owner(Owner(sender.clone(), vec![1; len]));
    ConnectDatagram::new(1, data).expect("valid")
}

fn in_time(test: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || {
        test();
        done.send(()).expect("somebody waits");
    });
    let done = is_done.recv_timeout(Duration::from_secs(10));
    done.expect("it waits for its own lock");
}

#[test]
fn data_may_use_the_queue_when_it_was_copied() {
    in_time(|| {
        let (sender, mut driver) = Driver::new(100);
        sender.try_send(owned(&sender, 10)).expect("there is room");
        now(sender.send(owned(&sender, 10))).expect("there is room");
        let permit = sender.try_reserve(10).expect("open").expect("room");
        permit.send(owned(&sender, 10)).expect("reserved");
        let mut waiting = Task::waiting(sender.send(owned(&sender, 80)));
        driver.run();
        waiting.ready().expect("accepted");
    });
}

#[test]
fn data_may_use_the_queue_when_it_is_given_up() {
    in_time(|| {
        let (sender, driver) = Driver::new(0);
        sender.try_send(owned(&sender, 10_000)).expect("empty");
        drop(Task::waiting(sender.send(owned(&sender, 10))));
        drop(driver);
    });
}
