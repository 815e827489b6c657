//! Senders and driver on threads of their own, for the thread sanitizer and for processors that reorder. Every order in
//! which few of them may run is the matter of `interleavings/`.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use connect_proto::queue::QueueSender;
use connect_proto::{DatagramRef, Step};
use connect_testkit::SplitMix64;

use crate::rig::{frame, indices, outbound, perform};

const SENDERS: usize = 4;
const MESSAGES: usize = 500;

/// Whoever waits for longer waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    let begin = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(begin.elapsed() < PATIENCE, "waits for ever");
        thread::park_timeout(PATIENCE);
    }
}

/// Its messages, in order, by every way there is.
async fn send_all(sender: &QueueSender, first: usize) {
    let mut random = SplitMix64::new(first as u64);
    for index in first..first + MESSAGES {
        let datagram = frame(index, 9 + random.below(200));
        let sent = match random.below(4) {
            0 => sender.send_ref(DatagramRef::from(&datagram)).await,
            1 => match sender.reserve(datagram.data().len()).await {
                Ok(permit) => permit.send(datagram),
                Err(error) => Err(error),
            },
            2 => match sender.send(datagram).await {
                Ok(()) => sender.flush().await,
                Err(error) => Err(error),
            },
            _ => sender.send(datagram).await,
        };
        sent.expect("the driver goes on");
    }
}

#[test]
fn threads_that_send_at_once_lose_nothing() {
    let mut outbound = outbound(700);
    let (sender, mut drain) = QueueSender::new(&outbound);
    let mut wire = Vec::new();
    thread::scope(|scope| {
        for number in 0..SENDERS {
            let sender = sender.clone();
            scope.spawn(move || block_on(send_all(&sender, number * MESSAGES)));
        }
        drop(sender);
        let mut random = SplitMix64::new(7);
        loop {
            match block_on(poll_fn(|cx| drain.poll_step(cx, &mut outbound))) {
                Ok(Step::Done) => break,
                Ok(step) => perform(step, &mut outbound, 1 + random.below(400), &mut wire),
                Err(error) => panic!("{error}"),
            }
        }
    });
    let received = indices(&wire);
    assert_eq!(received.len(), SENDERS * MESSAGES);
    for number in 0..SENDERS {
        let own = number * MESSAGES..(number + 1) * MESSAGES;
        let of_this = received.iter().filter(|index| own.contains(index));
        assert!(of_this.copied().eq(own.clone()), "out of order");
    }
}
