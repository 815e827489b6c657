//! A queue with one sender and a driver that take turns: nobody waits for a lock.

use std::task::{Context, Poll, Waker};

use bytes::Buf;
use connect_proto::queue::{QueueDrain, QueueSender};
use connect_proto::{Config, Encoder, Outbound, Step};

use crate::case::Case;
use crate::messages::{data, datagram};
use crate::poll::ready;

const COUNT: usize = 10_000;

pub(super) fn cases() -> Vec<Case> {
    // A hundred messages for each write, and one.
    vec![case("queue-64B", 100), case("queue-lone-64B", 1)]
}

fn case(name: &str, per_write: usize) -> Case {
    Case::new(name, COUNT, move || {
        let data = data(64);
        let mut outbound = Outbound::from(Encoder::new(&Config::new()));
        let (sender, mut drain) = QueueSender::new(&outbound);
        move || {
            for _ in 0..COUNT / per_write {
                for _ in 0..per_write {
                    ready(sender.send(datagram(data))).expect("open");
                }
                write_all(&mut drain, &mut outbound);
            }
        }
    })
}

fn write_all(drain: &mut QueueDrain, outbound: &mut Outbound) {
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(step) = drain.poll_step(&mut cx, outbound) {
        match step.expect("open") {
            Step::Write => {
                let len = outbound.outbox().expect("well").chunk().len();
                outbound.handle_write(len, Ok(len)).expect("well");
            }
            Step::Flush => outbound.handle_flush(Ok(())).expect("well"),
            step => unreachable!("{step:?}"),
        }
    }
    assert_eq!(outbound.queued(), 0);
}
