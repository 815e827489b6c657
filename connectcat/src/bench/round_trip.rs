//! Messages that come back.

use std::cell::RefCell;
use std::collections::VecDeque;

use connect_tokio::{Connection, ConnectionReader, ConnectionWriter};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::bench::{Load, Tally};
use crate::failure::Failure;

/// Messages that are on their way there and back.
struct UnderWay {
    /// How many more may be.
    room: Semaphore,
    /// When each was sent, the oldest first. As long as the window at the most.
    since: RefCell<VecDeque<Instant>>,
}

/// Sends messages with up to `window` under way at once, and checks every reply.
pub(super) async fn trips(
    connection: &mut Connection,
    load: Load,
    window: usize,
    tally: &Tally,
) -> Result<(), Failure> {
    let under_way = UnderWay {
        room: Semaphore::new(window),
        since: RefCell::default(),
    };
    let (reader, writer) = connection.halves();
    // Both at once: otherwise a window that no socket holds would make both sides wait for ever.
    tokio::try_join!(
        send(writer, load.clone(), &under_way, tally),
        check(reader, load, &under_way, tally),
    )?;
    Ok(())
}

async fn send(
    writer: &mut ConnectionWriter,
    mut load: Load,
    under_way: &UnderWay,
    tally: &Tally,
) -> Result<(), Failure> {
    for position in 0..tally.expected() {
        if under_way.room.available_permits() == 0 {
            writer.flush().await?;
        }
        // Nobody closes it.
        if let Ok(permit) = under_way.room.acquire().await {
            permit.forget();
        }
        under_way.since.borrow_mut().push_back(Instant::now());
        writer.feed_ref(load.message(position)).await?;
    }
    writer.flush().await?;
    Ok(())
}

async fn check(
    reader: &mut ConnectionReader,
    mut load: Load,
    under_way: &UnderWay,
    tally: &Tally,
) -> Result<(), Failure> {
    while tally.messages() < tally.expected() {
        let Some(batch) = reader.next_batch().await? else {
            return Err(Failure::FewerMessages {
                received: tally.messages(),
                expected: tally.expected(),
            });
        };
        for reply in batch {
            let position = tally.messages();
            let wrong = |problem| Failure::WrongReply {
                position: position + 1,
                problem,
            };
            let since = under_way.since.borrow_mut().pop_front();
            let since = since.ok_or_else(|| wrong("there was no message that it could answer"))?;
            if let Some(fault) = load.fault(position, reply) {
                return Err(wrong(fault));
            }
            tally.count_trip(since.elapsed());
            under_way.room.add_permits(1);
        }
    }
    Ok(())
}
