//! The sending side of a conversation: bursts of messages and pauses.

use std::future::poll_fn;
use std::time::Duration;

use connect_proto::queue::QueueSender;
use connect_proto::{ConnectDatagram, WriteError};
use connect_testkit::SplitMix64;
use futures_util::future::{BoxFuture, try_join, try_join_all};
use futures_util::{FutureExt, Sink, SinkExt};
use tokio::time::sleep;

use crate::alone::alone;
use crate::conversation::Direction;
use crate::halves::Outgoing;
use crate::series::LANES;
use crate::stop::Stop;

/// Sends until it is told to stop, about `pause` of time for each message, and closes.
pub(crate) async fn speak(
    outgoing: &mut Outgoing,
    direction: &Direction,
    pause: Duration,
    random: SplitMix64,
    stop: &Stop,
) -> Result<(), WriteError> {
    match outgoing {
        Outgoing::Writer(writer) => {
            write_bursts(writer, direction, pause, random, stop).await?;
            direction.close();
            writer.close().await
        }
        Outgoing::Queue(sender, driver) => {
            queue_bursts(sender, driver, direction, pause, random, stop).await
        }
    }
}

/// Writes until the system takes no more, which is mostly in the middle of a message, and leaves it at that.
pub(crate) fn blurt(outgoing: &mut Outgoing, direction: &Direction) {
    let Outgoing::Writer(writer) = outgoing else {
        return;
    };
    for _ in 0..MOST_BLURTED {
        match feed_next(writer, direction).now_or_never() {
            Some(Ok(())) => {}
            Some(Err(_)) | None => return,
        }
    }
}

/// Somebody who reads as fast as that is not to be waited for.
const MOST_BLURTED: usize = 10_000;

async fn write_bursts(
    writer: &mut (impl Sink<ConnectDatagram, Error = WriteError> + Unpin),
    direction: &Direction,
    pause: Duration,
    mut random: SplitMix64,
    stop: &Stop,
) -> Result<(), WriteError> {
    while !stop.is_set() {
        let burst = burst(&mut random);
        let one_by_one = random.one_in(4);
        for _ in 0..burst {
            feed_next(writer, direction).await?;
            if one_by_one {
                writer.flush().await?;
            }
        }
        writer.flush().await?;
        rest(pause * burst, &mut random, stop).await;
    }
    Ok(())
}

/// Makes the next message only when it is certain to be taken: a `feed` that is dropped takes its message with it,
/// and the number would be missing.
async fn feed_next(
    writer: &mut (impl Sink<ConnectDatagram, Error = WriteError> + Unpin),
    direction: &Direction,
) -> Result<(), WriteError> {
    poll_fn(|cx| writer.poll_ready_unpin(cx)).await?;
    writer.start_send_unpin(direction.next_in_turn())
}

/// One task for each lane, as far as the queue is concerned.
async fn queue_bursts(
    sender: &QueueSender,
    driver: &mut BoxFuture<'static, Result<(), WriteError>>,
    direction: &Direction,
    pause: Duration,
    mut random: SplitMix64,
    stop: &Stop,
) -> Result<(), WriteError> {
    let lanes = (0..LANES).map(|lane| {
        let sender = sender.clone();
        let mut random = SplitMix64::new(random.next());
        alone(async move {
            while !stop.is_set() {
                let burst = burst(&mut random);
                for _ in 0..burst {
                    sender.send(direction.next(lane)).await?;
                }
                rest(pause * burst * LANES as u32, &mut random, stop).await;
            }
            Ok::<(), WriteError>(())
        })
    });
    let lanes: Vec<_> = lanes.collect();
    let sending = async {
        try_join_all(lanes).await?;
        direction.close();
        sender.close().await
    };
    try_join(alone(sending), alone(driver)).await?;
    Ok(())
}

/// 1 to 32 messages, mostly few.
fn burst(random: &mut SplitMix64) -> u32 {
    let most = 1 << random.below(6);
    1 + random.below(most) as u32
}

/// Between half of it and one and a half.
async fn rest(pause: Duration, random: &mut SplitMix64, stop: &Stop) {
    let pause = pause.mul_f64(0.5 + random.below(1000) as f64 / 1000.0);
    tokio::select! {
        () = sleep(pause) => {}
        () = stop.wait() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::halves::of_tokio;
    use crate::hearing::unexpected_while;

    #[tokio::test]
    async fn what_was_given_up_leaves_no_gap() {
        let (client, server) = connect_tokio::Connection::in_memory(1024);
        let (_, mut outgoing) = of_tokio(client, false, false);
        let mut random = SplitMix64::new(1);
        let direction = Direction::new(&mut random, false);
        let for_hearing = random.clone();
        let spoken = async {
            for _ in 0..20 {
                blurt(&mut outgoing, &direction);
                let Outgoing::Writer(writer) = &mut outgoing else {
                    unreachable!("it was made without a queue")
                };
                writer.flush().await.unwrap();
            }
            direction.close();
            let stop = Stop::new();
            stop.set();
            let spoken = speak(&mut outgoing, &direction, Duration::ZERO, random, &stop).await;
            spoken.unwrap();
        };
        let unexpected = unexpected_while(spoken, &direction, server, for_hearing).await;
        assert_eq!(unexpected, 0);
    }
}
